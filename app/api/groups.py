"""Groups, and who is in them."""

from typing import Annotated, Any

import msgspec
from litestar import Request, Response, get
from litestar.datastructures import State
from litestar.di import NamedDependency
from litestar.params import FromPath, Parameter
from msgspec import UNSET

from app.api.answers import answer
from app.api.paging import LINK, From, Id, Paging, Until, Words, listed, moments
from app.core.db import transaction
from app.core.errors import NotFound
from app.crm.caller import Caller
from app.lists import groups, members
from app.lists.groups import Group, GroupSort
from app.lists.listing import Count
from app.lists.members import Member, MemberSort
from app.lists.names import Sparse
from app.lists.parameters import GroupParameters, MemberParameters, Role
from app.payloads import SourceKind


class GroupPage(msgspec.Struct, frozen=True):
    """Groups; `next` is the cursor of the following page."""

    items: list[Group]
    next: str | None
    count: Sparse[Count] = UNSET


class MemberPage(msgspec.Struct, frozen=True):
    """Memberships of a group; `next` is the cursor of the following page."""

    items: list[Member]
    next: str | None
    count: Sparse[Count] = UNSET


@get(
    "/v1/groups",
    summary="List groups",
    operation_id="listGroups",
    tags=["groups"],
    opt={"scope": "read"},
    response_headers=[LINK],
)
async def list_groups(
    request: Request[Any, Any, Any],
    caller: NamedDependency[Caller],
    state: State,
    paging: NamedDependency[Paging],
    sort: GroupSort = "group_id",
    owner_member_id: Id = None,
    q: Words = None,
) -> Response[GroupPage]:
    """The groups of the brand, searched by name."""
    paging.check(Group)
    asked = GroupParameters(owner_member_id=owner_member_id, q=q)
    async with transaction(state.pool, caller.brand_id) as connection:
        filters = asked.filters(await moments(connection, caller.brand_id))
        items, following = await groups.page(connection, caller.brand_id, filters, paging.of(sort))
        listing = filters.listing(caller.brand_id)
        count = await listing.count(connection) if paging.count else None
    return listed(request, GroupPage, paging, items, following, count)


@get(
    "/v1/groups/{group_id:str}",
    summary="Read a group",
    operation_id="getGroup",
    tags=["groups"],
    opt={"scope": "read"},
)
async def get_group(
    caller: NamedDependency[Caller], state: State, group_id: FromPath[str]
) -> Response[Group]:
    """A group with its owner and how many are in it."""
    async with transaction(state.pool, caller.brand_id) as connection:
        found = await groups.one(connection, caller.brand_id, group_id)
    if found is None:
        raise NotFound("group")
    return answer(found)


@get(
    "/v1/groups/{group_id:str}/members",
    summary="List the members of a group",
    operation_id="listGroupMembers",
    tags=["groups"],
    opt={"scope": "read"},
    response_headers=[LINK],
)
async def list_members(
    request: Request[Any, Any, Any],
    caller: NamedDependency[Caller],
    state: State,
    paging: NamedDependency[Paging],
    group_id: FromPath[str],
    sort: MemberSort = "-joined_at",
    at: Annotated[
        str,
        Parameter(description="`now`, `ever`, or the instant (RFC 3339 with offset) to look at."),
    ] = "now",
    joined_from: From = None,
    joined_until: Until = None,
    note_id: Id = None,
    live_id: Id = None,
    source_kind: SourceKind | None = None,
    role: Role | None = None,
    inviter_member_id: Id = None,
    q: Words = None,
) -> Response[MemberPage]:
    """The memberships of a group that were open at an instant, or all; searched by nickname."""
    paging.check(Member)
    asked = MemberParameters(
        group_id=group_id,
        at=at,
        joined_from=joined_from,
        joined_until=joined_until,
        note_id=note_id,
        live_id=live_id,
        source_kind=source_kind,
        role=role,
        inviter_member_id=inviter_member_id,
        q=q,
    )
    async with transaction(state.pool, caller.brand_id) as connection:
        if await groups.one(connection, caller.brand_id, group_id) is None:
            raise NotFound("group")
        filters = asked.filters(await moments(connection, caller.brand_id, *asked.dates))
        items, following = await members.page(
            connection, caller.brand_id, group_id, filters, paging.of(sort)
        )
        listing = filters.listing(caller.brand_id, group_id)
        count = await listing.count(connection) if paging.count else None
    return listed(request, MemberPage, paging, items, following, count)
