"""Months whose time is over: who goes, who stays, and who is still found afterwards."""

import asyncio
import gzip
import time
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import asyncpg
import pytest
from click.testing import CliRunner, Result

from app.cli.main import hongqun
from app.core import roles
from app.core.partitions import DETACHED, detach_old
from app.core.walls import prove
from tests.make import Brand, Service
from tests.partitions.months import make, month, parts, put, where, within
from tests.personal.people import Desk, event
from tests.stack import Stack, env

YEAR = 12
ASIDE = f"{DETACHED}.event"


def detach(database: Service, months: int = YEAR, now: datetime | None = None) -> list[str]:
    now = now or datetime.now(UTC)
    return asyncio.run(within(database, lambda pool: detach_old(pool, "event", months, now)))


@pytest.fixture(autouse=True)
def spring(database: Service) -> None:
    """February to May of 2025 are the first; what was detached, here or by other tests, is gone."""
    detach(database, now=month(2026, 2))
    for name in database.sql(
        "SELECT CAST(inhrelid AS regclass)::text AS name FROM pg_inherits"
        f" WHERE inhparent = CAST('{ASIDE}' AS regclass)"
    ):
        database.sql(f"DROP TABLE {name.name}")
    asyncio.run(make(database, month(2025, 2)))


def test_whole_months_go_when_they_are_old_enough(database: Service) -> None:
    put(database, 31, "old", month(2025, 3) - timedelta(milliseconds=1))
    put(database, 31, "young", month(2025, 3))
    before = set(parts(database))
    assert detach(database, now=month(2026, 3) - timedelta(seconds=1)) == []
    assert where(database, 31) == {"old": "event_2025_02", "young": "event_2025_03"}
    assert detach(database, now=month(2026, 3)) == ["event_2025_02"]
    assert set(parts(database)) == before - {"event_2025_02"}
    assert where(database, 31) == {"young": "event_2025_03"}
    assert where(database, 31, ASIDE) == {"old": f"{DETACHED}.event_2025_02"}
    again = put(database, 31, "late", month(2025, 2))
    assert where(database, 31)["late"] == "event_default"
    database.sql("DELETE FROM event WHERE event_no = :no", no=again)


def test_what_was_detached_shows_to_its_brand_alone(database: Service) -> None:
    for brand in (33, 34):
        put(database, brand, f"of {brand}", month(2025, 2))
    detach(database, now=month(2026, 3))
    database.sql(f"CREATE TABLE {DETACHED}.copied AS SELECT * FROM {ASIDE}")
    asyncio.run(roles.make(database.settings))

    async def look(process: str) -> None:
        connection: Any = await asyncpg.connect(database.as_role(process).database)
        try:
            for brand, seen in (("33", ["of 33"]), ("34", ["of 34"]), ("35", []), ("", [])):
                await connection.execute(f"SET app.brand = '{brand}'")
                rows = await connection.fetch(f"SELECT event_id FROM {ASIDE}")
                assert [row["event_id"] for row in rows] == seen
            for table in ("event_2025_02", "copied"):
                with pytest.raises(asyncpg.InsufficientPrivilegeError):
                    await connection.fetch(f"SELECT event_id FROM {DETACHED}.{table}")
        finally:
            await connection.close()

    for process in ("web", "worker"):
        asyncio.run(look(process))
        asyncio.run(prove(database.as_role(process)))
    database.sql(f"DROP TABLE {DETACHED}.copied")


def test_what_is_still_to_be_worked_on_holds_its_month_and_the_next(database: Service) -> None:
    number = put(database, 32, "waits", month(2025, 2) + timedelta(days=3))
    wait = {"b": 32, "no": number}
    database.sql("INSERT INTO pending_event (brand_id, event_no) VALUES (:b, :no)", **wait)
    assert detach(database, now=month(2026, 4)) == []
    (row,) = database.sql("SELECT detach_partition('event', 'event_2025_03')")
    assert row[0] is False
    database.sql("DELETE FROM pending_event WHERE brand_id = :b", b=32)
    database.sql(
        "INSERT INTO dead_letter (brand_id, source, raw, raw_hash, code, detail, event_no)"
        " VALUES (:b, 'api', '', '', 'projection_failed', '', :no)",
        **wait,
    )
    assert detach(database, now=month(2026, 4)) == []
    database.sql("DELETE FROM dead_letter WHERE brand_id = :b", b=32)
    assert detach(database, now=month(2026, 4)) == ["event_2025_02", "event_2025_03"]


def test_a_table_in_use_is_left_for_the_next_time(database: Service) -> None:
    async def during(statement: str) -> list[str]:
        reader: Any = await asyncpg.connect(database.settings.database)
        try:
            async with reader.transaction():
                await reader.execute(statement)
                return await within(
                    database, lambda pool: detach_old(pool, "event", YEAR, month(2026, 4))
                )
        finally:
            await reader.close()

    assert asyncio.run(during("SELECT 1 FROM event LIMIT 1")) == []
    # The next month could be had, but would leave a hole.
    assert asyncio.run(during("LOCK TABLE event_2025_02 IN SHARE UPDATE EXCLUSIVE MODE")) == []
    assert detach(database, now=month(2026, 4)) == ["event_2025_02", "event_2025_03"]


