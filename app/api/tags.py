"""Tags and their groups."""

from typing import Annotated, Any

import msgspec
from litestar import Request, Response, delete, get, patch, post
from litestar.datastructures import State
from litestar.di import NamedDependency
from litestar.params import FromPath, Parameter
from sqlalchemy import literal_column

from app.api.answers import answer
from app.api.bodies import decode_body, json_body
from app.api.params import Cursor, Limit
from app.core.db import transaction
from app.core.page import Sort, read_cursor, write_cursor
from app.crm import tags
from app.crm.caller import Caller

Name = Annotated[str, msgspec.Meta(min_length=1, max_length=100, pattern=r"\S")]
Id = Annotated[str, msgspec.Meta(min_length=1, max_length=100)]
BY_NAME = (Sort(literal_column("name"), str),)
BY_NAME_AND_ID = (*BY_NAME, Sort(literal_column("tag_id"), str))


class GroupBody(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A tag group to make."""

    name: Name


class GroupPatch(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What to change of a tag group."""

    name: Name | None = None


class TagBody(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A tag to make, in a group where that is given."""

    name: Name
    tag_group_id: Id | None = None


class TagPatch(msgspec.Struct, frozen=True, forbid_unknown_fields=True, omit_defaults=True):
    """What to change of a tag; tag_group_id null takes it out of its group."""

    name: Name | msgspec.UnsetType = msgspec.UNSET
    tag_group_id: Id | msgspec.UnsetType | None = msgspec.UNSET


class TagGroupPage(msgspec.Struct, frozen=True):
    """Tag groups by name; `next` is the cursor of the following page."""

    items: list[tags.TagGroup]
    next: str | None


class TagPage(msgspec.Struct, frozen=True):
    """Tags by name; `next` is the cursor of the following page."""

    items: list[tags.Tag]
    next: str | None


@get(
    "/v1/tag-groups",
    summary="List tag groups",
    operation_id="listTagGroups",
    tags=["tags"],
    opt={"scope": "read"},
)
async def list_tag_groups(
    caller: NamedDependency[Caller], state: State, limit: Limit = 50, cursor: Cursor = None
) -> Response[TagGroupPage]:
    """List the groups of tags, by name."""
    after = None if cursor is None else read_cursor("tag-groups", cursor, BY_NAME)[0]
    async with transaction(state.pool, caller.brand_id) as connection:
        found = await tags.groups(connection, caller.brand_id, limit + 1, after)
    items = found[:limit]
    following = write_cursor("tag-groups", [items[-1].name]) if len(found) > limit else None
    return answer(TagGroupPage(items, following))


@post(
    "/v1/tag-groups",
    summary="Make a tag group",
    operation_id="makeTagGroup",
    operation_class=json_body(GroupBody),
    tags=["tags"],
    opt={"scope": "write", "problems": [409]},
)
async def make_tag_group(
    request: Request[Any, Any, Any], caller: NamedDependency[Caller], state: State
) -> Response[tags.TagGroup]:
    """Make a group of tags, such as levels."""
    body = await decode_body(request, GroupBody)
    async with transaction(state.pool, caller.brand_id) as connection:
        made = await tags.make_group(connection, caller.brand_id, body.name)
    return answer(made, 201)


@patch(
    "/v1/tag-groups/{tag_group_id:str}",
    summary="Rename a tag group",
    operation_id="patchTagGroup",
    operation_class=json_body(GroupPatch),
    tags=["tags"],
    opt={"scope": "write", "problems": [409]},
)
async def patch_tag_group(
    request: Request[Any, Any, Any],
    caller: NamedDependency[Caller],
    state: State,
    tag_group_id: FromPath[str],
) -> Response[tags.TagGroup]:
    """Rename a group of tags."""
    body = await decode_body(request, GroupPatch)
    async with transaction(state.pool, caller.brand_id) as connection:
        return answer(await tags.rename_group(connection, caller.brand_id, tag_group_id, body.name))


@delete(
    "/v1/tag-groups/{tag_group_id:str}",
    summary="Delete a tag group",
    operation_id="deleteTagGroup",
    tags=["tags"],
    opt={"scope": "write", "problems": [409]},
)
async def delete_tag_group(
    caller: NamedDependency[Caller], state: State, tag_group_id: FromPath[str]
) -> None:
    """Delete a group that has no tags."""
    async with transaction(state.pool, caller.brand_id) as connection:
        await tags.drop_group(connection, caller.brand_id, tag_group_id)


@get("/v1/tags", summary="List tags", operation_id="listTags", tags=["tags"], opt={"scope": "read"})
async def list_tags(
    caller: NamedDependency[Caller],
    state: State,
    limit: Limit = 50,
    cursor: Cursor = None,
    tag_group_id: Annotated[
        str | None, Parameter(description="Only those of this tag group.")
    ] = None,
) -> Response[TagPage]:
    """List the tags, by name."""
    after = None if cursor is None else read_cursor("tags", cursor, BY_NAME_AND_ID)
    async with transaction(state.pool, caller.brand_id) as connection:
        found = await tags.page(
            connection,
            caller.brand_id,
            limit + 1,
            None if after is None else (after[0], after[1]),
            tag_group_id,
        )
    items = found[:limit]
    following = None
    if len(found) > limit:
        following = write_cursor("tags", [items[-1].name, items[-1].tag_id])
    return answer(TagPage(items, following))


@post(
    "/v1/tags",
    summary="Make a tag",
    operation_id="makeTag",
    operation_class=json_body(TagBody),
    tags=["tags"],
    opt={"scope": "write", "problems": [404, 409]},
)
async def make_tag(
    request: Request[Any, Any, Any], caller: NamedDependency[Caller], state: State
) -> Response[tags.Tag]:
    """Make a tag; its name is unique within its group, or among those of no group."""
    body = await decode_body(request, TagBody)
    async with transaction(state.pool, caller.brand_id) as connection:
        made = await tags.make(connection, caller.brand_id, body.name, body.tag_group_id)
    return answer(made, 201)


@get(
    "/v1/tags/{tag_id:str}",
    summary="Read a tag",
    operation_id="getTag",
    tags=["tags"],
    opt={"scope": "read"},
)
async def get_tag(
    caller: NamedDependency[Caller], state: State, tag_id: FromPath[str]
) -> Response[tags.Tag]:
    """Read a tag."""
    async with transaction(state.pool, caller.brand_id) as connection:
        return answer(await tags.find(connection, caller.brand_id, tag_id))


@patch(
    "/v1/tags/{tag_id:str}",
    summary="Change a tag",
    operation_id="patchTag",
    operation_class=json_body(TagPatch),
    tags=["tags"],
    opt={"scope": "write", "problems": [409]},
)
async def patch_tag(
    request: Request[Any, Any, Any],
    caller: NamedDependency[Caller],
    state: State,
    tag_id: FromPath[str],
) -> Response[tags.Tag]:
    """Rename a tag, or move it to another group."""
    body = await decode_body(request, TagPatch)
    changes = {k: v for k, v in msgspec.structs.asdict(body).items() if v is not msgspec.UNSET}
    async with transaction(state.pool, caller.brand_id) as connection:
        return answer(await tags.change(connection, caller.brand_id, tag_id, changes))


@delete(
    "/v1/tags/{tag_id:str}",
    summary="Delete a tag",
    operation_id="deleteTag",
    tags=["tags"],
    opt={"scope": "write"},
)
async def delete_tag(caller: NamedDependency[Caller], state: State, tag_id: FromPath[str]) -> None:
    """Delete a tag, and take it off everybody who has it."""
    async with transaction(state.pool, caller.brand_id) as connection:
        await tags.drop(connection, caller.brand_id, tag_id)
    state.waker.wake()
