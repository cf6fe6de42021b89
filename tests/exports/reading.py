"""Reads exports of a test's brand, and tells their rows."""

import asyncio
from collections.abc import Awaitable, Callable
from datetime import date, datetime
from pathlib import Path
from typing import Any

import pyarrow as pa

from app.core.clock import parse_instant
from app.core.db import open_pool
from app.exports.asked import Asked, Kind, Run
from app.exports.content import Content
from app.exports.frame import Frame
from app.exports.read import read
from app.exports.weeks import parse_week
from tests.make import Brand, Service

Hears = Callable[[str, int], Awaitable[None]]


def week_run(brand: Brand, week: str, as_of: str | datetime, **others: Any) -> Run:
    """A weekly run as a worker has it in hand."""
    found = parse_week(week)
    return run_of(brand, "weekly", found.first_day, found.end_day, as_of, week=week, **others)


def run_of(
    brand: Brand, kind: Kind, first: date, end: date, as_of: str | datetime, **others: Any
) -> Run:
    given = {
        "week": None,
        "revision": 1,
        "language": "en",
        "asked": Asked(),
        "previous_id": None,
        "attempts": 1,
    }
    return Run(
        brand_id=brand.brand_id,
        export_id="exp_test",
        kind=kind,
        first_day=first,
        end_day=end,
        as_of=parse_instant(as_of) if isinstance(as_of, str) else as_of,
        **(given | others),
    )


def read_run(service: Service, run: Run, folder: Path, hears: Hears | None = None) -> Content:
    """Read as the worker does, under its role."""

    async def told(step: str, percent: int) -> None:
        assert 0 <= percent <= 100
        if hears is not None:
            await hears(step, percent)

    async def go() -> Content:
        pool = open_pool(service.as_role("worker"), "hongqun test")
        try:
            return await read(pool, run, folder, told)
        finally:
            await pool.dispose()

    return asyncio.run(go())


def table_of(frame: Frame) -> pa.Table:
    return pa.Table.from_batches(frame.batches(), schema=frame.spec.schema)


def rows(content: Content, name: str, *columns: str) -> list[Any]:
    """The rows of a table as tuples of these columns, or as dicts of all."""
    found = table_of(content.frames[name]).to_pylist()
    return [tuple(row[c] for c in columns) for row in found] if columns else found
