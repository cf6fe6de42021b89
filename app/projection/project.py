"""Stage 2: a batch of pending events becomes facts, in the caller's transaction."""

import msgspec
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection

from app.core.sql import sql
from app.projection import evidence, identities, marks, memberships
from app.projection.apply import collect, read
from app.projection.attributes import merge
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
    arrivals = [read(event.raw, event.source, event.event_id) for event in claimed]
    for arrival in arrivals:
        collect(batch, arrival)
    await write(connection, brand_id, batch)
    await marks.reach(connection, brand_id, max(arrival.at for arrival in arrivals))
    await connection.execute(
        text(
            "DELETE FROM pending_event"
            " WHERE brand_id = :brand AND event_no = ANY(CAST(:nos AS bigint[]))"
        ),
        {"brand": brand_id, "nos": [event.event_no for event in claimed]},
    )


async def write(connection: AsyncConnection, brand_id: int, batch: Batch) -> None:
    """Write a batch, table by table, and mark what hangs on it."""
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
    members |= await evidence.put_views(connection, brand_id, batch.views)
    await evidence.put_live_ends(connection, brand_id, batch.live_ends)
    await evidence.put_measurements(connection, brand_id, batch.measurements)
    await marks.mark_merged(connection, brand_id, merged)
    await marks.mark_lives(
        connection, brand_id, changes.get(Entities.LIVE, {}), {view.live_id for view in batch.views}
    )
    await marks.mark_speech(connection, brand_id, changes.get(Entities.MESSAGE, {}))
    buyers = marks.buyers(changes.get(Entities.ORDER, {}))
    buyers |= await marks.buyers_of(connection, brand_id, changes.get(Entities.REFUND, {}))
    await marks.mark_customers(connection, brand_id, members, buyers, merged)
