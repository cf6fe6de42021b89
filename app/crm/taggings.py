"""Taggings: who has which tag, one by one, by list and by segment."""

from datetime import datetime
from typing import Any, Literal

import msgspec
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection

from app.core.errors import Problem
from app.core.sql import sql
from app.crm.people import identity_of, several
from app.derive.touched import EVERYBODY, touch

Act = Literal["tag", "untag"]

LISTED = 200

AT_ONCE = 10_000
"""So many members of a segment are tagged by one statement, none of which may take too long."""


class CustomerTag(msgspec.Struct, frozen=True):
    """A tag that a customer has, since when, and who gave it."""

    tag_id: str
    name: str
    tag_group_id: str | None
    tag_group: str | None
    tagged_at: datetime
    tagged_by: str


class Count(msgspec.Struct, frozen=True):
    """How many customers there were and how many of them changed.

    `unknown` is how many of the customer_ids name nobody, `unknown_ids` the first 200 of them.
    """

    customers: int
    changed: int
    unknown: int = 0
    unknown_ids: list[str] = []


async def of(connection: AsyncConnection, brand_id: int, customer_id: str) -> list[CustomerTag]:
    """The tags of a customer, by group and name; given to several identities, the first time."""
    rows = await connection.execute(
        sql("crm", "customer_tags"), {"brand": brand_id, "customer": customer_id}
    )
    return [CustomerTag(*row) for row in rows]


async def apply_to_list(
    connection: AsyncConnection,
    brand_id: int,
    act: Act,
    tag_id: str,
    customers: list[str],
    actor: str,
) -> Count:
    """Give customers a tag, or take it off them, who are named by any of their identities."""
    known = await several(connection, brand_id, customers)
    names = {one.identity for one in known}
    unknown = [each for each in dict.fromkeys(customers) if identity_of(each) not in names]
    given = {"spaces": [space for space, _ in names], "ids": [id_ for _, id_ in names]}
    count = await _apply(connection, brand_id, act, tag_id, actor, "asked_people", given)
    await touch(connection, brand_id, "tags", sorted({one.customer_id for one in known}))
    return Count(count.customers, count.changed, len(unknown), unknown[:LISTED])


async def apply_to_segment(
    connection: AsyncConnection, brand_id: int, act: Act, tag_id: str, segment_id: str, actor: str
) -> Count:
    """Give the members of a segment, as they were last counted, a tag, or take it off them.

    Raises:
        Problem: 404 where there is no such segment.
    """
    found = await connection.scalar(
        text("SELECT true FROM segment WHERE brand_id = :brand AND segment_id = :segment"),
        {"brand": brand_id, "segment": segment_id},
    )
    if not found:
        raise Problem(404, "not_found", "There is no such segment.", field="/segment_id")
    total, after = Count(0, 0), ""
    while True:
        until = await connection.scalar(
            text(
                "SELECT customer_id FROM segment_member"
                " WHERE brand_id = :brand AND segment_id = :segment AND customer_id > :after"
                " ORDER BY customer_id OFFSET :most - 1 LIMIT 1"
            ),
            {"brand": brand_id, "segment": segment_id, "after": after, "most": AT_ONCE},
        )
        given = {"segment": segment_id, "after": after, "until": until}
        some = await _apply(connection, brand_id, act, tag_id, actor, "asked_segment", given)
        total = Count(total.customers + some.customers, total.changed + some.changed)
        if until is None:
            await touch(connection, brand_id, "tags", [EVERYBODY])
            return total
        after = until


async def _apply(
    connection: AsyncConnection,
    brand_id: int,
    act: Act,
    tag_id: str,
    actor: str,
    asked: str,
    given: dict[str, Any],
) -> Count:
    by = {"actor": actor} if act == "tag" else {}
    rows = await connection.execute(
        sql("crm", asked, act), {"brand": brand_id, "tag": tag_id, **by, **given}
    )
    return Count(*rows.one())
