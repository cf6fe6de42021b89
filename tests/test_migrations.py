"""Migrations: from nothing to the models, all the way back, and up again."""

from collections.abc import Iterator
from typing import Any

import pytest
from alembic import command
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from sqlalchemy import Connection
from sqlalchemy.ext.asyncio import AsyncConnection

from app.core.schema import config, head, is_current, without_partitions
from app.core.settings import Settings
from app.models.tables import metadata
from tests.make import Service
from tests.stack import empty_database, env


@pytest.fixture
def database(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> Iterator[Service]:
    """An empty database, which the environment names."""
    with empty_database(settings) as empty:
        monkeypatch.delenv("REDIS_URL", raising=False)
        monkeypatch.setenv("DATABASE_URL", env(empty)["DATABASE_URL"])
        yield Service("", empty)


def tables(database: Service) -> set[str]:
    rows = database.sql(
        "SELECT relname FROM pg_class WHERE relkind IN ('r', 'p') AND NOT relispartition"
        " AND relnamespace = 'public'::regnamespace"
    )
    return {row.relname for row in rows}


def leftovers(database: Service) -> list[Any]:
    """What there is beside tables: sequences, types, functions."""
    return database.sql(
        "SELECT relname FROM pg_class WHERE relkind = 'S'"
        " AND relnamespace = 'public'::regnamespace"
        " UNION ALL SELECT proname FROM pg_proc WHERE pronamespace = 'public'::regnamespace"
        " UNION ALL SELECT typname FROM pg_type WHERE typtype IN ('e', 'd')"
        " AND typnamespace = 'public'::regnamespace"
    )


def shape(database: Service) -> list[Any]:
    """Every column, index and constraint, as the database writes them."""
    return [
        *database.sql(
            "SELECT attrelid::regclass::text, attname, format_type(atttypid, atttypmod),"
            " attnotnull, attcollation::regcollation::text, attstattarget"
            " FROM pg_attribute JOIN pg_class ON pg_class.oid = attrelid"
            " WHERE relkind IN ('r', 'p') AND relnamespace = 'public'::regnamespace"
            " AND attnum > 0 AND NOT attisdropped ORDER BY 1, 2"
        ),
        *database.sql("SELECT indexdef FROM pg_indexes WHERE schemaname = 'public' ORDER BY 1"),
        *database.sql(
            "SELECT conrelid::regclass::text, pg_get_constraintdef(oid) FROM pg_constraint"
            " WHERE connamespace = 'public'::regnamespace ORDER BY 1, 2"
        ),
    ]


def differences(database: Service) -> list[Any]:
    """Where the models and the migrated database differ, as `alembic check` sees it."""

    def compare(connection: Connection) -> list[Any]:
        options = {
            "compare_type": True,
            "compare_server_default": True,
            "include_name": without_partitions(connection),
        }
        return list(
            compare_metadata(MigrationContext.configure(connection, opts=options), metadata)
        )

    async def act(connection: AsyncConnection) -> list[Any]:
        return await connection.run_sync(compare)

    return database.within(act)


def test_the_models_are_what_the_migrations_make(database: Service) -> None:
    assert database.within(is_current) is False
    command.upgrade(config(), "head")
    assert database.within(is_current) is True
    assert differences(database) == []
    assert tables(database) == {table.name for table in metadata.sorted_tables} | {
        "alembic_version"
    }


def test_the_comparison_would_tell(database: Service) -> None:
    command.upgrade(config(), "head")
    database.sql("ALTER TABLE brand DROP COLUMN touch_hours")
    assert differences(database) != []


def test_down_to_nothing_and_up_again(database: Service) -> None:
    command.upgrade(config(), "head")
    before = shape(database)
    command.downgrade(config(), "base")
    assert tables(database) == {"alembic_version"}
    assert leftovers(database) == []
    command.upgrade(config(), "head")
    assert shape(database) == before
    (row,) = database.sql("SELECT version_num FROM alembic_version")
    assert row.version_num == head()


def test_migrating_twice_changes_nothing(database: Service) -> None:
    command.upgrade(config(), "head")
    before = shape(database)
    command.upgrade(config(), "head")
    assert shape(database) == before
