"""Orders, and why each counts as it does."""

from typing import Any

import msgspec
from litestar import Request, Response, get
from litestar.datastructures import State
from litestar.di import NamedDependency
from litestar.params import FromPath
from msgspec import UNSET

from app.api.answers import answer
from app.api.paging import LINK, From, Id, Number, Paging, Until, listed, moments
from app.api.params import AsOf, Lang
from app.core.db import transaction
from app.core.errors import NotFound
from app.core.moments import instant
from app.crm import brands
from app.crm.caller import Caller
from app.lists import orders
from app.lists.credited import OrderCell, OrderKind, OrderStatus, Refunded
from app.lists.listing import Count
from app.lists.names import Sparse
from app.lists.orders import Order, OrderSort
from app.lists.parameters import OrderParameters
from app.metrics.explain import Asked, Explanation, explain
from app.metrics.words import Language


class OrderPage(msgspec.Struct, frozen=True):
    """Orders; `next` is the cursor of the following page."""

    items: list[Order]
    next: str | None
    count: Sparse[Count] = UNSET


@get(
    "/v1/orders",
    summary="List orders",
    operation_id="listOrders",
    tags=["orders"],
    opt={"scope": "read"},
    response_headers=[LINK],
)
async def list_orders(
    request: Request[Any, Any, Any],
    caller: NamedDependency[Caller],
    state: State,
    paging: NamedDependency[Paging],
    sort: OrderSort = "-paid_at",
    status: OrderStatus | None = None,
    kind: OrderKind | None = None,
    customer_id: Id = None,
    buyer_id: Id = None,
    cell: OrderCell | None = None,
    refunded: Refunded | None = None,
    group_id: Id = None,
    note_id: Id = None,
    creator_id: Id = None,
    live_id: Id = None,
    paid_from: From = None,
    paid_until: Until = None,
    placed_from: From = None,
    placed_until: Until = None,
    min_amount: Number = None,
    max_amount: Number = None,
) -> Response[OrderPage]:
    """The orders of the brand; group, note, creator and live are those credited.

    Amounts are in the minor unit, `max_amount` is included. `cell`, `refunded` and the credited
    are asked of GMV orders.
    """
    paging.check(Order)
    asked = OrderParameters(
        status=status,
        kind=kind,
        customer_id=customer_id,
        buyer_id=buyer_id,
        cell=cell,
        refunded=refunded,
        group_id=group_id,
        note_id=note_id,
        creator_id=creator_id,
        live_id=live_id,
        paid_from=paid_from,
        paid_until=paid_until,
        placed_from=placed_from,
        placed_until=placed_until,
        min_amount=min_amount,
        max_amount=max_amount,
    )
    async with transaction(state.pool, caller.brand_id) as connection:
        filters = asked.filters(await moments(connection, caller.brand_id, *asked.dates))
        items, following = await orders.page(connection, caller.brand_id, filters, paging.of(sort))
        listing = filters.listing(caller.brand_id)
        count = await listing.count(connection) if paging.count else None
    return listed(request, OrderPage, paging, items, following, count)


@get(
    "/v1/orders/{order_id:str}",
    summary="Read an order",
    operation_id="getOrder",
    tags=["orders"],
    opt={"scope": "read"},
)
async def get_order(
    caller: NamedDependency[Caller], state: State, order_id: FromPath[str]
) -> Response[Order]:
    """An order with its items, its refunds and what it is credited to."""
    async with transaction(state.pool, caller.brand_id) as connection:
        found = await orders.one(connection, caller.brand_id, order_id)
    if found is None:
        raise NotFound("order")
    return answer(found)


@get(
    "/v1/orders/{order_id:str}/explain",
    summary="Explain an order",
    operation_id="explainOrder",
    tags=["orders"],
    opt={"scope": "read"},
)
async def explain_order(
    request: Request[Any, Any, Any],
    caller: NamedDependency[Caller],
    state: State,
    order_id: FromPath[str],
    as_of: AsOf = None,
    lang: Lang = None,
) -> Response[Explanation]:
    """Which cell the order is in, whom it is credited to, on what evidence and by which rules."""
    at = instant("as_of", as_of)
    async with transaction(state.pool, caller.brand_id) as connection:
        brand = await brands.get(connection, caller.brand_id)
        found = await explain(
            connection,
            Asked(
                brand_id=brand.brand_id,
                order_id=order_id,
                as_of=at,
                zone=brand.zone,
                touch_hours=brand.touch_hours,
                language=lang or preferred(request),
            ),
        )
    if found is None:
        raise NotFound("order")
    return answer(found)


def preferred(request: Request[Any, Any, Any]) -> Language:
    """English where Accept-Language asks for it first, else Chinese."""
    asked = request.headers.get("accept-language", "").strip().lower()
    return "en" if asked.startswith("en") else "zh-CN"
