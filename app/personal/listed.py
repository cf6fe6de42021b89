"""Files of exports that list people: an erasure marks their exports, which are then looked through.

app/exports/erased.py does that, by the clock. What an export was asked for is renamed at once.
"""

from typing import Any

import msgspec
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection

from app.core import schedule

JOB = "export_files"
"""The schedule by which files of exports are tended (app/exports/upkeep.py)."""


async def mark(connection: AsyncConnection, brand_id: int, surrogates: dict[str, str]) -> None:
    """Mark the exports whose files, written or being written, may name who is erased.

    A run that is being written notices at its end, and is read again.
    """
    marked = await connection.execute(
        text(
            "UPDATE export SET erased_at = now() WHERE brand_id = :brand AND lists_people"
            " AND state IN ('running', 'done') AND removed_at IS NULL"
        ),
        {"brand": brand_id},
    )
    if marked.rowcount:
        await schedule.at_once(connection, brand_id, JOB)
    await _rename(connection, brand_id, surrogates)


async def _rename(connection: AsyncConnection, brand_id: int, surrogates: dict[str, str]) -> None:
    """Put surrogates into the filters that exports were asked for with."""
    names = dict(surrogates)
    for space in ("m:", "b:"):
        names |= {space + id_: space + surrogate for id_, surrogate in surrogates.items()}
    found = await connection.execute(
        text(
            "SELECT export_id, asked -> 'filters' AS filters FROM export"
            " WHERE brand_id = :brand AND asked ? 'filters' ORDER BY export_id FOR UPDATE"
        ),
        {"brand": brand_id},
    )
    for row in found.all():
        renamed = _renamed(row.filters, names)
        if renamed != row.filters:
            await connection.execute(
                text(
                    "UPDATE export SET asked = jsonb_set(asked, '{filters}', CAST(:new AS jsonb))"
                    " WHERE brand_id = :brand AND export_id = :id"
                ),
                {
                    "brand": brand_id,
                    "id": row.export_id,
                    "new": msgspec.json.encode(renamed).decode(),
                },
            )


def _renamed(value: Any, names: dict[str, str]) -> Any:
    if isinstance(value, dict):
        return {key: _renamed(each, names) for key, each in value.items()}
    if isinstance(value, list):
        return [_renamed(each, names) for each in value]
    return names.get(value, value) if isinstance(value, str) else value
