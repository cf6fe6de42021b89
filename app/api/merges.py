"""Merges: which identities are one person by an operator's word."""

from datetime import datetime
from typing import Annotated, Any

import msgspec
from litestar import Request, Response, get, post
from litestar.datastructures import State
from litestar.di import NamedDependency
from litestar.params import FromPath, Parameter
from sqlalchemy.ext.asyncio import AsyncConnection

from app.api.answers import answer
from app.api.bodies import decode_body, json_body
from app.api.params import Cursor, Limit
from app.core import lease
from app.core.db import transaction
from app.core.errors import Problem
from app.core.page import Sort, read_cursor, write_cursor
from app.crm import merges, people, statements
from app.crm.caller import Caller
from app.crm.effects import Effect, effect
from app.models.people import IdentityMerge
from app.projection.batch import Space

CustomerRef = Annotated[str, msgspec.Meta(min_length=3, pattern="^[mb]:")]
"""A customer_id: any identity of the customer, as `m:<member id>` or `b:<buyer id>`."""

GivenId = Annotated[str, msgspec.Meta(min_length=1)]
Reason = Annotated[str, msgspec.Meta(min_length=1, max_length=1_000)]
_merge = IdentityMerge.__table__.c
LATEST = (
    Sort(_merge.made_at, datetime, descending=True),
    Sort(_merge.merge_id, str, descending=True),
)


