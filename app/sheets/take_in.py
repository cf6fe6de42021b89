"""Rows become events by the way of all events; what they said the last time is a duplicate."""

from collections import Counter
from collections.abc import Sequence

import msgspec
from sqlalchemy.ext.asyncio import AsyncConnection

from app.core.sql import sql
from app.ingest.inbox import store
from app.sheets.asked import SOURCE, Fault
from app.sheets.reading import ReadRow

DIGEST = 16


class Tally(msgspec.Struct):
    """What became of rows; the corrected ones are among the accepted.

    `counts` counts faults by their code; `faults` are themselves.
    """

    rows_read: int = 0
    accepted: int = 0
    corrected: int = 0
    duplicates: int = 0
    rejected: int = 0
    events: int = 0
    counts: Counter[str] = msgspec.field(default_factory=Counter)
    faults: list[Fault] = msgspec.field(default_factory=list)

    def add(self, other: "Tally") -> None:
        """Count other rows with these."""
        for name in ("rows_read", "accepted", "corrected", "duplicates", "rejected", "events"):
            setattr(self, name, getattr(self, name) + getattr(other, name))
        self.counts.update(other.counts)
        self.faults += other.faults


async def take_in_rows(
    connection: AsyncConnection, brand_id: int, rows: Sequence[ReadRow], *, dry_run: bool
) -> Tally:
    """Store what rows say that imports have not said last of the same; the caller commits.

    No other import of the brand may be at work. A dry run stores nothing and counts the same.
    """
    tally = Tally(rows_read=len(rows))
    good = [row for row in rows if not row.rejected]
    bases = sorted({said.base for row in good for said in row.said})
    last: dict[str, str] = {}
    if bases:
        found = await connection.execute(
            sql("sheets", "last_said"), {"brand": brand_id, "source": SOURCE, "bases": bases}
        )
        last = {row.base: row.event_id for row in found}
    fresh = []
    for row in rows:
        tally.faults += row.faults
        tally.counts.update(fault.code for fault in row.faults)
        if row.rejected:
            tally.rejected += 1
            continue
        new = [said for said in row.said if last.get(said.base, "")[-DIGEST:] != said.digest]
        fresh += [said.event for said in new]
        tally.accepted += bool(new)
        tally.duplicates += not new
        tally.corrected += any(said.base in last for said in new)
    tally.events = len(fresh)
    if fresh and not dry_run:
        await store(connection, brand_id, fresh)
    return tally
