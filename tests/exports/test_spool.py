"""What PostgreSQL holds comes back from a spooled file as it was."""

from collections.abc import Sequence
from datetime import UTC, date, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest
from sqlalchemy import column, literal, select, text, values
from sqlalchemy.ext.asyncio import AsyncEngine
from sqlalchemy.types import BigInteger, DateTime, Text

from app.core.db import transaction
from app.exports import spool as spools
from app.exports.frame import Column, ColumnType, Frame, Spec
from app.exports.spool import micros, spool

pytestmark = pytest.mark.anyio

TEXTS = [
    *("", None, " ", "'", '"', '""', 'say "hi"', ",", "a,b", "\\.", "\\N", "NULL", "null", "t"),
    *("line\nbreak", "carriage\rreturn", "both\r\n", "\n", "tab\there", "\ttab first"),
    *("红群，复购率", "＝1+1", "=1+1", "👩‍👩‍👧‍👦 👍🏽", "e\u0301", "\u2028", "\ufeff"),
    *("0012", "1e5", "2025-03-04", "nan", "-", "\x01", "x" * 5000),
]
INSTANTS = [
    datetime(1999, 12, 31, 23, 59, 59, 999999, UTC),
    datetime(1969, 7, 20, 20, 17, 40, 1, UTC),
    datetime(2025, 3, 30, 1, 0, 0, 123456, UTC),
    datetime(2100, 2, 28, 12, 0, 0, 7, UTC),
    None,
]


def spec_of(*columns: tuple[str, ColumnType]) -> Spec:
    return Spec(
        "things", "东西", "Things", [Column(key, type_, key, key) for key, type_ in columns]
    )


async def spooled(
    pool: AsyncEngine, statement: Any, given: dict[str, Any], spec: Spec, folder: Path
) -> Frame:
    async with transaction(pool) as connection:
        return await spool(connection, statement, given, spec, folder / "things.csv")


def rows_of(frame: Frame) -> list[tuple[Any, ...]]:
    read = pa.Table.from_batches(frame.batches(), schema=frame.spec.schema)
    return [tuple(row.values()) for row in read.to_pylist()]


async def test_texts_come_back_as_they_were(pool: AsyncEngine, tmp_path: Path) -> None:
    spec = spec_of(("id", "id"), ("text", "text"))
    statement = text(
        "SELECT CAST(n AS text) AS id, each AS text"
        " FROM unnest(CAST(:texts AS text[])) WITH ORDINALITY AS given (each, n) ORDER BY n"
    )
    frame = await spooled(pool, statement, {"texts": TEXTS}, spec, tmp_path)
    expected = [(str(n), each) for n, each in enumerate(TEXTS, 1)]
    assert frame.rows == len(TEXTS)
    assert rows_of(frame) == expected
    assert rows_of(frame) == expected, "a frame can be read again"


async def test_one_column_of_nothing(pool: AsyncEngine, tmp_path: Path) -> None:
    statement = text(
        "SELECT each AS text FROM unnest(CAST(:texts AS text[])) WITH ORDINALITY AS t (each, n)"
        " ORDER BY n"
    )
    given = {"texts": [None, "", None, "a", None]}
    frame = await spooled(pool, statement, given, spec_of(("text", "text")), tmp_path)
    assert [row[0] for row in rows_of(frame)] == given["texts"]


async def test_every_type(pool: AsyncEngine, tmp_path: Path) -> None:
    spec = spec_of(
        *(("word", "word"), ("count", "count"), ("money", "money"), ("ratio", "ratio")),
        *(("day", "date"), ("at", "instant"), ("so", "bool"), ("link", "link")),
    )
    rows: Sequence[tuple[Any, ...]] = [
        ("a", 2**63 - 1, -(2**63), Decimal("0.333333"), date(1999, 12, 31), INSTANTS[0], True, "x"),
        ("b", 0, 10**13, Decimal("-12"), date(2100, 1, 1), INSTANTS[3], False, ""),
        ("c", -1, 1, Decimal("0.5"), date(2024, 2, 29), INSTANTS[1], None, None),
        (None, None, None, None, None, None, None, None),
    ]
    lines = ", ".join(
        f"(:w{n}, CAST(:c{n} AS bigint), CAST(:m{n} AS bigint), CAST(:r{n} AS numeric),"
        f" CAST(:d{n} AS date), CAST(:i{n} AS timestamptz), CAST(:s{n} AS boolean), :l{n})"
        for n in range(len(rows))
    )
    statement = text(
        "SELECT word, count, money, ratio, day,"
        " CAST(extract(epoch FROM at) * 1000000 AS bigint) AS at, so, link"
        f" FROM (VALUES {lines}) AS t (word, count, money, ratio, day, at, so, link)"
    )
    given = {
        f"{key}{n}": value
        for n, row in enumerate(rows)
        for key, value in zip("wcmrdisl", row, strict=True)
    }
    frame = await spooled(pool, statement, given, spec, tmp_path)
    assert rows_of(frame) == rows


async def test_a_select_with_its_own_parameters(pool: AsyncEngine, tmp_path: Path) -> None:
    given = values(
        column("id", Text),
        column("at", DateTime(timezone=True)),
        column("n", BigInteger),
        name="given",
    ).data([(f"id{n}", at, n) for n, at in enumerate(INSTANTS)])
    asked = select(
        given.c.id, micros(given.c.at).label("at"), literal("it's $1 and :x").label("text")
    ).where(given.c.n >= 1, given.c.id.in_(["id0", "id1", "id2", "id3", "id4"]))
    spec = spec_of(("id", "id"), ("at", "instant"), ("text", "text"))
    frame = await spooled(pool, asked.order_by(given.c.id), {}, spec, tmp_path)
    assert rows_of(frame) == [
        (f"id{n}", at, "it's $1 and :x") for n, at in enumerate(INSTANTS) if n >= 1
    ]


async def test_a_row_longer_than_a_block(
    pool: AsyncEngine, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(spools, "BLOCK", 1000)
    spec = spec_of(("id", "id"), ("text", "text"))
    statement = text(
        "SELECT CAST(n AS text) AS id, repeat('红\n', CASE WHEN n % 97 = 0 THEN n * 20 ELSE 3 END)"
        " AS text FROM generate_series(1, 1000) AS n ORDER BY n"
    )
    frame = await spooled(pool, statement, {}, spec, tmp_path)
    assert rows_of(frame) == [
        (str(n), "红\n" * (n * 20 if n % 97 == 0 else 3)) for n in range(1, 1001)
    ]


async def test_no_rows(pool: AsyncEngine, tmp_path: Path) -> None:
    statement = text("SELECT 'a' AS id, 1 AS count WHERE false")
    spec = spec_of(("id", "id"), ("count", "count"))
    frame = await spooled(pool, statement, {}, spec, tmp_path)
    assert frame.rows == 0
    assert rows_of(frame) == []


async def test_columns_must_be_those_of_the_table(pool: AsyncEngine, tmp_path: Path) -> None:
    statement = text("SELECT 1 AS count, 'a' AS id")
    spec = spec_of(("id", "id"), ("count", "count"))
    with pytest.raises(ValueError, match="things has columns"):
        await spooled(pool, statement, {}, spec, tmp_path)
