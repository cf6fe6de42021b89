"""What a batch of facts concerns: the customers and sums that are to be derived anew."""

from collections.abc import Iterator, Mapping, Set
from datetime import datetime
from typing import Any

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection

from app.core.sql import sql
from app.projection.attributes import Change, sent
from app.projection.batch import Key
from app.projection.entities import Entities

Changes = dict[Key, Change]


async def reach(connection: AsyncConnection, brand_id: int, latest_at: datetime) -> None:
    """Move the horizon to the latest time that an event tells of."""
    await connection.execute(
        text(
            "INSERT INTO horizon AS h (brand_id, latest_at) VALUES (:brand, :at)"
            " ON CONFLICT (brand_id) DO UPDATE SET latest_at = excluded.latest_at"
            " WHERE h.latest_at < excluded.latest_at"
        ),
        {"brand": brand_id, "at": latest_at},
    )


async def buyers_of(connection: AsyncConnection, brand_id: int, refunds: Changes) -> dict[str, str]:
    """The buyer ids of the orders of changed refunds, by order."""
    if not refunds:
        return {}
    rows = await connection.execute(
        text(
            "SELECT order_id, buyer_id FROM shop_order WHERE brand_id = :brand"
            " AND order_id = ANY(CAST(:orders AS text[])) AND buyer_id IS NOT NULL"
        ),
        {"brand": brand_id, "orders": sorted({order_id for order_id, _ in refunds})},
    )
    return {row.order_id: row.buyer_id for row in rows}


async def mark_merged(connection: AsyncConnection, brand_id: int, customers: Set[str]) -> None:
    """Mark the sums in which merged customers were counted by several member ids."""
    if customers:
        await connection.execute(
            sql("projection", "mark_merged"),
            {"brand": brand_id, "customers": sorted(customers)},
        )


async def mark_lives(
    connection: AsyncConnection, brand_id: int, changes: Changes, viewed: set[str]
) -> None:
    """Mark lives that somebody came to, and the viewers of those that run otherwise than before."""
    moved = {
        live_id
        for (live_id,), change in changes.items()
        if (change.before.times if change.before else {}) != change.after.times
    }
    if viewed or moved:
        await connection.execute(
            sql("projection", "mark_lives"),
            {"brand": brand_id, "viewed": sorted(viewed), "moved": sorted(moved)},
        )


async def mark_speech(connection: AsyncConnection, brand_id: int, changes: Changes) -> None:
    """Mark the groups' months that changed messages count in, and their senders.

    A sender is derived anew only where the message tells something new of a joining, or is no
    longer what it was.
    """
    said = [each for key, change in sorted(changes.items()) for each in _said(key[0], change)]
    if said:
        groups, members, ats, sures = (list(column) for column in zip(*said, strict=True))
        await connection.execute(
            sql("projection", "mark_speech"),
            {
                "brand": brand_id,
                "groups": groups,
                "members": members,
                "ats": ats,
                "sures": sures,
                "first_at": min(ats),
                "last_at": max(ats),
            },
        )


def _said(group_id: str, change: Change) -> Iterator[tuple[str, str, Any, bool]]:
    """Who is told to have sent the message and when, after the change and, if other, before."""
    after, before = sent(change.after), sent(change.before)
    moved = before not in (after, (None, None))
    for member_id, at in {after, before}:
        if member_id is not None and at is not None:
            yield group_id, member_id, at, moved


async def touch_segments(
    connection: AsyncConnection, brand_id: int, changes: Mapping[Entities, Changes]
) -> None:
    """Tell segments of whom they may say something else, as far as that is not derived."""
    speakers = {
        member_id
        for change in changes.get(Entities.MESSAGE, {}).values()
        for row in (change.before, change.after)
        if row is not None and (member_id := row.values.get("member_id")) is not None
    }
    members = {key[0] for key in changes.get(Entities.MEMBER, {})}
    notes = any(
        change.after.values.get("creator_id")
        != (None if change.before is None else change.before.values.get("creator_id"))
        for change in changes.get(Entities.NOTE, {}).values()
    )
    if speakers or members or notes:
        await connection.execute(
            sql("projection", "touch_segments"),
            {
                "brand": brand_id,
                "speakers": sorted(speakers),
                "members": sorted(members),
                "notes": notes,
            },
        )
