"""Stage 2: a batch of pending events becomes facts, in the caller's transaction."""

from collections.abc import Iterable
from typing import Any

import msgspec
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection

from app.core.sql import sql
from app.projection import evidence, identities, memberships
from app.projection.apply import collect, read
from app.projection.attributes import Change, merge
from app.projection.batch import Batch
from app.projection.entities import Entities


class Claimed(msgspec.Struct, frozen=True):
    """A pending event that this transaction has locked."""

    event_no: int
    attempts: int
    source: str
    event_id: str
    raw: str


async def claim(connection: AsyncConnection, brand_id: int, most: int) -> list[Claimed]:
    """Lock the oldest events of a brand that are due."""
    rows = await connection.execute(sql("projection", "claim"), {"brand": brand_id, "most": most})
    return [Claimed(*row) for row in rows]


async def project(connection: AsyncConnection, brand_id: int, claimed: list[Claimed]) -> None:
    """Write what the events say into the facts, mark whom that concerns, and unqueue them."""
    batch = Batch()
    for event in claimed:
        collect(batch, read(event.raw, event.source, event.event_id))
    await write(connection, brand_id, batch)
    await connection.execute(
        text(
            "DELETE FROM pending_event"
            " WHERE brand_id = :brand AND event_no = ANY(CAST(:nos AS bigint[]))"
        ),
        {"brand": brand_id, "nos": [event.event_no for event in claimed]},
    )


async def write(connection: AsyncConnection, brand_id: int, batch: Batch) -> None:
    """Write a batch, table by table."""
    mode = await connection.scalar(
        text("SELECT identity_mode FROM brand WHERE brand_id = :brand"), {"brand": brand_id}
    )
    merged = await identities.put(
        connection, brand_id, mode == "shared", batch.identities, batch.links
    )
    changes = {
        kind: await merge(connection, brand_id, kind, batch.entities[kind])
        for kind in Entities
        if kind in batch.entities
    }
    members = await memberships.fold_in(connection, brand_id, batch.memberships)
    members |= await evidence.put_clicks(connection, brand_id, batch.clicks)
    await evidence.put_views(connection, brand_id, batch.views)
    await evidence.put_live_ends(connection, brand_id, batch.live_ends)
    await evidence.put_measurements(connection, brand_id, batch.measurements)
    buyers = _buyers(changes.get(Entities.ORDER, {}).values())
    buyers |= await _buyers_of(connection, brand_id, changes.get(Entities.REFUND, {}))
    if members or buyers or merged:
        people = [("member", m) for m in sorted(members)] + [("buyer", b) for b in sorted(buyers)]
        await connection.execute(
            sql("projection", "dirty_customers"),
            {
                "brand": brand_id,
                "spaces": [space for space, _ in people],
                "ids": [id_ for _, id_ in people],
                "customers": sorted(merged),
            },
        )


def _buyers(changes: Iterable[Change]) -> set[str]:
    rows = (row for c in changes for row in (c.before, c.after) if row is not None)
    return {row.values["buyer_id"] for row in rows if "buyer_id" in row.values}


async def _buyers_of(
    connection: AsyncConnection, brand_id: int, refunds: dict[Any, Change]
) -> set[str]:
    if not refunds:
        return set()
    rows = await connection.execute(
        text(
            "SELECT DISTINCT buyer_id FROM shop_order WHERE brand_id = :brand"
            " AND order_id = ANY(CAST(:orders AS text[])) AND buyer_id IS NOT NULL"
        ),
        {"brand": brand_id, "orders": sorted({order_id for order_id, _ in refunds})},
    )
    return {row.buyer_id for row in rows}
