"""After an erasure: stored events that name the person are rewritten, dead letters go.

A rewritten event has surrogates, none of what it told of the person, and no field that the
vocabulary does not know. All of a brand's events are read, in batches by their number, and those
that were detached as well.
"""

from typing import Any

import msgspec
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection

from app.core.brand_secret import BrandSecret, secret_of
from app.core.partitions import DETACHED
from app.core.sql import sql
from app.events import DirectMessageReceived, DirectMessageSent, MessageSent
from app.ingest.dead_letters import opened
from app.projection.apply import Arrival, read
from app.projection.batch import Space
from app.projection.erased import OTHER, put_raws, store_rewritten
from app.projection.people import Names, renamed, tells_of

EVENTS = 10_000
LETTERS = 500
BARE = 6
"""In a text that is no JSON an id of so many characters is looked for without quotes."""

_people = msgspec.json.Decoder(list[tuple[Space, str, str]])


class Sought(msgspec.Struct, frozen=True):
    """Whom to look for: the erased and their surrogates, their orders, and texts to find them."""

    names: Names
    orders: frozenset[str]
    needles: list[str]


async def step(connection: AsyncConnection, brand_id: int) -> bool:
    """Go through the next batch for the erasures that are under way; False where none is."""
    found = await connection.execute(sql("personal", "under_way"), {"brand": brand_id})
    rows = found.all()
    if not rows:
        return False
    secret = await secret_of(connection, brand_id)
    sought = await _sought(connection, brand_id, secret, [row.sealed_ids for row in rows])
    at: int = rows[0].scrubbed_to
    reached = await _events(connection, brand_id, secret, sought, at)
    given: dict[str, Any] = {"brand": brand_id, "ids": [row.erasure_id for row in rows]}
    which = "WHERE brand_id = :brand AND erasure_id = ANY (CAST(:ids AS text[]))"
    if reached is not None:
        await connection.execute(
            text(f"UPDATE erasure SET scrubbed_to = :at {which}"), given | {"at": reached}
        )
        return True
    await _letters(connection, brand_id, secret, sought)
    await connection.execute(
        text(f"UPDATE erasure SET finished_at = now(), sealed_ids = NULL {which}"), given
    )
    return True


async def _sought(
    connection: AsyncConnection, brand_id: int, secret: BrandSecret, sealed: list[bytes]
) -> Sought:
    mode = await connection.scalar(
        text("SELECT identity_mode FROM brand WHERE brand_id = :brand"), {"brand": brand_id}
    )
    names: dict[tuple[Space, str], str] = {}
    for each in sealed:
        for space, id_, surrogate in _people.decode(secret.open(each)):
            names[space, id_] = surrogate
            if mode == "shared":
                names.setdefault((OTHER[space], id_), surrogate)
    # Of two erasures the later one may have renamed the surrogate of the earlier one.
    for person, surrogate in names.items():
        while (person[0], surrogate) in names:
            surrogate = names[person[0], surrogate]
        names[person] = surrogate
    rows = await connection.execute(
        text(
            "SELECT order_id FROM shop_order"
            " WHERE brand_id = :brand AND buyer_id = ANY (CAST(:buyers AS text[]))"
        ),
        {"brand": brand_id, "buyers": sorted(set(names.values()))},
    )
    orders = frozenset(row.order_id for row in rows)
    texts = {id_ for _, id_ in names} | orders
    needles = sorted(msgspec.json.encode(each).decode() for each in texts)
    return Sought(names, orders, needles)


