"""Writing derived rows: what a statement derives replaces what is stored, where they differ."""

from collections.abc import Sequence
from functools import cache
from typing import Any

import msgspec
from sqlalchemy import Dialect, Row, Table, Text, TextClause, text
from sqlalchemy.dialects.postgresql.asyncpg import dialect
from sqlalchemy.ext.asyncio import AsyncConnection

from app.core.sql import sql
from app.models.tables import metadata

DIALECT: Dialect = dialect()  # type: ignore[no-untyped-call]


class Derivation(msgspec.Struct, frozen=True, kw_only=True):
    """A statement of this room's sql/ whose CTE `derived` has the rows of a table.

    `scopes` are keys `k` and a condition on the stored rows `t` that have one: those of any scope
    are replaced. Each key is looked up by itself (see order_credit.sql).
    Where `marks` is set, <statement>_marks.sql goes on from `changed`: the columns of each row
    that is new, gone or different, and those it had, named old_…. Where `tells` is set, so does
    <statement>_moved.sql, whose rows are given to the caller.
    """

    statement: str
    table: str
    scopes: tuple[tuple[str, str], ...]
    marks: bool = False
    tells: bool = False


async def replace(
    connection: AsyncConnection, derivation: Derivation, given: dict[str, Any]
) -> Sequence[Row[Any]]:
    """Derive rows and write those that differ from the stored ones; gives what `tells` asks for."""
    return (await connection.execute(_statement(derivation), given)).all()


@cache
def _statement(derivation: Derivation) -> TextClause:
    """The statement in its parts: derived, stored, changed, marks, gone, put, moved.

    The parts that compare and write are the same for every table, so they are made from its
    columns. Texts are compared as bytes: a derived one has no collation of its own.
    """
    table = metadata.tables[derivation.table]
    columns = [column.name for column in table.columns if column.name != "brand_id"]
    key = [column.name for column in table.primary_key if column.name != "brand_id"]
    values = {name: _value(table, name) for name in columns}
    same = " AND ".join(f"d.{name} = s.{name}" for name in key)
    new = ", ".join(values[name] for name in columns)
    told = ", ".join(f"{values[name]} AS {name}, s.{name} AS old_{name}" for name in columns)
    stored = ", ".join(f"s.{name}" for name in columns)
    scopes = "\n    UNION\n    ".join(
        f"""SELECT s.* FROM {keys} CROSS JOIN LATERAL (
        SELECT t.*, t.ctid AS place FROM {table.name} AS t
        WHERE t.brand_id = :brand AND {condition}
        OFFSET 0
    ) AS s"""
        for keys, condition in derivation.scopes
    )
    marks = sql("derive", f"{derivation.statement}_marks").text if derivation.marks else ""
    moved = "SELECT count(*) FROM changed"
    if derivation.tells:
        moved = sql("derive", f"{derivation.statement}_moved").text
    written = ", ".join(columns)
    updates = ", ".join(f"{n} = excluded.{n}" for n in columns if n not in key)
    return text(
        f"""{sql("derive", derivation.statement).text}
, stored AS MATERIALIZED (
    {scopes}
),
changed AS MATERIALIZED (
    SELECT {told}, s.place
    FROM derived AS d
    FULL JOIN stored AS s ON {same}
    WHERE d.{key[0]} IS NULL OR s.{key[0]} IS NULL OR ({new}) IS DISTINCT FROM ({stored})
)
{marks}
, gone AS (
    DELETE FROM {table.name} AS t
    WHERE t.brand_id = :brand
        AND t.ctid = ANY (ARRAY(SELECT c.place FROM changed AS c WHERE c.{key[0]} IS NULL))
),
put AS (
    INSERT INTO {table.name} (brand_id, {written})
    SELECT :brand, {written} FROM changed WHERE {key[0]} IS NOT NULL
    ORDER BY {", ".join(key)} -- neighbours in an index after each other
    ON CONFLICT (brand_id, {", ".join(key)}) DO UPDATE SET {updates}
)
{moved}"""
    )


def _value(table: Table, name: str) -> str:
    column = table.columns[name]
    if isinstance(column.type, Text):
        return f'd.{name} COLLATE "C"'
    return f"CAST(d.{name} AS {column.type.compile(dialect=DIALECT)})"
