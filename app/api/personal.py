"""Personal data of customers: found by phone, and given to the person in one document."""

from datetime import UTC, datetime
from typing import Annotated, Any, cast

import msgspec
from litestar import Request, Response, post
from litestar.datastructures import State
from litestar.di import NamedDependency
from litestar.params import FromPath
from litestar.response import Stream

from app.api.answers import answer
from app.api.bodies import decode_body, json_body
from app.core.db import transaction
from app.core.errors import NotFound
from app.crm.audit import record
from app.crm.caller import Caller
from app.personal import persons
from app.personal.document import About, document
from app.personal.phones import Found, members_with


class LookupBody(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """`phone`: as people write it; spaces, dashes and +86 do not matter."""

    phone: Annotated[str, msgspec.Meta(min_length=1, max_length=64)]


class LookupAnswer(msgspec.Struct, frozen=True):
    """Members with the phone, at most 200; it is masked unless the key has pii:read."""

    items: list[Found]


class DocumentBody(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """`events`: whether the stored events are to be in it, which all have to be read for that."""

    events: bool = True


@post(
    "/v1/customers/lookup",
    summary="Find customers by phone",
    operation_id="lookupCustomers",
    operation_class=json_body(LookupBody),
    tags=["personal data"],
    opt={"scope": "read"},
    status_code=200,
)
async def lookup_customers(
    request: Request[Any, Any, Any], caller: NamedDependency[Caller], state: State
) -> Response[LookupAnswer]:
    """Find who has a phone, without it standing in a URL; nothing of it is kept."""
    asked = await decode_body(request, LookupBody)
    in_full = "pii:read" in caller.scopes
    async with transaction(state.pool, caller.brand_id) as connection:
        found = await members_with(connection, caller.brand_id, asked.phone, in_full=in_full)
        if in_full and found:
            who = sorted({each.customer_id for each in found})
            await record(
                connection, caller.brand_id, caller.actor, "customer.lookup", who[0], {"all": who}
            )
    return answer(LookupAnswer(found))


@post(
    "/v1/customers/{customer_id:str}/personal-data",
    summary="Give out a person's data",
    operation_id="exportPersonalData",
    operation_class=json_body(DocumentBody, required=False),
    tags=["personal data"],
    opt={"scope": "pii:read"},
    status_code=200,
)
async def export_personal_data(
    request: Request[Any, Any, Any],
    caller: NamedDependency[Caller],
    state: State,
    customer_id: FromPath[str],
) -> Response[dict[str, Any]]:
    """Everything that is stored of a person, by table, and the events that told it.

    The events of a large brand take a while to go through; the answer comes in parts.
    """
    asked = await decode_body(request, DocumentBody, empty=DocumentBody())
    now = datetime.now(UTC)
    async with transaction(state.pool, caller.brand_id) as connection:
        ids = await persons.find(connection, caller.brand_id, customer_id)
        if ids is None:
            raise NotFound("customer")
        await record(connection, caller.brand_id, caller.actor, "customer.export", customer_id)
    about = About(caller.brand_id, customer_id, ids, now, asked.events)
    parts = document(state.pool, about)
    return cast("Response[dict[str, Any]]", Stream(parts, media_type="application/json"))
