"""The list of customers."""

from typing import Annotated, Any

import msgspec
from litestar import Request, Response, get
from litestar.datastructures import State
from litestar.di import NamedDependency
from litestar.params import Parameter
from msgspec import UNSET

from app.api.paging import LINK, From, Id, Number, Paging, Until, Words, listed, moments
from app.core.db import transaction
from app.crm.caller import Caller
from app.lists import customers
from app.lists.customers import Customer, CustomerSort
from app.lists.listing import Count
from app.lists.names import Sparse
from app.lists.parameters import CustomerParameters
from app.metrics.lifecycle import Stage

Score = Annotated[int | None, Parameter(ge=1, le=5, description="Score of RFM, see GET /v1/rfm.")]


class CustomerPage(msgspec.Struct, frozen=True):
    """Customers; `next` is the cursor of the following page."""

    items: list[Customer]
    next: str | None
    count: Sparse[Count] = UNSET


@get(
    "/v1/customers",
    summary="List customers",
    operation_id="listCustomers",
    tags=["customers"],
    opt={"scope": "read"},
    response_headers=[LINK],
)
async def list_customers(
    request: Request[Any, Any, Any],
    caller: NamedDependency[Caller],
    state: State,
    paging: NamedDependency[Paging],
    sort: CustomerSort = "-last_paid_at",
    is_member: bool | None = None,
    joined_from: From = None,
    joined_until: Until = None,
    first_paid_from: From = None,
    first_paid_until: Until = None,
    last_paid_from: From = None,
    last_paid_until: Until = None,
    min_net: Number = None,
    max_net: Number = None,
    min_purchase_days: Number = None,
    group_id: Id = None,
    note_id: Id = None,
    tag_id: Id = None,
    segment_id: Id = None,
    member_id: Id = None,
    buyer_id: Id = None,
    silent_days: Annotated[
        int | None,
        Parameter(ge=1, le=3_650, description="No message for so many times 24 hours."),
    ] = None,
    lifecycle: Stage | None = None,
    recency: Score = None,
    frequency: Score = None,
    monetary: Score = None,
    q: Words = None,
) -> Response[CustomerPage]:
    """The customers of the brand, searched by nickname; money is in the minor unit.

    `joined` is the first membership of all, `group_id` a group they are in now, `note_id` a note
    that any of their memberships came by, `max_net` is included.
    """
    paging.check(Customer)
    asked = CustomerParameters(
        is_member=is_member,
        joined_from=joined_from,
        joined_until=joined_until,
        first_paid_from=first_paid_from,
        first_paid_until=first_paid_until,
        last_paid_from=last_paid_from,
        last_paid_until=last_paid_until,
        min_net=min_net,
        max_net=max_net,
        min_purchase_days=min_purchase_days,
        group_id=group_id,
        note_id=note_id,
        tag_id=tag_id,
        segment_id=segment_id,
        member_id=member_id,
        buyer_id=buyer_id,
        silent_days=silent_days,
        lifecycle=lifecycle,
        recency=recency,
        frequency=frequency,
        monetary=monetary,
        q=q,
    )
    async with transaction(state.pool, caller.brand_id) as connection:
        filters = asked.filters(await moments(connection, caller.brand_id, *asked.dates))
        items, following = await customers.page(
            connection, caller.brand_id, filters, paging.of(sort)
        )
        listing = await customers.listing(connection, caller.brand_id, filters)
        count = await listing.count(connection) if paging.count else None
    return listed(request, CustomerPage, paging, items, following, count)
