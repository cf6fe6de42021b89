"""Stage 2: a batch of pending events becomes facts, in the caller's transaction."""

from datetime import datetime

import msgspec
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection

from app.core.sql import sql
from app.projection import evidence, identities, marks, memberships
from app.projection.apply import collect, read
from app.projection.attributes import Change, merge
from app.projection.batch import Batch, EventKey, Key
from app.projection.causes import Concerned, Told
from app.projection.entities import Entities
from app.projection.erased import forget, forget_reasons, replace_erased
from app.projection.messages import merge_messages
from app.projection.speech import put_speech


class Claimed(msgspec.Struct, frozen=True):
    """A pending event that this transaction takes off the queue."""

    event_no: int
    attempts: int
    source: str
    event_id: str
    raw: str
    received_at: datetime


async def claim(connection: AsyncConnection, brand_id: int, most: int) -> list[Claimed]:
    """Take the oldest events of a brand that are due off its queue; the caller holds its lease."""
    rows = await connection.execute(sql("projection", "claim"), {"brand": brand_id, "most": most})
    return [Claimed(*row) for row in rows]


async def project(connection: AsyncConnection, brand_id: int, claimed: list[Claimed]) -> None:
    """Write what the events say into the facts, and mark whom that concerns."""
    batch, events = Batch(), {}
    arrivals, erased = await replace_erased(
        connection,
        brand_id,
        {event.event_no: read(event.raw, event.source, event.event_id) for event in claimed},
    )
    for event in claimed:
        arrival = arrivals[event.event_no]
        collect(batch, arrival)
        events[batch.event] = Told(arrival, event.received_at)
    forget(batch, erased or ())
    await write(connection, brand_id, batch, events)
    if erased is not None:
        await forget_reasons(connection, brand_id, batch)


async def write(
    connection: AsyncConnection, brand_id: int, batch: Batch, events: dict[EventKey, Told]
) -> None:
    """Write a batch, table by table; `events` has all that it was collected from."""
    mode = await connection.scalar(
        text("SELECT identity_mode FROM brand WHERE brand_id = :brand"), {"brand": brand_id}
    )
    people = await identities.put(
        connection, brand_id, mode == "shared", batch.identities.keys(), batch.links.keys()
    )
    changes: dict[Entities, dict[Key, Change]] = {
        kind: await merge(connection, brand_id, kind, batch.entities[kind])
        for kind in Entities
        if kind in batch.entities
    }
    speech = await merge_messages(connection, brand_id, batch.messages)
    changed = await memberships.fold_in(connection, brand_id, batch.memberships)
    await evidence.put_clicks(connection, brand_id, batch.clicks)
    await evidence.put_views(connection, brand_id, batch.views)
    await evidence.put_live_ends(connection, brand_id, batch.live_ends)
    await evidence.put_measurements(connection, brand_id, batch.measurements)
    await marks.mark_merged(connection, brand_id, people.merged)
    await marks.mark_lives(
        connection, brand_id, changes.get(Entities.LIVE, {}), {view.live_id for view in batch.views}
    )
    await put_speech(connection, brand_id, speech)
    await marks.mark_speech(connection, brand_id, speech, people.customers)
    await marks.touch_segments(connection, brand_id, changes, speech)
    refunds = changes.get(Entities.REFUND, {})
    concerned = Concerned(batch, events)
    concerned.by_memberships(changed)
    concerned.by_clicks()
    concerned.by_views()
    concerned.by_orders(changes.get(Entities.ORDER, {}))
    concerned.by_refunds(refunds, await marks.buyers_of(connection, brand_id, refunds))
    concerned.by_merges(people.merged)
    concerned.by_names(people.new)
    if concerned.people or concerned.customers:
        await connection.execute(
            sql("projection", "mark_customers"), {"brand": brand_id} | concerned.parameters()
        )
    await marks.reach(connection, brand_id, max(told.arrival.at for told in events.values()))
