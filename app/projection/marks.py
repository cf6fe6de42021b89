"""What a batch of facts concerns: the customers and sums that are to be derived anew."""

from collections.abc import Mapping, Set
from datetime import datetime

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection

from app.core.clock import EPOCH, MICROSECOND
from app.core.columns import joined
from app.core.sql import sql
from app.projection.attributes import Change
from app.projection.batch import Key
from app.projection.entities import Entities
from app.projection.identities import Identity
from app.projection.speech import Speech

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


async def mark_speech(
    connection: AsyncConnection, brand_id: int, speech: Speech, customers: Mapping[Identity, str]
) -> None:
    """Mark the groups' months that changed messages count in, and their senders.

    A sender is derived anew only where the message tells something new of a joining, or is no
    longer what it was. Who has no customer here is new, and marked as that.
    """
    said = speech.told + speech.now + speech.before
    if said:
        groups, members, ats = zip(*said, strict=True)
        separator, nothing, columns = joined(
            groups,
            [customers.get(("member", member_id)) for member_id in members],
            [str(at) for at in ats],
        )
        await connection.execute(
            sql("projection", "mark_speech"),
            {
                "brand": brand_id,
                "separator": separator,
                "nothing": nothing,
                "groups": columns[0],
                "customers": columns[1],
                "ats": columns[2],
                "sure": sorted({member_id for _, member_id, _ in speech.now + speech.before}),
                "first_at": EPOCH + min(ats) * MICROSECOND,
                "last_at": EPOCH + max(ats) * MICROSECOND,
            },
        )


async def touch_segments(
    connection: AsyncConnection,
    brand_id: int,
    changes: Mapping[Entities, Changes],
    speech: Speech,
) -> None:
    """Tell segments of whom they may say something else, as far as that is not derived."""
    found = await connection.execute(
        text(
            "SELECT DISTINCT r.touched FROM segment AS s"
            " CROSS JOIN LATERAL unnest(s.reads) AS r (touched) WHERE s.brand_id = :brand"
        ),
        {"brand": brand_id},
    )
    read = {row.touched for row in found}
    speakers = speech.speakers if "messages" in read else set()
    profiles = changes.get(Entities.MEMBER, {}) if "profile" in read else {}
    notes = "notes" in read and any(
        change.after.values.get("creator_id")
        != (None if change.before is None else change.before.values.get("creator_id"))
        for change in changes.get(Entities.NOTE, {}).values()
    )
    if speakers or profiles or notes:
        await connection.execute(
            sql("projection", "touch_segments"),
            {
                "brand": brand_id,
                "speakers": sorted(speakers),
                "members": sorted(key[0] for key in profiles),
                "notes": notes,
            },
        )
