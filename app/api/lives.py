"""Lives."""

from typing import Any

import msgspec
from litestar import Request, Response, get
from litestar.datastructures import State
from litestar.di import NamedDependency
from litestar.params import FromPath
from msgspec import UNSET

from app.api.answers import answer
from app.api.paging import LINK, From, Id, Paging, Until, Words, listed, moments
from app.core.db import transaction
from app.core.errors import NotFound
from app.crm.caller import Caller
from app.lists import lives
from app.lists.listing import Count
from app.lists.lives import Live, LiveSort
from app.lists.names import Sparse
from app.lists.parameters import LiveParameters


class LivePage(msgspec.Struct, frozen=True):
    """Lives; `next` is the cursor of the following page."""

    items: list[Live]
    next: str | None
    count: Sparse[Count] = UNSET


@get(
    "/v1/lives",
    summary="List lives",
    operation_id="listLives",
    tags=["content"],
    opt={"scope": "read"},
    response_headers=[LINK],
)
async def list_lives(
    request: Request[Any, Any, Any],
    caller: NamedDependency[Caller],
    state: State,
    paging: NamedDependency[Paging],
    sort: LiveSort = "-started_at",
    creator_id: Id = None,
    mcn: Id = None,
    running: bool | None = None,
    started_from: From = None,
    started_until: Until = None,
    q: Words = None,
) -> Response[LivePage]:
    """The lives of the brand, searched by title."""
    paging.check(Live)
    asked = LiveParameters(
        creator_id=creator_id,
        mcn=mcn,
        running=running,
        started_from=started_from,
        started_until=started_until,
        q=q,
    )
    async with transaction(state.pool, caller.brand_id) as connection:
        filters = asked.filters(await moments(connection, caller.brand_id, *asked.dates))
        items, following = await lives.page(connection, caller.brand_id, filters, paging.of(sort))
        listing = filters.listing(caller.brand_id)
        count = await listing.count(connection) if paging.count else None
    return listed(request, LivePage, paging, items, following, count)


@get(
    "/v1/lives/{live_id:str}",
    summary="Read a live",
    operation_id="getLive",
    tags=["content"],
    opt={"scope": "read"},
)
async def get_live(
    caller: NamedDependency[Caller], state: State, live_id: FromPath[str]
) -> Response[Live]:
    """A live with its creator and what came of it."""
    async with transaction(state.pool, caller.brand_id) as connection:
        found = await lives.one(connection, caller.brand_id, live_id)
    if found is None:
        raise NotFound("live")
    return answer(found)
