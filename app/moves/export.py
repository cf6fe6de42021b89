"""A brand as a file: its settings, what operators wrote and every accepted event, as a stream."""

from collections.abc import AsyncIterator, Sequence
from datetime import UTC, datetime
from typing import Any

import msgspec
from sqlalchemy import select, text, tuple_
from sqlalchemy.ext.asyncio import AsyncConnection

from app.core.brand_secret import BrandSecret
from app.core.partitions import DETACHED
from app.ingest.phones import revealed
from app.models.tables import metadata
from app.moves.lines import FORMAT, End, Head, as_json, settings_columns, whole, written

PAGE = 2_000

EVENTS = """
SELECT event_no, source, event_id, raw FROM {table}
WHERE brand_id = :brand AND event_no > :after
ORDER BY event_no LIMIT (SELECT CAST(:most AS bigint))
"""
"""A limit that the planner does not know has it walk from partition to partition."""


class Emptied(Exception):
    """Events of the brand have lost their payload, or were detached and are not here any more, so
    a copy would not have its numbers.
    """


async def lines_of(
    connection: AsyncConnection, brand_id: int, secret: BrandSecret, *, partial: bool = False
) -> AsyncIterator[list[bytes]]:
    """The lines of a brand in parts; the transaction must see one snapshot.

    Phones are written as they came, since another brand cannot read what this one has sealed.

    Raises:
        Emptied: where events have lost their payload, unless a part is enough.
    """
    brand = metadata.tables["brand"]
    columns = [brand.columns[name] for name in settings_columns()]
    found = await connection.execute(select(*columns).where(brand.c.brand_id == brand_id))
    settings = as_json(dict(found.one()._mapping))
    yield [_line("brand", Head(FORMAT, datetime.now(UTC), settings))]
    sources = await connection.execute(
        text("SELECT name FROM webhook_source WHERE brand_id = :brand ORDER BY created_at"),
        {"brand": brand_id},
    )
    yield [_line("source", {"name": row.name}) for row in sources]
    rows = events = stored = 0
    for name in [f"{table.name}" for table in written()]:
        async for part in _rows(connection, brand_id, name):
            rows += len(part)
            yield [_line("row", {"table": name, "row": row}) for row in part]
    async for page in _events(connection, brand_id):
        kept = [row for row in page if row.raw]
        if len(kept) < len(page) and not partial:
            raise Emptied
        stored += len(page)
        events += len(kept)
        yield [whole(revealed(row.raw, secret), row.event_id, row.source) for row in kept]
    if not partial and stored != await connection.scalar(
        text("SELECT count(*) FROM event_identity WHERE brand_id = :brand"), {"brand": brand_id}
    ):
        raise Emptied
    yield [_line("end", End(events, rows))]


async def _events(connection: AsyncConnection, brand_id: int) -> AsyncIterator[Sequence[Any]]:
    """The events in pages, those that were detached first."""
    for table in (f"{DETACHED}.event", "event"):
        asked, after = text(EVENTS.format(table=table)), 0
        while True:
            given = {"brand": brand_id, "after": after, "most": PAGE}
            page = (await connection.execute(asked, given)).all()
            if not page:
                break
            after = page[-1].event_no
            yield page


async def _rows(
    connection: AsyncConnection, brand_id: int, name: str
) -> AsyncIterator[list[dict[str, Any]]]:
    """The rows of a table by its key, in pages."""
    table = metadata.tables[name]
    key = [column for column in table.primary_key if column.name != "brand_id"]
    asked = select(table).where(table.c.brand_id == brand_id).order_by(*key).limit(PAGE)
    following = asked
    while True:
        found = await connection.execute(following)
        page = [dict(row._mapping) for row in found]
        if not page:
            return
        yield [as_json(row) for row in page]
        last = [page[-1][column.name] for column in key]
        following = asked.where(tuple_(*key) > tuple_(*last))


def _line(kind: str, value: Any) -> bytes:
    return msgspec.json.encode({f"hongqun.{kind}": value})
