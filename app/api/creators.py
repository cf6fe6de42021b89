"""Creators."""

from typing import Any

import msgspec
from litestar import Request, Response, get
from litestar.datastructures import State
from litestar.di import NamedDependency
from litestar.params import FromPath
from msgspec import UNSET

from app.api.answers import answer
from app.api.paging import LINK, Id, Paging, Words, listed, moments
from app.core.db import transaction
from app.core.errors import NotFound
from app.crm.caller import Caller
from app.lists import creators
from app.lists.creators import Creator, CreatorKind, CreatorSort
from app.lists.listing import Count
from app.lists.names import Sparse
from app.lists.parameters import CreatorParameters


class CreatorPage(msgspec.Struct, frozen=True):
    """Creators; `next` is the cursor of the following page."""

    items: list[Creator]
    next: str | None
    count: Sparse[Count] = UNSET


@get(
    "/v1/creators",
    summary="List creators",
    operation_id="listCreators",
    tags=["content"],
    opt={"scope": "read"},
    response_headers=[LINK],
)
async def list_creators(
    request: Request[Any, Any, Any],
    caller: NamedDependency[Caller],
    state: State,
    paging: NamedDependency[Paging],
    sort: CreatorSort = "creator_id",
    kind: CreatorKind | None = None,
    mcn: Id = None,
    q: Words = None,
) -> Response[CreatorPage]:
    """The creators of the brand, searched by name and MCN."""
    paging.check(Creator)
    asked = CreatorParameters(kind=kind, mcn=mcn, q=q)
    async with transaction(state.pool, caller.brand_id) as connection:
        filters = asked.filters(await moments(connection, caller.brand_id))
        items, following = await creators.page(
            connection, caller.brand_id, filters, paging.of(sort)
        )
        listing = filters.listing(caller.brand_id)
        count = await listing.count(connection) if paging.count else None
    return listed(request, CreatorPage, paging, items, following, count)


@get(
    "/v1/creators/{creator_id:str}",
    summary="Read a creator",
    operation_id="getCreator",
    tags=["content"],
    opt={"scope": "read"},
)
async def get_creator(
    caller: NamedDependency[Caller], state: State, creator_id: FromPath[str]
) -> Response[Creator]:
    """A creator with its MCN and how many notes it wrote."""
    async with transaction(state.pool, caller.brand_id) as connection:
        found = await creators.one(connection, caller.brand_id, creator_id)
    if found is None:
        raise NotFound("creator")
    return answer(found)
