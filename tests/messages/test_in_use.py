"""Months of messages that are being read: none is detached until what reads them has committed."""

import asyncio
from collections.abc import Iterator
from typing import Any

import asyncpg
import pytest
from sqlalchemy import text

from app.core.db import open_pool, session, transaction
from app.core.settings import Settings
from app.derive import beside
from tests.make import Service
from tests.messages.months import split
from tests.messages.test_detached import counted
from tests.metrics.told import told
from tests.stack import migrated_database, stack_on


@pytest.fixture(scope="module")
def service(settings: Settings) -> Iterator[Service]:
    with migrated_database(settings) as empty, stack_on(empty) as stack:
        split(Service("", empty))
        stack.worker()
        yield stack.web()


async def detach(service: Service, part: str) -> bool:
    connection: Any = await asyncpg.connect(service.as_role("worker").database)
    try:
        done = await connection.fetchval(f"SELECT detach_partition('message', '{part}')")
        return bool(done)
    finally:
        await connection.close()


def test_what_is_being_counted_is_there_until_it_is_counted(service: Service) -> None:
    brand = told(
        service,
        """
        03-04 10:00 member.joined group_id=g member_id=ann
        03-05 10:00 message.sent group_id=g message_id=m1 member_id=ann text=old
        03-11 10:00 message.sent group_id=g message_id=m2 member_id=ann text=old
        04-05 10:00 message.sent group_id=g message_id=m3 member_id=ann text=young
        """,
    )
    before = counted(brand)
    assert before == ([(2, 1, 1)], [(1, 1), (7, 1)], [1])

    async def act() -> None:
        pool = open_pool(service.settings, "test")
        try:
            async with transaction(pool, brand.brand_id) as connection:
                assert await connection.scalar(text("SELECT messages_since()")) is None
                with pytest.raises(asyncpg.LockNotAvailableError):
                    await detach(service, "message_before")
            # A rebuild reads them in many transactions.
            async with session(pool, brand.brand_id) as connection:
                await beside.begin(connection, brand.brand_id)
                with pytest.raises(asyncpg.LockNotAvailableError):
                    await detach(service, "message_before")
                await connection.commit()
                assert not await detach(service, "message_before")
                async for _ in beside.steps(connection, brand.brand_id):
                    await connection.commit()
                await connection.commit()
                assert not await detach(service, "message_before")
                await beside.swap(connection, brand.brand_id)
                await connection.commit()
                await connection.invalidate()
        finally:
            await pool.dispose()
        for part in ("message_before", "message_2025_03"):
            assert await detach(service, part)

    asyncio.run(act())
    assert counted(brand) == before
