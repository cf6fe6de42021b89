"""Segments: saved rules over customers, who is in them, and who entered and left."""

import re
from datetime import datetime
from typing import Annotated, Any

import msgspec
from litestar import Request, Response, delete, get, patch, post
from litestar.datastructures import State
from litestar.di import NamedDependency
from litestar.openapi.spec import Schema
from litestar.openapi.spec.enums import OpenAPIType
from litestar.params import FromPath, Parameter

from app.api.answers import answer
from app.api.bodies import decode_body
from app.api.rule_docs import RULE, rule_body
from app.core.db import transaction
from app.core.errors import NotFound, Problem
from app.core.page import Sort, read_cursor, write_cursor
from app.crm.caller import Caller
from app.crm.segments import preview as previews
from app.crm.segments import refresh, saved
from app.crm.segments.rule import Rule, check
from app.models.segment import Segment, SegmentChange, SegmentMember

Name = Annotated[str, msgspec.Meta(min_length=1, max_length=200)]
Limit = Annotated[int, Parameter(ge=1, le=200, description="Rows a page.")]
Cursor = Annotated[str | None, Parameter(description="`next` of the page before.")]

_id = re.compile(r"seg_[a-z0-9]{12}", re.ASCII)
_name = Schema(type=OpenAPIType.STRING, min_length=1, max_length=200)

BY_AGE = (
    Sort(column=Segment.created_at.expression, kind=datetime),
    Sort(column=Segment.segment_id.expression, kind=str),
)
BY_TIME = (
    Sort(column=SegmentChange.at.expression, kind=datetime),
    Sort(column=SegmentChange.customer_id.expression, kind=str),
)
BY_CUSTOMER = (Sort(column=SegmentMember.customer_id.expression, kind=str),)