async def _events(
    connection: AsyncConnection, brand_id: int, secret: BrandSecret, sought: Sought, at: int
) -> int | None:
    """Rewrite one batch of events from behind `at`; gives its end, None where there is none."""
    found = await connection.execute(
        sql("personal", "events_that_may_name"),
        {"brand": brand_id, "at": at, "most": EVENTS, "needles": [*sought.needles, "\\"]},
    )
    rows = found.all()
    changed: dict[int, Arrival] = {}
    unread: list[int] = []
    for row in rows:
        if row.raw is None:
            continue
        try:
            arrival = read(row.raw, row.source, row.event_id)
        except (msgspec.DecodeError, ValueError):
            # Only an older release could read it.
            if any(needle in row.raw for needle in sought.needles):
                unread.append(row.event_no)
            continue
        if tells_of(arrival.event, sought.names, sought.orders):
            event = renamed(arrival.event, sought.names)
            changed[row.event_no] = Arrival(row.source, row.event_id, arrival.at, event)
    await store_rewritten(connection, brand_id, secret, changed)
    await put_raws(connection, brand_id, dict.fromkeys(unread, ""))
    await _texts(connection, brand_id, list(changed.values()))
    return max((row.event_no for row in rows), default=None)


async def _texts(connection: AsyncConnection, brand_id: int, arrivals: list[Arrival]) -> None:
    """Empty the texts of their messages, even where another event says that somebody else sent it.

    One message id in events of several senders is a fault of theirs; better a text less.
    """
    said = [a.event.data for a in arrivals if isinstance(a.event, MessageSent)]
    direct = [
        a.event.data
        for a in arrivals
        if isinstance(a.event, DirectMessageSent | DirectMessageReceived)
    ]
    for table in ("message", f"{DETACHED}.message") if said else ():
        await connection.execute(
            text(
                f"UPDATE {table} AS x SET text = NULL, stamps = x.stamps - 'text'"
                " FROM unnest(CAST(:groups AS text[]), CAST(:ids AS text[])) AS a (group_id, id)"
                " JOIN message_identity AS i"
                " ON i.brand_id = :brand AND i.group_id = a.group_id AND i.message_id = a.id"
                " WHERE x.brand_id = :brand AND x.group_id = i.group_id AND x.sent_at = i.sent_at"
                " AND x.message_id = i.message_id AND x.text IS NOT NULL"
                # A message was sent at the latest when any of its events says: no later month.
                " AND x.sent_at <= :latest"
            ),
            {
                "brand": brand_id,
                "groups": [data.group_id for data in said],
                "ids": [data.message_id for data in said],
                "latest": max(a.at for a in arrivals if isinstance(a.event, MessageSent)),
            },
        )
    await connection.execute(
        text(
            "UPDATE direct_message SET text = NULL, stamps = stamps - 'text'"
            " WHERE brand_id = :brand AND message_id = ANY (CAST(:ids AS text[]))"
            " AND text IS NOT NULL"
        ),
        {"brand": brand_id, "ids": [data.message_id for data in direct]},
    )


async def _letters(
    connection: AsyncConnection, brand_id: int, secret: BrandSecret, sought: Sought
) -> None:
    """Drop the dead letters that name them; one of an accepted event keeps what is left of it."""
    bare = [each.encode() for _, each in sought.names if len(each) >= BARE]
    quoted = [msgspec.json.encode(id_) for _, id_ in sought.names]
    last = 0
    while True:
        found = await connection.execute(
            sql("personal", "dead_letters_behind"),
            {"brand": brand_id, "last": last, "most": LETTERS},
        )
        rows = found.all()
        if not rows:
            return
        last = rows[-1].dead_letter_id
        for row in rows:
            content = plain(opened(row.raw, row.sealed, secret))
            if not any(needle in content for needle in (*bare, *quoted)):
                continue
            given = {"brand": brand_id, "id": row.dead_letter_id}
            if row.event_no is None:
                statement = "DELETE FROM dead_letter"
            else:
                statement = "UPDATE dead_letter SET raw = :raw, sealed = true"
                given["raw"] = secret.seal((row.event_raw or "").encode())
            await connection.execute(
                text(f"{statement} WHERE brand_id = :brand AND dead_letter_id = :id"), given
            )


def plain(content: bytes) -> bytes:
    """JSON without escapes, so that texts are found in it; what is none stays as it is."""
    if b"\\" not in content:
        return content
    try:
        return msgspec.json.encode(msgspec.json.decode(content))
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        return content
