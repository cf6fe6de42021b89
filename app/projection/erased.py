"""Late events that name who was erased: their surrogate stands in, in the facts and the event."""

from collections.abc import Iterable

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection

from app.core.brand_secret import BrandSecret, secret_of
from app.core.partitions import DETACHED
from app.core.sql import sql
from app.events import OrderRefunded
from app.projection.apply import Arrival
from app.projection.batch import Batch, Space
from app.projection.entities import Entities
from app.projection.people import Names, Person, people, renamed, rewritten, tells_of

OTHER: dict[Space, Space] = {"member": "buyer", "buyer": "member"}


async def replace_erased(
    connection: AsyncConnection, brand_id: int, arrivals: dict[int, Arrival]
) -> tuple[dict[int, Arrival], set[str] | None]:
    """The arrivals, by event_no, with surrogates; they are rewritten where they are stored.

    Gives the surrogates among whom they name, too; None where nobody was ever erased.
    """
    mode = await connection.scalar(
        text(
            "SELECT identity_mode FROM brand AS b WHERE brand_id = :brand"
            " AND EXISTS (SELECT FROM tombstone AS t WHERE t.brand_id = b.brand_id)"
        ),
        {"brand": brand_id},
    )
    if mode is None:
        return arrivals, None
    secret = await secret_of(connection, brand_id)
    named = {person for each in arrivals.values() for person in people(each.event.data)}
    names = await _names(connection, brand_id, secret, named, mode == "shared")
    orders = await _orders(connection, brand_id, arrivals.values())
    changed = {
        event_no: Arrival(
            arrival.source, arrival.event_id, arrival.at, renamed(arrival.event, names)
        )
        for event_no, arrival in arrivals.items()
        if tells_of(arrival.event, names, orders)
    }
    await store_rewritten(connection, brand_id, secret, changed)
    return arrivals | changed, set(names.values())


async def store_rewritten(
    connection: AsyncConnection, brand_id: int, secret: BrandSecret, changed: dict[int, Arrival]
) -> None:
    """Replace stored events, by event_no; the hash of what they said is keyed."""
    identities = [(arrival.source, arrival.event_id) for arrival in changed.values()]
    await key_hashes(connection, brand_id, secret, identities)
    raws = {no: rewritten(a.event, a.source, a.event_id) for no, a in changed.items()}
    await put_raws(connection, brand_id, raws)


async def key_hashes(
    connection: AsyncConnection,
    brand_id: int,
    secret: BrandSecret,
    identities: list[tuple[str, str]],
) -> None:
    """Key the content hashes of events, (source, id), so that nobody finds the content by trying.

    Those that are keyed already stay.
    """
    if not identities:
        return
    sources, ids = (list(column) for column in zip(*identities, strict=True))
    rows = await connection.execute(
        sql("projection", "plain_hashes"), {"brand": brand_id, "sources": sources, "ids": ids}
    )
    plain = rows.all()
    await connection.execute(
        sql("projection", "key_hashes"),
        {
            "brand": brand_id,
            "sources": [row.source for row in plain],
            "ids": [row.event_id for row in plain],
            "hashes": [secret.keyed(row.content_hash) for row in plain],
        },
    )


async def put_raws(connection: AsyncConnection, brand_id: int, raws: dict[int, str]) -> None:
    """Replace the texts of stored events, by event_no; of detached ones too."""
    for table in ("event", f"{DETACHED}.event") if raws else ():
        await connection.execute(
            text(
                f"UPDATE {table} AS e SET raw = i.raw"
                " FROM unnest(CAST(:nos AS bigint[]), CAST(:raws AS text[])) AS i (event_no, raw)"
                " WHERE e.brand_id = :brand AND e.event_no = i.event_no"
                # Only the partitions between them are looked at.
                " AND e.event_no >= :first AND e.event_no <= :last"
            ),
            {
                "brand": brand_id,
                "nos": list(raws),
                "raws": list(raws.values()),
                "first": min(raws),
                "last": max(raws),
            },
        )


def forget(batch: Batch, surrogates: Iterable[str]) -> None:
    """Leave out of a batch what is known of members as such: of the erased nothing is."""
    members = batch.entities.get(Entities.MEMBER)
    if members is not None:
        for surrogate in surrogates:
            members.pop((surrogate,), None)


async def forget_reasons(connection: AsyncConnection, brand_id: int, batch: Batch) -> None:
    """Empty what was said on refunds of orders of the erased, whichever of the two came first."""
    orders = {key[0] for key in batch.entities.get(Entities.ORDER, ())}
    orders |= {key[0] for key in batch.entities.get(Entities.REFUND, ())}
    if orders:
        await connection.execute(
            sql("projection", "forget_reasons"), {"brand": brand_id, "orders": sorted(orders)}
        )


async def _orders(
    connection: AsyncConnection, brand_id: int, arrivals: Iterable[Arrival]
) -> set[str]:
    """The orders of the erased among those that refunds are told of."""
    refunds = {a.event.data.order_id for a in arrivals if isinstance(a.event, OrderRefunded)}
    if not refunds:
        return set()
    rows = await connection.execute(
        sql("projection", "orders_of_erased"), {"brand": brand_id, "orders": sorted(refunds)}
    )
    return {row.order_id for row in rows}


async def _names(
    connection: AsyncConnection,
    brand_id: int,
    secret: BrandSecret,
    named: set[Person],
    shared: bool,
) -> Names:
    """The erased among these; where equal ids are one person, in either space."""
    digests: dict[bytes, list[Person]] = {}
    for space, id_ in named:
        spaces = (space, OTHER[space]) if shared else (space,)
        for each in spaces:
            digests.setdefault(secret.tombstone(each, id_), []).append((space, id_))
    rows = await connection.execute(
        text(
            "SELECT digest, surrogate FROM tombstone WHERE brand_id = :brand"
            " AND digest = ANY (CAST(:digests AS bytea[]))"
        ),
        {"brand": brand_id, "digests": list(digests)},
    )
    names = {person: row.surrogate for row in rows for person in digests[row.digest]}
    # Whoever names a surrogate speaks of the same person.
    rows = await connection.execute(
        text(
            "SELECT DISTINCT surrogate FROM tombstone WHERE brand_id = :brand"
            " AND surrogate = ANY (CAST(:ids AS text[]))"
        ),
        {"brand": brand_id, "ids": sorted({id_ for _, id_ in named})},
    )
    known = {row.surrogate for row in rows}
    return names | {person: person[1] for person in named if person[1] in known}
