"""One customer: its page, and its timeline."""

from datetime import UTC, datetime
from typing import Annotated

import msgspec
from litestar import Response, get
from litestar.datastructures import State
from litestar.di import NamedDependency
from litestar.params import FromPath, Parameter

from app.api.answers import answer
from app.api.params import Cursor, Limit
from app.core.db import transaction
from app.core.errors import BadParameter
from app.crm import audit, people, timeline
from app.crm.caller import Caller
from app.crm.profile import Profile, profile
from app.crm.timeline import KINDS, Moment

Kinds = Annotated[
    str | None,
    Parameter(description=f"Only these kinds, separated by commas, of: {', '.join(KINDS)}."),
]


class Timeline(msgspec.Struct, frozen=True):
    """What happened, newest first; `next` is the cursor of the following page."""

    customer_id: str
    items: list[Moment]
    next: str | None


@get(
    "/v1/customers/{customer_id:str}",
    summary="Read a customer",
    operation_id="getCustomer",
    tags=["customers"],
    opt={"scope": "read"},
)
async def get_customer(
    caller: NamedDependency[Caller], state: State, customer_id: FromPath[str]
) -> Response[Profile]:
    """All that is known of a customer, by the id of any of its identities.

    Phones are masked; with the scope pii:read they are whole, and the audit log says who read them.
    """
    full = "pii:read" in caller.scopes
    async with transaction(state.pool, caller.brand_id) as connection:
        person = await people.named(connection, caller.brand_id, customer_id)
        found = await profile(
            connection, caller.brand_id, person.customer_id, datetime.now(UTC), phones=full
        )
        if full and found.phone is not None:
            await audit.record(
                connection, caller.brand_id, caller.actor, "customer.read", found.customer_id
            )
    return answer(found)


@get(
    "/v1/customers/{customer_id:str}/timeline",
    summary="Read a customer's timeline",
    operation_id="getTimeline",
    tags=["customers"],
    opt={"scope": "read"},
)
async def get_timeline(
    caller: NamedDependency[Caller],
    state: State,
    customer_id: FromPath[str],
    kinds: Kinds = None,
    limit: Limit = 50,
    cursor: Cursor = None,
) -> Response[Timeline]:
    """What happened with a customer, by any of its identities, newest first."""
    asked = tuple(kinds.split(",")) if kinds is not None else KINDS
    for kind in asked:
        if kind not in KINDS:
            raise BadParameter("kinds", f"there is no {kind[:50]!r}, but {', '.join(KINDS)}")
    async with transaction(state.pool, caller.brand_id) as connection:
        person = await people.named(connection, caller.brand_id, customer_id)
        page = await timeline.page(
            connection, caller.brand_id, person.customer_id, asked, limit, cursor
        )
    return answer(Timeline(person.customer_id, page.items, page.next))
