"""An installation that has events already: its table becomes the first partition, and back."""

import asyncio
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import asyncpg
import pytest
from alembic import command

from app.core import roles
from app.core.schema import config
from app.core.settings import Settings
from tests.make import Service
from tests.stack import empty_database, env

BEFORE = "0021"
STORE = """
INSERT INTO event (brand_id, event_no, source, event_id, raw)
SELECT {brand}, (CAST(extract(EPOCH FROM clock_timestamp()) * 1000 AS bigint) << 20) | n, 'api',
    '{name}' || n, '{{}}'
FROM generate_series(1, 50) AS n
"""


@pytest.fixture
def old(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> Iterator[Service]:
    """The release before, with its roles and some events."""
    with empty_database(settings) as empty:
        monkeypatch.delenv("REDIS_URL", raising=False)
        monkeypatch.setenv("DATABASE_URL", env(empty)["DATABASE_URL"])
        command.upgrade(config(), BEFORE)
        asyncio.run(roles.make(empty))
        database = Service("", empty)
        database.sql(STORE.format(brand=1, name="old"))
        yield database


def by_part(database: Service) -> dict[str, int]:
    rows = database.sql(
        "SELECT CAST(tableoid AS regclass)::text AS part, count(*) AS n FROM event GROUP BY 1"
    )
    return {row.part: row.n for row in rows}


def file_of(database: Service, table: str) -> int:
    (row,) = database.sql(f"SELECT pg_relation_filenode('{table}') AS node")
    return int(row.node)


def grants(database: Service, table: str) -> set[tuple[str, str]]:
    rows = database.sql(
        "SELECT CAST(CAST(grantee AS regrole) AS text), privilege_type FROM pg_class"
        f" CROSS JOIN aclexplode(relacl) WHERE oid = CAST('{table}' AS regclass)"
        " AND grantee <> relowner"
    )
    return {(row[0], row[1]) for row in rows}


def test_the_table_becomes_the_first_partition(old: Service) -> None:
    node, granted = file_of(old, "event"), grants(old, "event")
    command.upgrade(config(), "0022")
    assert by_part(old) == {"event_before": 50}
    assert file_of(old, "event_before") == node, "no row was copied"
    assert grants(old, "event") == granted != set(), "who could store yesterday can still"
    assert grants(old, "event_before") == set()
    (row,) = old.sql(
        "SELECT ends FROM partitions_of('event') WHERE starts IS NULL AND NOT is_default"
    )
    assert row.ends > datetime.now(UTC) + timedelta(days=6)
    checks = "SELECT conname, conrelid::regclass::text FROM pg_constraint WHERE contype = 'c'"
    found = old.sql(f"{checks} AND conrelid::regclass::text IN ('event', 'event_before')")
    assert found == [], "the promise is not needed any more"

    async def store() -> None:
        # As the release before does, before anybody has made anything of this one.
        connection: Any = await asyncpg.connect(old.as_role("web").database)
        await connection.execute("SET app.brand = '1'")
        await connection.execute(STORE.format(brand=1, name="between"))
        assert await connection.fetchval("SELECT count(*) FROM event") == 100
        await connection.close()

    asyncio.run(store())
    asyncio.run(roles.make(old.settings))
    assert grants(old, "event") == granted
    for table in ("event_before", "event_default"):
        assert grants(old, table) == set()


def test_a_migration_that_broke_off_goes_on(old: Service) -> None:
    """After it had the table promise to end, and the month went by."""
    old.sql("ALTER TABLE event ADD CONSTRAINT event_until CHECK (event_no < 0) NOT VALID")
    command.upgrade(config(), "0022")
    assert by_part(old) == {"event_before": 50}


def test_back_to_one_table(old: Service) -> None:
    granted = grants(old, "event")
    command.upgrade(config(), "0022")
    old.sql("ALTER TABLE event DETACH PARTITION event_before")
    old.sql("ALTER TABLE event_before SET SCHEMA hongqun_detached")
    old.sql("ALTER TABLE hongqun_detached.event_before INHERIT hongqun_detached.event")
    old.sql(
        "INSERT INTO event (brand_id, event_no, source, event_id, raw) VALUES (1, 1, '', '', '')"
    )
    command.downgrade(config(), BEFORE)
    assert by_part(old) == {"event": 51}
    assert grants(old, "event") == granted
    assert old.sql("SELECT 1 FROM pg_namespace WHERE nspname = 'hongqun_detached'") == []
    command.upgrade(config(), "0022")
    assert by_part(old) == {"event_before": 51}
