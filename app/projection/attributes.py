"""Attributes: per field, the value from the latest event that carries it.

The stamps of the values lie beside them in `stamps`: under the name of the field or, for
those that came together with most of the others, under `*`.
"""

from collections import Counter
from datetime import datetime
from functools import cache
from typing import Any

import msgspec
from sqlalchemy import TextClause, text
from sqlalchemy.ext.asyncio import AsyncConnection

from app.projection.batch import Key, Observation
from app.projection.entities import Entities, Entity, Stamp


class Row(msgspec.Struct):
    """The attributes of one entity; a value of type jsonb is kept as JSON text."""

    values: dict[str, Any]
    times: dict[str, datetime]
    stamps: dict[str, Stamp]


class Change(msgspec.Struct):
    """A row before and after a batch; `before` is None for a new one."""

    before: Row | None
    after: Row


UNKNOWN: Stamp = (0, "", "")


_stamps = msgspec.json.Decoder(dict[str, Stamp])


async def merge(
    connection: AsyncConnection,
    brand_id: int,
    kind: Entities,
    seen: dict[Key, list[Observation]],
) -> dict[Key, Change]:
    """Fold what was seen into the table, and give the rows that it changed."""
    if not seen:
        return {}
    entity = kind.value
    keys = sorted(seen)
    columns = [list(column) for column in zip(*keys, strict=True)]
    found = await connection.execute(
        _select(kind),
        {"brand": brand_id} | {f"k{i}": column for i, column in enumerate(columns)},
    )
    width = len(entity.key)
    existing = {tuple(row[:width]): load(entity, row[width:]) for row in found.all()}
    changes: dict[Key, Change] = {}
    for key in keys:
        before = existing.get(key)
        after = fold(entity, before, seen[key])
        if after != before:
            changes[key] = Change(before, after)
    if changes:
        await connection.execute(_upsert(kind), _parameters(brand_id, entity, changes))
    return changes


def fold(entity: Entity, before: Row | None, observations: list[Observation]) -> Row:
    """The row that a row, or none, becomes by what was seen."""
    if before is None:
        row = Row({}, {}, {})
    else:
        row = Row(dict(before.values), dict(before.times), dict(before.stamps))
    for seen in observations:
        for name, value in seen.values.items():
            stamp = row.stamps.get(name)
            if stamp is None or seen.stamp > stamp:
                is_json = entity.latest[name] == "jsonb"
                row.values[name] = msgspec.json.encode(value).decode() if is_json else value
                row.stamps[name] = seen.stamp
        for name, at in seen.times.items():
            known = row.times.get(name)
            if known is None or (at > known if name in entity.last else at < known):
                row.times[name] = at
    return row


def load(entity: Entity, stored: Any) -> Row:
    """The row of stored columns: the latest, the times, and the stamps as text."""
    *columns, stamps_text = stored
    names = (*entity.latest, *entity.times)
    present = {n: v for n, v in zip(names, columns, strict=True) if v is not None}
    packed = _stamps.decode(stamps_text)
    values = {name: value for name, value in present.items() if name in entity.latest}
    return Row(
        values,
        {name: value for name, value in present.items() if name not in entity.latest},
        # The release before forgets the stamps of columns that it does not know.
        {name: packed.get(name) or packed.get("*") or UNKNOWN for name in values},
    )


def pack(stamps: dict[str, Stamp]) -> str:
    """The stamps as they are stored."""
    if not stamps:
        return "{}"
    # The same whatever the order in which the values came: the most frequent, then the latest.
    common, _ = max(Counter(stamps.values()).items(), key=lambda item: (item[1], item[0]))
    packed = {"*": common} | {n: s for n, s in sorted(stamps.items()) if s != common}
    return msgspec.json.encode(packed).decode()


def _parameters(brand_id: int, entity: Entity, changes: dict[Key, Change]) -> dict[str, Any]:
    rows = [change.after for change in changes.values()]
    given: dict[str, Any] = {"brand": brand_id}
    given |= {f"k{i}": [key[i] for key in changes] for i in range(len(entity.key))}
    given |= {name: [row.values.get(name) for row in rows] for name in entity.latest}
    given |= {name: [row.times.get(name) for row in rows] for name in entity.times}
    return given | {"stamps": [pack(row.stamps) for row in rows]}


@cache
def _select(kind: Entities) -> TextClause:
    entity = kind.value
    keys = ", ".join(f"t.{name}" for name in entity.key)
    latest = [
        f"CAST(t.{n} AS text)" if t == "jsonb" else f"t.{n}" for n, t in entity.latest.items()
    ]
    columns = ", ".join(
        [*latest, *(f"t.{name}" for name in entity.times), "CAST(t.stamps AS text)"]
    )
    arrays = ", ".join(f"CAST(:k{i} AS text[])" for i in range(len(entity.key)))
    same = " AND ".join(f't.{name} = asked.{name} COLLATE "C"' for name in entity.key)
    return text(
        f"SELECT {keys}, {columns} FROM unnest({arrays}) AS asked ({', '.join(entity.key)})"
        # OFFSET 0 keeps it a look-up for each; else all that the brand has may be read.
        f" CROSS JOIN LATERAL (SELECT t.* FROM {entity.table} AS t"
        f" WHERE t.brand_id = :brand AND {same} OFFSET 0) AS t"
    )


@cache
def _upsert(kind: Entities) -> TextClause:
    entity = kind.value
    types = entity.latest | dict.fromkeys(entity.times, "timestamptz") | {"stamps": "jsonb"}
    arrays = [f"CAST(:k{i} AS text[])" for i in range(len(entity.key))]
    arrays += [f"CAST(:{n} AS {'text' if t == 'jsonb' else t}[])" for n, t in types.items()]
    values = [f"CAST(i.{n} AS jsonb)" if t == "jsonb" else f"i.{n}" for n, t in types.items()]
    columns = [*entity.key, *types]
    return text(
        f"INSERT INTO {entity.table} (brand_id, {', '.join(columns)})"
        f" SELECT :brand, {', '.join([f'i.{k}' for k in entity.key] + values)}"
        f" FROM unnest({', '.join(arrays)}) AS i ({', '.join(columns)})"
        f" ON CONFLICT (brand_id, {', '.join(entity.key)}) DO UPDATE SET "
        + ", ".join(f"{name} = excluded.{name}" for name in types)
    )
