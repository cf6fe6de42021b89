"""Months are made ahead, by several workers at once, and what lay in the default one moves."""

import asyncio
from datetime import UTC, datetime, timedelta
from typing import Any

import asyncpg
import pytest

from app.core.partitions import AHEAD, state
from app.core.settings import SettingsError, read
from tests.make import Service
from tests.partitions.months import make, month, parts, put, where, within

PLAIN = "SELECT relname FROM pg_class WHERE relname LIKE 'event%' AND relkind = 'r'"


def following(now: datetime, months: int) -> datetime:
    count = now.year * 12 + now.month - 1 + months
    return month(count // 12, count % 12 + 1)


def named(at: datetime) -> str:
    return f"event_{at:%Y_%m}"


def test_a_migrated_database_has_this_month_and_the_next_ones(database: Service) -> None:
    now = datetime.now(UTC)
    there = parts(database)
    assert there["event_before"] == (None, month(2025, 1))
    assert there["event_default"] == (None, None)
    for n in range(AHEAD + 1):
        begins = following(now, n)
        assert there[named(begins)] == (begins, following(now, n + 1))
    assert asyncio.run(make(database, now)) == 0, "they are made once"
    told = asyncio.run(within(database, lambda pool: state(pool, "event", now)))
    assert told == (AHEAD, 0)


def test_no_month_is_kept_for_less_than_three() -> None:
    assert read({}).months_of("event") is None
    assert read({"HONGQUN_EVENT_MONTHS": "3"}).months_of("event") == 3
    for given in ("2", "0", "x", "-5"):
        with pytest.raises(SettingsError, match="HONGQUN_EVENT_MONTHS"):
            read({"HONGQUN_EVENT_MONTHS": given})


def test_one_by_one_as_time_goes_on(database: Service) -> None:
    later = following(datetime.now(UTC), 1)
    assert asyncio.run(make(database, later)) == 1
    begins = following(later, AHEAD)
    assert parts(database)[named(begins)] == (begins, following(later, AHEAD + 1))


def test_events_of_both_sides_of_a_months_border(database: Service) -> None:
    asyncio.run(make(database, month(2025, 3)))
    border = month(2025, 4)
    last = put(database, 11, "last", border - timedelta(milliseconds=1), past=1_048_575)
    first = put(database, 11, "first", border)
    assert first == last + 1
    put(database, 11, "before all", datetime(1999, 1, 1, tzinfo=UTC))
    assert where(database, 11) == {
        "last": "event_2025_03",
        "first": "event_2025_04",
        "before all": "event_before",
    }


def test_what_lies_in_the_default_partition_moves(database: Service) -> None:
    at = following(datetime.now(UTC), 9)
    for brand in (21, 22):
        put(database, brand, "early", at + timedelta(days=3))
        put(database, brand, "later still", following(at, 5))
    assert set(where(database, 21).values()) == {"event_default"}
    told = asyncio.run(within(database, lambda pool: state(pool, "event", at)))
    assert told.unforeseen == 4
    before = database.sql("SELECT * FROM event ORDER BY brand_id, event_no")
    asyncio.run(make(database, following(at, -AHEAD)))
    assert where(database, 21) == where(database, 22)
    assert where(database, 21) == {"early": named(at), "later still": "event_default"}
    assert database.sql("SELECT * FROM event ORDER BY brand_id, event_no") == before
    told = asyncio.run(within(database, lambda pool: state(pool, "event", at)))
    assert told.unforeseen == 2


def test_workers_at_once(database: Service) -> None:
    async def all_of_them() -> list[int]:
        return await asyncio.gather(*(make(database, month(2026, 2)) for _ in range(4)))

    had = set(parts(database))
    made = asyncio.run(all_of_them())
    assert sum(made) == len(set(parts(database)) - had)
    asyncio.run(make(database, month(2026, 2)))
    assert {"event_2026_02", "event_2026_03", "event_2026_04"} <= set(parts(database))
    left = {row.relname for row in database.sql(PLAIN)} - {"event_identity", "event"}
    assert left == set(parts(database)), "no table was made that is not attached"


def test_a_partition_is_walled_as_its_table(database: Service) -> None:
    rows = database.sql(
        "SELECT CAST(p.part AS text) AS part, c.relrowsecurity AND c.relforcerowsecurity AS walled,"
        " a.attstattarget, (SELECT array_agg(q.policyname || q.qual || q.with_check)"
        "  FROM pg_policies AS q WHERE q.tablename = c.relname) AS policies,"
        " (SELECT array_agg(q.policyname || q.qual || q.with_check)"
        "  FROM pg_policies AS q WHERE q.tablename = 'event' AND q.schemaname = 'public') AS wanted"
        " FROM partitions_of('event') AS p JOIN pg_class AS c ON c.oid = p.part"
        " JOIN pg_attribute AS a ON a.attrelid = c.oid AND a.attname = 'brand_id'"
    )
    assert {row.part for row in rows} == set(parts(database))
    for row in rows:
        assert (row.walled, row.attstattarget, row.policies) == (True, 0, row.wanted), row.part
        assert row.wanted is not None


REFUSED = (
    "SELECT * FROM event_before",
    "INSERT INTO event_default (brand_id, event_no, source, event_id, raw)"
    " VALUES (1, 1, '', '', '')",
    "TRUNCATE event_default",
    "ALTER TABLE event DETACH PARTITION event_before",
    "INSERT INTO hongqun_detached.event (brand_id, event_no, source, event_id, raw)"
    " VALUES (1, 1, '', '', '')",
)


@pytest.mark.parametrize("process", ["web", "worker"])
def test_nobody_passes_by_the_table(database: Service, process: str) -> None:
    async def attempt(statement: str) -> None:
        connection: Any = await asyncpg.connect(database.as_role(process).database)
        try:
            await connection.execute(f"SET app.brand = '1'; {statement}")
        finally:
            await connection.close()

    for statement in REFUSED:
        with pytest.raises(asyncpg.InsufficientPrivilegeError):
            asyncio.run(attempt(statement))
    if process == "web":
        for statement in (
            "SELECT make_partition('event', now())",
            "SELECT detach_partition('event', 'event_before')",
        ):
            with pytest.raises(asyncpg.InsufficientPrivilegeError):
                asyncio.run(attempt(statement))
        return
    for statement, why in (
        ("SELECT make_partition('event', now() + interval '2 years')", "not made yet"),
        (f"SELECT detach_partition('event', '{named(datetime.now(UTC))}')", "younger"),
        ("SELECT detach_partition('event', 'event_default')", "no rows"),
        ("SELECT detach_partition('event', 'brand')", "no rows"),
        ("SELECT make_partition('brand', now())", "no table of ours"),
    ):
        with pytest.raises(asyncpg.PostgresError, match=why):
            asyncio.run(attempt(statement))


EVIL = """
CREATE TEMPORARY TABLE {name} (brand_id bigint, at timestamptz) PARTITION BY RANGE (at);
CREATE TEMPORARY TABLE spare PARTITION OF {name} DEFAULT;
CREATE TEMPORARY TABLE old PARTITION OF {name}
    FOR VALUES FROM ('2025-01-01T00:00:00Z') TO ('2025-02-01T00:00:00Z');
INSERT INTO spare VALUES (1, now());
CREATE FUNCTION pg_temp.act() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE 'done as %', current_user;
END
$$;
CREATE TRIGGER act BEFORE DELETE ON spare FOR EACH ROW EXECUTE FUNCTION pg_temp.act();
GRANT ALL ON {name}, spare, old TO PUBLIC;
GRANT EXECUTE ON FUNCTION pg_temp.act() TO PUBLIC;
"""


@pytest.mark.parametrize("name", ["other", "event"])
def test_a_worker_has_nothing_of_its_own_run_as_the_owner(database: Service, name: str) -> None:
    """Neither by a table of its own, nor by one with the name of ours."""

    async def attempt() -> None:
        connection: Any = await asyncpg.connect(database.as_role("worker").database)
        try:
            await connection.execute(EVIL.format(name=name))
            for statement in (
                f"SELECT make_partition('pg_temp.{name}', now())",
                f"SELECT detach_partition('pg_temp.{name}', 'pg_temp.old')",
                f"SELECT unforeseen_rows('pg_temp.{name}', 1)",
            ):
                with pytest.raises(asyncpg.InsufficientPrivilegeError, match="no table of ours"):
                    await connection.execute(statement)
        finally:
            await connection.close()

    asyncio.run(attempt())
