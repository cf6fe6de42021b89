"""Merges: an operator says that two identities are one person, or takes that back."""

import base64
import binascii
from datetime import datetime
from typing import Any, Literal

import msgspec
from sqlalchemy import Row, text
from sqlalchemy.ext.asyncio import AsyncConnection

from app.core.errors import NotFound, Problem
from app.crm import audit
from app.crm.people import Customer, Named, Person, with_identities
from app.crm.tokens import random_text
from app.projection.merges import follow

Kind = Literal["link", "merge"]

_event = msgspec.json.Decoder(tuple[str, str])


class Merge(msgspec.Struct, frozen=True, kw_only=True):
    """A statement by an operator; it stands where `undone_at` is null.

    kind: `link` was said of a member id and a buyer id, `merge` of any two identities.
    """

    merge_id: str
    kind: Kind
    a: Named
    b: Named
    reason: str | None
    made_at: datetime
    made_by: str
    undone_at: datetime | None
    undone_by: str | None


class Outcome(msgspec.Struct, frozen=True):
    """A statement, and those whom it is about as customers afterwards."""

    merge: Merge
    customers: list[Customer]


def read(row: Row[Any]) -> Merge:
    """A merge from its row."""
    return Merge(
        merge_id=row.merge_id,
        kind=row.kind,
        a=Named(row.one_space, row.one_id),
        b=Named(row.other_space, row.other_id),
        reason=row.reason,
        made_at=row.made_at,
        made_by=row.made_by,
        undone_at=row.undone_at,
        undone_by=row.undone_by,
    )


async def find(connection: AsyncConnection, brand_id: int, merge_id: str) -> Merge:
    """A merge by its id.

    Raises:
        NotFound: where there is none.
    """
    rows = await connection.execute(
        text("SELECT * FROM identity_merge WHERE brand_id = :brand AND merge_id = :merge"),
        {"brand": brand_id, "merge": merge_id},
    )
    row = rows.one_or_none()
    if row is None:
        raise NotFound("merge")
    return read(row)


async def state(
    connection: AsyncConnection,
    brand_id: int,
    kind: Kind,
    one: Person,
    other: Person,
    reason: str | None,
    actor: str,
) -> Outcome:
    """Say that two identities are one person. The caller holds the brand's lease.

    Raises:
        Problem: 409 where they are one customer already.
    """
    if one.customer_id == other.customer_id:
        raise Problem(
            409, "same_customer", f"Both are the customer {one.customer_id} already.", field="/b"
        )
    merge_id = random_text(16)
    await connection.execute(
        text(
            "INSERT INTO identity_merge"
            " (brand_id, merge_id, kind, one_space, one_id, other_space, other_id, reason, made_by)"
            " VALUES (:brand, :merge, :kind, :one_space, :one, :other_space, :other,"
            " :reason, :actor)"
        ),
        {
            "brand": brand_id,
            "merge": merge_id,
            "kind": kind,
            "one_space": one.space,
            "one": one.id,
            "other_space": other.space,
            "other": other.id,
            "reason": reason,
            "actor": actor,
        },
    )
    await audit.record(connection, brand_id, actor, f"customer.{kind}", merge_id)
    return await _follow(
        connection, brand_id, merge_id, {one.customer_id, other.customer_id}, "merge"
    )


async def undo(
    connection: AsyncConnection, brand_id: int, merge: Merge, customer: str, actor: str
) -> Outcome:
    """Take a merge back: what no other statement holds together are customers of their own again.

    customer: whose it is. The caller holds the brand's lease.

    Raises:
        Problem: 409 where it was undone before.
    """
    updated = await connection.execute(
        text(
            "UPDATE identity_merge SET undone_at = now(), undone_by = :actor"
            " WHERE brand_id = :brand AND merge_id = :merge AND undone_at IS NULL"
        ),
        {"brand": brand_id, "merge": merge.merge_id, "actor": actor},
    )
    if not updated.rowcount:
        raise Problem(409, "already_undone", "This merge was undone before.")
    await audit.record(connection, brand_id, actor, "customer.unmerge", merge.merge_id)
    return await _follow(connection, brand_id, merge.merge_id, {customer}, "unmerge")


async def _follow(
    connection: AsyncConnection, brand_id: int, merge_id: str, customers: set[str], cause: str
) -> Outcome:
    changed = await follow(connection, brand_id, customers, {"type": cause, "id": merge_id})
    return Outcome(
        await find(connection, brand_id, merge_id),
        await with_identities(connection, brand_id, customers | changed),
    )


def event_link_id(member_id: str, buyer_id: str) -> str:
    """What names the link of an `identity.linked` event beside merges."""
    content = msgspec.json.encode((member_id, buyer_id))
    return "event_" + base64.urlsafe_b64encode(content).rstrip(b"=").decode()


async def refuse_event_link(connection: AsyncConnection, brand_id: int, merge_id: str) -> None:
    """Refuse to undo what an event said.

    Raises:
        Problem: 409 where this names the link of an event.
    """
    if not merge_id.startswith("event_"):
        return
    try:
        content = merge_id.removeprefix("event_").encode("ascii")
        member_id, buyer_id = _event.decode(
            base64.b64decode(content + b"=" * (-len(content) % 4), b"-_", validate=True)
        )
    except (ValueError, binascii.Error, msgspec.DecodeError):
        return
    given = {"brand": brand_id, "member": member_id, "buyer": buyer_id}
    if "\0" not in member_id + buyer_id and await connection.scalar(
        text(
            "SELECT true FROM identity_link"
            " WHERE brand_id = :brand AND member_id = :member AND buyer_id = :buyer"
        ),
        given,
    ):
        raise Problem(
            409,
            "linked_by_event",
            "An event identity.linked says so: operators can undo only what operators said.",
        )
