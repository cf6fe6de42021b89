"""One process that copies and writes as a worker does; its peak memory is told after each step.

Run by bench.exports, which reads what it prints.
"""

import asyncio
import resource
import sys
import tempfile
import time
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import msgspec
from sqlalchemy.ext.asyncio import AsyncConnection

from app.core.db import open_pool, session
from app.core.settings import Settings
from app.core.sql import sql
from app.exports.asked import Asked, Run
from app.exports.content import Content
from app.exports.csv_file import write_csv
from app.exports.frame import Frame, Spec
from app.exports.parquet_file import write_parquet
from app.exports.specs.rows import NEW_MEMBERS, ORDERS
from app.exports.spool import spool
from app.exports.workbook import book

BEGIN = datetime(2026, 1, 4, 16, tzinfo=UTC)
TABLES = (ORDERS, NEW_MEMBERS)


class Step(msgspec.Struct):
    """What a step took, in seconds, and the peak memory of the process so far, in MB."""

    name: str
    table: str
    rows: int
    seconds: float
    mb: float
    bytes: int = 0


async def work(url: str, brand: int, days: int, everything: bool) -> list[Step]:
    """Copy both tables of the first days, and write them in every format."""
    settings = Settings(database_url=url, pool_size=1, statement_timeout_ms=600_000)
    pool = open_pool(settings, "hongqun bench")
    given = {
        "brand": brand,
        "start": BEGIN,
        "end": BEGIN + timedelta(days=days),
        "as_of": datetime(2026, 12, 1, tzinfo=UTC),
    }
    steps: list[Step] = []
    with tempfile.TemporaryDirectory() as name:
        folder, frames = Path(name), {}
        async with session(pool, brand) as connection, connection.begin():
            for spec in TABLES:
                steps.append(await _yardstick(connection, spec, given))
                began = time.perf_counter()
                path = folder / f"{spec.name}.spool"
                frame = await spool(connection, sql("exports", spec.name), given, spec, path)
                steps.append(_step("spool", frame, began, path))
                frames[spec.name] = frame
        await pool.dispose()
        await asyncio.to_thread(_write, frames, folder, everything, steps)
    return steps


async def _yardstick(connection: AsyncConnection, spec: Spec, given: dict[str, Any]) -> Step:
    """COPY of the same rows, which go nowhere."""
    statement = sql("exports", spec.name)
    compiled = statement.compile(dialect=connection.dialect)
    raw: Any = (await connection.get_raw_connection()).driver_connection

    async def lose(_: bytes) -> None:
        pass

    values = [given[name] for name in getattr(compiled, "positiontup", None) or ()]
    query = str(compiled)
    # Once before, so that neither reads what the other has not read yet.
    for _ in range(2):
        began = time.perf_counter()
        said: str = await raw.copy_from_query(query, *values, output=lose, format="csv")
    seconds = time.perf_counter() - began
    return Step("COPY", spec.name, int(said.split()[-1]), seconds, _peak())


def _write(frames: dict[str, Frame], folder: Path, everything: bool, steps: list[Step]) -> None:
    content = _content(frames, everything)
    for frame in frames.values():
        path = folder / f"{frame.spec.name}.parquet"
        began = time.perf_counter()
        write_parquet(frame, path, content)
        steps.append(_step("parquet", frame, began, path))
        path.unlink()
    for frame in frames.values():
        path = folder / f"{frame.spec.name}.csv"
        began = time.perf_counter()
        write_csv(frame, path, ZoneInfo("Asia/Shanghai"), "CNY", "zh-CN")
        steps.append(_step("csv", frame, began, path))
        path.unlink()
    for frame in frames.values():
        path = folder / f"{frame.spec.name}.xlsx"
        began = time.perf_counter()
        one = msgspec.structs.replace(content, frames={frame.spec.name: frame})
        book.write(one, path, lambda percent: None)
        steps.append(_step("xlsx", frame, began, path))
        path.unlink()


def _content(frames: dict[str, Frame], everything: bool) -> Content:
    run = Run(
        brand_id=1,
        export_id="bench",
        kind="window",
        week=None,
        revision=None,
        first_day=BEGIN.date(),
        end_day=BEGIN.date() + timedelta(days=70),
        as_of=BEGIN,
        language="zh-CN",
        asked=Asked(everything=everything),
        previous_id=None,
        attempts=1,
    )
    return Content(
        run=run,
        brand_name="量度",
        timezone="Asia/Shanghai",
        currency="CNY",
        rule_version=1,
        read_at=BEGIN,
        settings={},
        sums={},
        frames=frames,
    )


def _step(name: str, frame: Frame, began: float, path: Path) -> Step:
    seconds = time.perf_counter() - began
    return Step(name, frame.spec.name, frame.rows, seconds, _peak(), path.stat().st_size)


def _peak() -> float:
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


if __name__ == "__main__":
    url, brand, days, everything = sys.argv[1:]
    done = asyncio.run(work(url, int(brand), int(days), everything == "everything"))
    sys.stdout.buffer.write(msgspec.json.encode(done))