def run(service: Service, *words: str) -> Result:
    return CliRunner(env=env(service.settings)).invoke(hongqun, words)


STORY = [
    event("j", "member.joined", "03-01T10:00", group_id="g", member_id="u1", nickname="小红"),
    event(
        "m", "message.sent", "03-01T11:00", group_id="g", message_id="m", member_id="u1", text="hi"
    ),
    event("o", "order.paid", "03-01T12:00", order_id="o", buyer_id="u1", amount=7, currency="CNY"),
    event(
        "o2", "order.paid", "03-02T12:00", order_id="o2", buyer_id="u2", amount=9, currency="CNY"
    ),
]
WINDOW = {"start": "2025-03-01", "end": "2025-03-08"}


def total(brand: Brand) -> Any:
    return brand.ask("/v1/metrics/gmv-share", **WINDOW)["total"]


def test_a_brand_whose_events_were_detached(stack: Stack, tmp_path: Path) -> None:
    """Workers detach by the setting; numbers, repeats, copies, erasures and the end are as ever."""
    web = stack.web()
    stack.worker()
    brand = web.brand()
    told = Desk(web, brand)
    brand.post(STORY)
    brand.drain()
    before = total(brand)
    february = (int(month(2025, 2).timestamp()) * 1000) << 20
    told.sql(
        "UPDATE event AS e SET event_no = :first + n.n, received_at = :at FROM ("
        " SELECT event_no, row_number() OVER (ORDER BY event_no) AS n FROM event"
        " WHERE brand_id = :b) AS n WHERE e.brand_id = :b AND e.event_no = n.event_no",
        first=february,
        at=month(2025, 2),
    )
    stack.worker(HONGQUN_EVENT_MONTHS=str(YEAR))  # which looks at once
    until = time.monotonic() + 60
    while len(where(web, brand.brand_id, ASIDE)) < len(STORY):
        assert time.monotonic() < until, where(web, brand.brand_id)
        time.sleep(0.1)
    assert where(web, brand.brand_id) == {}

    assert total(brand) == before
    (receipt,) = brand.post(STORY)
    assert (receipt["accepted"], receipt["duplicates"]) == (0, len(STORY))
    for words in ("rebuild", "verify"):
        done = run(web, words, "--brand", str(brand.brand_id))
        assert done.exit_code == 0, done.output
    assert total(brand) == before

    file = tmp_path / "whole.ndjson.gz"
    assert run(web, "brand", "export", "--brand", str(brand.brand_id), str(file)).exit_code == 0
    lines = gzip.decompress(file.read_bytes()).decode().splitlines()
    assert sum('"type"' in line for line in lines) == len(STORY)

    key = told.key("pii:read")
    document = told.post("/v1/customers/b:u1/personal-data", key=key).json()
    assert {each["event_id"] for each in document["events"]} == {"j", "m", "o"}
    told.erase("b:u1")
    raws = [row.raw for row in told.sql(f"SELECT raw FROM {ASIDE} WHERE brand_id = :b")]
    assert len(raws) == len(STORY)
    assert not any('"u1"' in raw or "小红" in raw or '"hi"' in raw for raw in raws)
    assert total(brand) == before

    with brand.client as client:
        assert client.patch("/v1/brand", json={"raw_event_days": 30}).status_code == 200
    told.tend()
    raws = [row.raw for row in told.sql(f"SELECT raw FROM {ASIDE} WHERE brand_id = :b")]
    assert raws == [""] * len(STORY)

    other = web.brand()
    put(web, other.brand_id, "theirs", month(2025, 3))
    done = run(web, "brand", "delete", "--brand", str(brand.brand_id), "--yes", "测试品牌")
    assert done.exit_code == 0, done.output
    assert where(web, brand.brand_id, ASIDE) == {}


def test_a_copy_without_events_that_were_dropped_is_none(
    stack: Stack, database: Service, tmp_path: Path
) -> None:
    web = stack.web()
    brand = web.brand()
    put(database, brand.brand_id, "gone", month(2025, 2))
    assert detach(database, now=month(2026, 3)) == ["event_2025_02"]
    database.sql(f"DROP TABLE {DETACHED}.event_2025_02")
    words = ("brand", "export", "--brand", str(brand.brand_id), str(tmp_path / "file.ndjson.gz"))
    refused = run(web, *words)
    assert (refused.exit_code, "detached" in refused.stderr) == (1, True)
    assert not list(tmp_path.iterdir())
    assert run(web, *words, "--partial").exit_code == 0
