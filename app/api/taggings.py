"""Taggings: who has which tag."""

from typing import Annotated, Any

import msgspec
from litestar import Request, Response, delete, get, post
from litestar.datastructures import State
from litestar.di import NamedDependency
from litestar.params import FromPath

from app.api.answers import answer
from app.api.bodies import decode_body, json_body
from app.api.tags import Id
from app.core.db import transaction
from app.core.errors import Problem
from app.crm import people, taggings, tags
from app.crm.caller import Caller

MOST_BYTES = 1_048_576
MOST_CUSTOMERS = 10_000
MOST_TAGS = 100

Customers = Annotated[list[str], msgspec.Meta(min_length=1, max_length=MOST_CUSTOMERS)]


class OfList(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Whom a tag is for: customers, each by a customer_id of any of its identities."""

    customer_ids: Customers


class OfSegment(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Whom a tag is for: all who are in a segment, as it was last refreshed."""

    segment_id: Id


class Whom(msgspec.Struct, frozen=True, forbid_unknown_fields=True, omit_defaults=True):
    """One of the two."""

    customer_ids: Customers | msgspec.UnsetType = msgspec.UNSET
    segment_id: Id | msgspec.UnsetType = msgspec.UNSET


class TagsBody(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The tags to give."""

    tag_ids: Annotated[list[Id], msgspec.Meta(min_length=1, max_length=MOST_TAGS)]


class CustomerTags(msgspec.Struct, frozen=True):
    """A customer's tags, by group and name."""

    customer_id: str
    items: list[taggings.CustomerTag]


async def _apply(
    request: Request[Any, Any, Any],
    caller: Caller,
    state: State,
    act: taggings.Act,
    tag_id: str,
) -> Response[taggings.Count]:
    body = await decode_body(request, Whom, MOST_BYTES)
    brand_id, actor = caller.brand_id, caller.actor
    if (body.customer_ids is msgspec.UNSET) == (body.segment_id is msgspec.UNSET):
        raise Problem(
            422, "invalid", "Give either customer_ids or segment_id.", field="/customer_ids"
        )
    async with transaction(state.pool, brand_id) as connection:
        await tags.find(connection, brand_id, tag_id)
        if isinstance(body.segment_id, str):
            count = await taggings.apply_to_segment(
                connection, brand_id, act, tag_id, body.segment_id, actor
            )
        else:
            assert isinstance(body.customer_ids, list)
            count = await taggings.apply_to_list(
                connection, brand_id, act, tag_id, body.customer_ids, actor
            )
    state.waker.wake()
    return answer(count)


@post(
    "/v1/tags/{tag_id:str}/customers",
    summary="Give customers a tag",
    operation_id="tagCustomers",
    operation_class=json_body(OfList, OfSegment),
    tags=["tags"],
    opt={"scope": "write"},
    status_code=200,
)
async def tag_customers(
    request: Request[Any, Any, Any],
    caller: NamedDependency[Caller],
    state: State,
    tag_id: FromPath[str],
) -> Response[taggings.Count]:
    """Give a list of customers (up to 10,000), or all of a segment, a tag."""
    return await _apply(request, caller, state, "tag", tag_id)


@post(
    "/v1/tags/{tag_id:str}/customers/remove",
    summary="Take a tag off customers",
    operation_id="untagCustomers",
    operation_class=json_body(OfList, OfSegment),
    tags=["tags"],
    opt={"scope": "write"},
    status_code=200,
)
async def untag_customers(
    request: Request[Any, Any, Any],
    caller: NamedDependency[Caller],
    state: State,
    tag_id: FromPath[str],
) -> Response[taggings.Count]:
    """Take a tag off a list of customers (up to 10,000), or off all of a segment."""
    return await _apply(request, caller, state, "untag", tag_id)


@get(
    "/v1/customers/{customer_id:str}/tags",
    summary="A customer's tags",
    operation_id="getCustomerTags",
    tags=["tags"],
    opt={"scope": "read"},
)
async def get_customer_tags(
    caller: NamedDependency[Caller], state: State, customer_id: FromPath[str]
) -> Response[CustomerTags]:
    """The tags of all of a customer's identities."""
    async with transaction(state.pool, caller.brand_id) as connection:
        person = await people.named(connection, caller.brand_id, customer_id)
        found = await taggings.of(connection, caller.brand_id, person.customer_id)
    return answer(CustomerTags(person.customer_id, found))


@post(
    "/v1/customers/{customer_id:str}/tags",
    summary="Give a customer tags",
    operation_id="tagCustomer",
    operation_class=json_body(TagsBody),
    tags=["tags"],
    opt={"scope": "write"},
    status_code=200,
)
async def tag_customer(
    request: Request[Any, Any, Any],
    caller: NamedDependency[Caller],
    state: State,
    customer_id: FromPath[str],
) -> Response[CustomerTags]:
    """Give one customer some tags; what it has already stays as it is."""
    body = await decode_body(request, TagsBody)
    brand_id = caller.brand_id
    async with transaction(state.pool, brand_id) as connection:
        person = await people.named(connection, brand_id, customer_id)
        for tag_id in sorted(set(body.tag_ids)):
            await tags.find(connection, brand_id, tag_id)
            await taggings.apply_to_list(
                connection, brand_id, "tag", tag_id, [customer_id], caller.actor
            )
        found = await taggings.of(connection, brand_id, person.customer_id)
    state.waker.wake()
    return answer(CustomerTags(person.customer_id, found))


@delete(
    "/v1/customers/{customer_id:str}/tags/{tag_id:str}",
    summary="Take a tag off a customer",
    operation_id="untagCustomer",
    tags=["tags"],
    opt={"scope": "write"},
)
async def untag_customer(
    caller: NamedDependency[Caller],
    state: State,
    customer_id: FromPath[str],
    tag_id: FromPath[str],
) -> None:
    """Take a tag off all of a customer's identities; 204 also where it had it not."""
    async with transaction(state.pool, caller.brand_id) as connection:
        await people.named(connection, caller.brand_id, customer_id)
        await tags.find(connection, caller.brand_id, tag_id)
        await taggings.apply_to_list(
            connection, caller.brand_id, "untag", tag_id, [customer_id], caller.actor
        )
    state.waker.wake()