class Who(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """An identity, in its two parts."""

    space: Space
    id: GivenId


class MergeBody(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Who are one person, each as an identity or a customer_id; with dry_run nothing is done."""

    a: CustomerRef | Who
    b: CustomerRef | Who
    reason: Reason | None = None
    dry_run: bool = False


class LinkBody(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Which member id and which buyer id are one person; with dry_run nothing is done."""

    member_id: GivenId
    buyer_id: GivenId
    reason: Reason | None = None
    dry_run: bool = False


class UndoBody(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """With dry_run nothing is done."""

    dry_run: bool = False


class MergeAnswer(msgspec.Struct, frozen=True):
    """The merge, whom it is about as customers afterwards and, of a dry_run, what it would do.

    A dry_run stores nothing: its merge_id is null, and `effect` says which orders would count
    otherwise. Done for real, the numbers follow within seconds (see /v1/status).
    """

    dry_run: bool
    merge_id: str | None
    kind: merges.Kind
    a: people.Named
    b: people.Named
    reason: str | None
    customers: list[people.Customer]
    effect: Effect | None


class MergePage(msgspec.Struct, frozen=True):
    """Merges, latest first; `next` is the cursor of the following page."""

    items: list[merges.Merge]
    next: str | None


def _answer(outcome: merges.Outcome, found: Effect | None) -> Response[MergeAnswer]:
    merge = outcome.merge
    return answer(
        MergeAnswer(
            dry_run=found is not None,
            merge_id=merge.merge_id if found is None or merge.undone_at is not None else None,
            kind=merge.kind,
            a=merge.a,
            b=merge.b,
            reason=merge.reason,
            customers=outcome.customers,
            effect=found,
        )
    )


async def meant(
    connection: AsyncConnection, brand_id: int, who: str | Who, field: str
) -> people.Person:
    """Who is meant in a field of a body.

    Raises:
        Problem: 404 where no event names them.
    """
    identity = people.identity_of(who) if isinstance(who, str) else (who.space, who.id)
    found = None if identity is None else await people.find(connection, brand_id, identity)
    if found is None:
        raise Problem(404, "not_found", "No event names this identity.", field=field)
    return found


async def _state(
    state: State,
    caller: Caller,
    kind: merges.Kind,
    ends: dict[str, str | Who],
    body: MergeBody | LinkBody,
) -> Response[MergeAnswer]:
    async with transaction(state.pool, caller.brand_id) as connection:
        await lease.hold(connection, caller.brand_id)
        one, other = [
            await meant(connection, caller.brand_id, who, field) for field, who in ends.items()
        ]

        async def act() -> merges.Outcome:
            return await merges.state(
                connection, caller.brand_id, kind, one, other, body.reason, caller.actor
            )

        if body.dry_run:
            concerned = {one.customer_id, other.customer_id}
            return _answer(*await effect(connection, caller.brand_id, concerned, act))
        outcome = await act()
    state.waker.wake()
    return _answer(outcome, None)


@post(
    "/v1/identity-merges",
    summary="Merge two customers",
    operation_id="mergeIdentities",
    operation_class=json_body(MergeBody),
    tags=["people"],
    opt={"scope": "write", "problems": [404, 409]},
    status_code=200,
)
async def merge_identities(
    request: Request[Any, Any, Any], caller: NamedDependency[Caller], state: State
) -> Response[MergeAnswer]:
    """Say that two identities, and so all that belong to them, are one customer."""
    body = await decode_body(request, MergeBody)
    return await _state(state, caller, "merge", {"/a": body.a, "/b": body.b}, body)


@post(
    "/v1/identity-links",
    summary="Link a member id and a buyer id",
    operation_id="linkIdentities",
    operation_class=json_body(LinkBody),
    tags=["people"],
    opt={"scope": "write", "problems": [404, 409]},
    status_code=200,
)
async def link_identities(
    request: Request[Any, Any, Any], caller: NamedDependency[Caller], state: State
) -> Response[MergeAnswer]:
    """Say that a member id and a buyer id are one person, as `identity.linked` does."""
    body = await decode_body(request, LinkBody)
    ends: dict[str, str | Who] = {
        "/member_id": Who("member", body.member_id),
        "/buyer_id": Who("buyer", body.buyer_id),
    }
    return await _state(state, caller, "link", ends, body)


@post(
    "/v1/identity-merges/{merge_id:str}/undo",
    summary="Undo a merge",
    operation_id="undoMerge",
    operation_class=json_body(UndoBody, required=False),
    tags=["people"],
    opt={"scope": "write", "problems": [409]},
    status_code=200,
)
async def undo_merge(
    request: Request[Any, Any, Any],
    caller: NamedDependency[Caller],
    state: State,
    merge_id: FromPath[str],
) -> Response[MergeAnswer]:
    """Take a merge or link back; what nothing else holds together are customers of their own."""
    body = await decode_body(request, UndoBody, empty=UndoBody())
    async with transaction(state.pool, caller.brand_id) as connection:
        await lease.hold(connection, caller.brand_id)
        await merges.refuse_event_link(connection, caller.brand_id, merge_id)
        merge = await merges.find(connection, caller.brand_id, merge_id)
        one = await people.named(connection, caller.brand_id, f"{merge.a.space[0]}:{merge.a.id}")

        async def act() -> merges.Outcome:
            return await merges.undo(
                connection, caller.brand_id, merge, one.customer_id, caller.actor
            )

        if body.dry_run:
            return _answer(*await effect(connection, caller.brand_id, {one.customer_id}, act))
        outcome = await act()
    state.waker.wake()
    return _answer(outcome, None)


@get(
    "/v1/identity-merges",
    summary="List merges",
    operation_id="listMerges",
    tags=["people"],
    opt={"scope": "read"},
)
async def list_merges(
    caller: NamedDependency[Caller],
    state: State,
    limit: Limit = 50,
    cursor: Cursor = None,
    undone: Annotated[
        bool | None, Parameter(description="Only those undone, or only those that stand.")
    ] = None,
) -> Response[MergePage]:
    """List the merges and links that operators made, latest first."""
    before = None if cursor is None else tuple(read_cursor("merges", cursor, LATEST))
    async with transaction(state.pool, caller.brand_id) as connection:
        found = await statements.page(
            connection,
            caller.brand_id,
            limit + 1,
            before,
            undone,
        )
    items = found[:limit]
    following = None
    if len(found) > limit:
        following = write_cursor("merges", [items[-1].made_at, items[-1].merge_id])
    return answer(MergePage(items, following))


@get(
    "/v1/customers/{customer_id:str}/identities",
    summary="A customer's identities",
    operation_id="getIdentities",
    tags=["people"],
    opt={"scope": "read"},
)
async def get_identities(
    caller: NamedDependency[Caller], state: State, customer_id: FromPath[str]
) -> Response[statements.Identities]:
    """The ids of a customer, and by which statements they are one person."""
    async with transaction(state.pool, caller.brand_id) as connection:
        person = await people.named(connection, caller.brand_id, customer_id)
        return answer(await statements.of(connection, caller.brand_id, person.customer_id))
