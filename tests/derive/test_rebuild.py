"""A rebuild on a live system: events go on coming, and what they said is there after the swap."""

import asyncio
from typing import Any

from app.core.db import open_pool, transaction
from app.derive import beside
from tests.make import Brand, Service

TABLES = (*beside.BY_CUSTOMER, *beside.SUMS)


def event(n: int, day: int) -> dict[str, Any]:
    return {
        "id": f"paid {n}",
        "type": "order.paid",
        "time": f"2025-04-{day:02}T12:00:00+08:00",
        "data": {"order_id": f"o{n}", "buyer_id": f"p{n % 7}", "amount": n, "currency": "CNY"},
    }


def rows(service: Service, brand: Brand) -> dict[str, list[str]]:
    return {
        name: sorted(
            str(row.row)
            for row in service.sql(
                f"SELECT to_jsonb(t) AS row FROM {name} AS t WHERE brand_id = :b", b=brand.brand_id
            )
        )
        for name in TABLES
    }


def test_events_that_come_while_it_runs_are_there_after_the_swap(service: Service) -> None:
    brand = service.brand()
    brand.post([event(n, 1 + n % 20) for n in range(60)])
    brand.drain()

    def more() -> dict[str, list[str]]:
        brand.post([event(n, 1 + n % 25) for n in range(60, 90)])
        brand.post([event(5, 6) | {"id": "again", "time": "2025-03-01T12:00:00+08:00"}])
        brand.drain()
        return rows(service, brand)

    async def go() -> None:
        pool = open_pool(service.settings, "hongqun test")
        async with pool.connect() as connection:
            await beside.begin(connection, brand.brand_id)
            await connection.commit()
            async for _ in beside.steps(connection, brand.brand_id):
                await connection.commit()
            # Beside the live tables everything is done; now come more, and workers derive them.
            live = await asyncio.to_thread(more)
            await beside.swap(connection, brand.brand_id)
            await connection.commit()
            assert await asyncio.to_thread(rows, service, brand) == live
            await connection.invalidate()
        await pool.dispose()

    asyncio.run(go())
    assert service.sql("SELECT 1 FROM rebuild WHERE brand_id = :b", b=brand.brand_id) == []
    assert service.sql("SELECT 1 FROM rederived WHERE brand_id = :b", b=brand.brand_id) == []


def test_answers_come_from_the_old_rows_until_the_swap(service: Service) -> None:
    brand = service.brand()
    brand.post([event(1, 1)])
    brand.drain()
    asked = {"start": "2025-04-01", "end": "2025-05-01"}
    service.sql("UPDATE sale_sum SET gmv = 77 WHERE brand_id = :b", b=brand.brand_id)

    async def go() -> list[int]:
        gmv = []
        pool = open_pool(service.settings, "hongqun test")
        async with pool.connect() as connection:
            await beside.begin(connection, brand.brand_id)
            await connection.commit()
            async for _ in beside.steps(connection, brand.brand_id):
                await connection.commit()
            gmv.append(brand.ask("/v1/metrics/gmv-share", **asked)["total"]["gmv"])
            await beside.swap(connection, brand.brand_id)
            await connection.commit()
            gmv.append(brand.ask("/v1/metrics/gmv-share", **asked)["total"]["gmv"])
            await connection.invalidate()
        await pool.dispose()
        return gmv

    assert asyncio.run(go()) == [77, 1]


def test_a_second_one_is_refused(service: Service) -> None:
    brand = service.brand()

    async def go() -> None:
        pool = open_pool(service.settings, "hongqun test")
        async with pool.connect() as first, pool.connect() as second:
            await beside.begin(first, brand.brand_id)
            await first.commit()
            try:
                await beside.begin(second, brand.brand_id)
            except beside.RebuildRunning:
                return
            finally:
                await first.invalidate()
                await second.invalidate()
                await pool.dispose()
        raise AssertionError

    asyncio.run(go())


def test_one_that_died_is_forgotten(service: Service) -> None:
    brand = service.brand()
    given = {"b": brand.brand_id}
    marks = "SELECT 1 FROM rebuild WHERE brand_id = :b"

    async def go() -> None:
        pool = open_pool(service.settings, "hongqun test")
        async with pool.connect() as first:
            await beside.begin(first, brand.brand_id)
            await first.commit()
            async with transaction(pool) as other:
                await beside.forget_dead(other, brand.brand_id)
            assert len(await asyncio.to_thread(service.sql, marks, **given)) == 1
            await first.invalidate()
        async with transaction(pool) as other:
            await beside.forget_dead(other, brand.brand_id)
        await pool.dispose()

    asyncio.run(go())
    assert service.sql(marks, **given) == []
