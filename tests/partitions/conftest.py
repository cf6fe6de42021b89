"""A database of its own, whose first partition ends in the past: months of then can be made."""

import asyncio
from collections.abc import Iterator
from datetime import UTC, datetime

import pytest

from app.core.settings import Settings
from tests.make import Service
from tests.partitions.months import make
from tests.stack import Stack, migrated_database, stack_on

BEGIN = datetime(2025, 1, 1, tzinfo=UTC)


@pytest.fixture(scope="module")
def stack(settings: Settings) -> Iterator[Stack]:
    with migrated_database(settings) as empty, stack_on(empty) as started:
        database = Service("", empty)
        (row,) = database.sql(
            "SELECT partition_bound('bigint', CAST(:at AS timestamptz))", at=BEGIN
        )
        database.sql("ALTER TABLE event DETACH PARTITION event_before")
        database.sql(
            "ALTER TABLE event ATTACH PARTITION event_before"
            f" FOR VALUES FROM (MINVALUE) TO ('{row[0]}')"
        )
        asyncio.run(make(database, datetime.now(UTC)))
        yield started


@pytest.fixture(scope="module")
def database(stack: Stack) -> Service:
    return Service("", stack.settings)