class RuleBody(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A rule to try."""

    rule: Rule


class SegmentBody(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A segment to save."""

    name: Name
    rule: Rule


class SegmentPatch(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What to change; what is left out stays."""

    name: Name | msgspec.UnsetType = msgspec.UNSET
    rule: Rule | msgspec.UnsetType = msgspec.UNSET


class SegmentPage(msgspec.Struct, frozen=True):
    """Segments, newest first; `next` is the cursor of the following page."""

    items: list[saved.Saved]
    next: str | None


class MemberPage(msgspec.Struct, frozen=True):
    """Who is in a segment, by customer_id."""

    items: list[saved.Member]
    next: str | None


class ChangePage(msgspec.Struct, frozen=True):
    """Who entered and left a segment, newest first."""

    items: list[saved.Change]
    next: str | None


def known(segment_id: str) -> str:
    """The id, where it can be one.

    Raises:
        NotFound: where it is none.
    """
    if not _id.fullmatch(segment_id):
        raise NotFound("segment")
    return segment_id


def _check_name(name: str | msgspec.UnsetType) -> None:
    if isinstance(name, str) and not name.strip():
        raise Problem(422, "invalid", "A name cannot be empty.", field="/name")


@post(
    "/v1/segments/preview",
    summary="Preview a rule",
    operation_id="previewSegment",
    operation_class=rule_body(rule=RULE),
    tags=["segments"],
    opt={"scope": "read"},
    status_code=200,
)
async def preview_segment(
    request: Request[Any, Any, Any], caller: NamedDependency[Caller], state: State
) -> Response[previews.Preview]:
    """How many customers a rule finds now, and some of them; nothing is saved."""
    asked = await decode_body(request, RuleBody)
    check(asked.rule, "/rule")
    async with transaction(state.pool, caller.brand_id) as connection:
        found = await previews.preview(connection, caller.brand_id, asked.rule)
    return answer(found)


@post(
    "/v1/segments",
    summary="Save a segment",
    operation_id="createSegment",
    operation_class=rule_body(name=_name, rule=RULE),
    tags=["segments"],
    opt={"scope": "write", "problems": [409]},
    status_code=201,
)
async def create_segment(
    request: Request[Any, Any, Any], caller: NamedDependency[Caller], state: State
) -> Response[saved.Saved]:
    """Save a rule under a name; a worker counts its members at once."""
    asked = await decode_body(request, SegmentBody)
    _check_name(asked.name)
    check(asked.rule, "/rule")
    async with transaction(state.pool, caller.brand_id) as connection:
        made = await saved.create(connection, caller.brand_id, caller.actor, asked.name, asked.rule)
        found = await saved.find(connection, caller.brand_id, made)
    state.waker.wake()
    return answer(found, 201)


@get(
    "/v1/segments",
    summary="List the segments",
    operation_id="listSegments",
    tags=["segments"],
    opt={"scope": "read"},
)
async def list_segments(
    caller: NamedDependency[Caller], state: State, limit: Limit = 50, cursor: Cursor = None
) -> Response[SegmentPage]:
    """The brand's segments, newest first."""
    after = None if cursor is None else read_cursor("segments", cursor, BY_AGE)
    async with transaction(state.pool, caller.brand_id) as connection:
        found = await saved.page(connection, caller.brand_id, limit + 1, after)
    items = found[:limit]
    last = items[-1] if len(found) > limit else None
    at = None if last is None else (last.created_at, last.segment_id)
    return answer(SegmentPage(items, at and write_cursor("segments", at)))


@get(
    "/v1/segments/{segment_id:str}",
    summary="Read a segment",
    operation_id="getSegment",
    tags=["segments"],
    opt={"scope": "read"},
)
async def get_segment(
    caller: NamedDependency[Caller], state: State, segment_id: FromPath[str]
) -> Response[saved.Saved]:
    """Its rule, how many are in it, and as of when."""
    async with transaction(state.pool, caller.brand_id) as connection:
        found = await saved.find(connection, caller.brand_id, known(segment_id))
    return answer(found)


@patch(
    "/v1/segments/{segment_id:str}",
    summary="Change a segment",
    operation_id="patchSegment",
    operation_class=rule_body(name_=_name, rule_=RULE),
    tags=["segments"],
    opt={"scope": "write"},
)
async def patch_segment(
    request: Request[Any, Any, Any],
    caller: NamedDependency[Caller],
    state: State,
    segment_id: FromPath[str],
) -> Response[saved.Saved]:
    """Change its name or rule; by another rule its members are counted anew, at once."""
    asked = await decode_body(request, SegmentPatch)
    _check_name(asked.name)
    name = None if asked.name is msgspec.UNSET else asked.name
    rule = None if asked.rule is msgspec.UNSET else asked.rule
    if rule is not None:
        check(rule, "/rule")
    async with transaction(state.pool, caller.brand_id) as connection:
        await saved.change(connection, caller.brand_id, known(segment_id), name, rule)
        found = await saved.find(connection, caller.brand_id, segment_id)
    state.waker.wake()
    return answer(found)


@delete(
    "/v1/segments/{segment_id:str}",
    summary="Delete a segment",
    operation_id="deleteSegment",
    tags=["segments"],
    opt={"scope": "write"},
    status_code=204,
)
async def delete_segment(
    caller: NamedDependency[Caller], state: State, segment_id: FromPath[str]
) -> None:
    """Forget it, its members, and who entered and left."""
    async with transaction(state.pool, caller.brand_id) as connection:
        await saved.delete(connection, caller.brand_id, known(segment_id))


@post(
    "/v1/segments/{segment_id:str}/refresh",
    summary="Count a segment anew",
    operation_id="refreshSegment",
    tags=["segments"],
    opt={"scope": "write"},
    status_code=202,
)
async def refresh_segment(
    caller: NamedDependency[Caller], state: State, segment_id: FromPath[str]
) -> Response[saved.Saved]:
    """Ask a worker to count all members anew, at once; `is_current` tells when it has."""
    async with transaction(state.pool, caller.brand_id) as connection:
        await refresh.count_anew(connection, caller.brand_id, known(segment_id))
        found = await saved.find(connection, caller.brand_id, segment_id)
    state.waker.wake()
    return answer(found, 202)


@get(
    "/v1/segments/{segment_id:str}/members",
    summary="List a segment's members",
    operation_id="listSegmentMembers",
    tags=["segments"],
    opt={"scope": "read"},
)
async def list_segment_members(
    caller: NamedDependency[Caller],
    state: State,
    segment_id: FromPath[str],
    limit: Limit = 50,
    cursor: Cursor = None,
) -> Response[MemberPage]:
    """Who is in it now, by customer_id."""
    after = None if cursor is None else read_cursor("members", cursor, BY_CUSTOMER)[0]
    async with transaction(state.pool, caller.brand_id) as connection:
        await saved.find(connection, caller.brand_id, known(segment_id))
        found = await saved.members(connection, caller.brand_id, segment_id, limit + 1, after)
    items = found[:limit]
    last = items[-1] if len(found) > limit else None
    at = None if last is None else (last.customer_id,)
    return answer(MemberPage(items, at and write_cursor("members", at)))


@get(
    "/v1/segments/{segment_id:str}/changes",
    summary="List who entered and left",
    operation_id="listSegmentChanges",
    tags=["segments"],
    opt={"scope": "read"},
)
async def list_segment_changes(
    caller: NamedDependency[Caller],
    state: State,
    segment_id: FromPath[str],
    limit: Limit = 50,
    cursor: Cursor = None,
) -> Response[ChangePage]:
    """Who entered it and who left it, newest first."""
    after = None if cursor is None else read_cursor("changes", cursor, BY_TIME)
    async with transaction(state.pool, caller.brand_id) as connection:
        await saved.find(connection, caller.brand_id, known(segment_id))
        found = await saved.changes(connection, caller.brand_id, segment_id, limit + 1, after)
    items = found[:limit]
    last = items[-1] if len(found) > limit else None
    at = None if last is None else (last.at, last.customer_id)
    return answer(ChangePage(items, at and write_cursor("changes", at)))
