"""Which sums a change marks: those that it moves, and no others."""

import asyncio
from datetime import UTC, date, datetime

from sqlalchemy import text

from app.core.db import open_pool, transaction
from app.derive.customers import derive
from app.ingest.decode import Sender
from app.ingest.inbox import take_in
from app.projection.project import claim, project
from tests.make import Brand, Service, lines
from tests.metrics.told import events, told

BOUGHT = """
    03-01 10:00 order.paid order_id=o1 buyer_id=ann amount=100
    03-08 10:00 order.paid order_id=o2 buyer_id=ann amount=200
"""


class RolledBack(Exception):
    """Nobody else is to see it."""


def marked(service: Service, brand: Brand, late: str) -> set[int]:
    """The days of March whose sums it would have counted anew."""
    days: set[date] = set()

    async def go() -> None:
        pool = open_pool(service.settings, "hongqun test")
        try:
            async with transaction(pool, brand.brand_id) as connection:
                made = lines(events(late))
                sender = Sender("bot", "CNY")
                await take_in(connection, brand.brand_id, sender, made, datetime.now(UTC))
                await project(
                    connection, brand.brand_id, await claim(connection, brand.brand_id, 9)
                )
                assert await derive(connection, brand.brand_id, 9) == 1
                found = await connection.execute(
                    text("SELECT start FROM dirty_sum WHERE brand_id = :b AND kind = 'day'"),
                    {"b": brand.brand_id},
                )
                days.update(row.start for row in found)
                raise RolledBack
        except RolledBack:
            pass
        finally:
            await pool.dispose()

    asyncio.run(go())
    return {day.day for day in days}


def test_an_order_moves_no_sum_of_the_purchase_before(service: Service) -> None:
    brand = told(service, BOUGHT)
    late = "03-20 10:00 order.paid order_id=o3 buyer_id=ann amount=300"
    assert marked(service, brand, late) == {20}


def test_an_order_in_between_moves_those_after_it(service: Service) -> None:
    brand = told(service, BOUGHT)
    late = "03-04 10:00 order.paid order_id=o3 buyer_id=ann amount=300"
    assert marked(service, brand, late) == {4, 8}
    before = "02-27 10:00 order.paid order_id=o3 buyer_id=ann amount=300"
    assert marked(service, brand, before) == {27, 1, 8}


def test_a_second_order_of_a_day_moves_the_purchase_after_it_too(service: Service) -> None:
    brand = told(service, BOUGHT)
    late = "03-01 11:00 order.paid order_id=o3 buyer_id=ann amount=300"
    assert marked(service, brand, late) == {1, 8}
