"""Leases: an event that kills workers is found, and who lost a lease can do no harm."""

import asyncio
from collections.abc import Callable, Coroutine
from typing import Any

import pytest
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncEngine

import workers.pump
from app.core import lease
from app.core.db import open_pool, transaction
from app.projection.project import Claimed, project
from tests.make import Brand, Service
from tests.stack import Stack
from tests.workers.events import counted, orders, pending
from workers.pump import Pump

SIZE = 2000


class Died(BaseException):
    """What a killed worker leaves behind: no more than a rolled back transaction and its lease."""


@pytest.fixture
def brand(web: Service) -> Brand:
    web.sql("UPDATE work_lease SET leased_until = 'infinity'")  # only this one is served
    return web.brand()


Act = Callable[[AsyncEngine], Coroutine[Any, Any, Any]]


@pytest.fixture
def run(stack: Stack) -> Callable[[Act], Any]:
    """Act with a pool, in an event loop of its own."""

    def go(act: Act) -> Any:
        async def within() -> Any:
            pool = open_pool(stack.settings, "hongqun test")
            try:
                return await act(pool)
            finally:
                await pool.dispose()

        return asyncio.run(within())

    return go


async def expire(pool: AsyncEngine, brand_id: int) -> None:
    async with transaction(pool) as connection:
        await connection.execute(
            text(
                "UPDATE work_lease SET leased_until = now() - interval '1 second'"
                " WHERE brand_id = :b"
            ),
            {"b": brand_id},
        )


def test_an_event_that_kills_workers_is_isolated(
    web: Service, brand: Brand, run: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    brand.post(orders(300))
    sizes: list[int] = []

    async def deadly(connection: Any, brand_id: int, claimed: list[Claimed]) -> None:
        sizes.append(len(claimed))
        if any(event.event_id == "e150" for event in claimed):
            raise Died
        await project(connection, brand_id, claimed)

    monkeypatch.setattr(workers.pump, "project", deadly)

    async def work(pool: AsyncEngine) -> int:
        for deaths in range(40):
            try:
                await Pump(pool, f"worker {deaths}", SIZE).run_until_idle()
                return deaths
            except Died:
                await expire(pool, brand.brand_id)
        raise AssertionError("it kills for ever")

    deaths = run(work)
    assert sizes[0] == 300
    assert min(sizes) == 1
    assert 5 <= deaths <= 20
    assert pending(web, brand) == 0
    assert counted(brand) == 299
    (letter,) = brand.ask("/v1/dead-letters")["items"]
    assert letter["code"] == "projection_failed"
    assert '"e150"' in letter["raw"]

    monkeypatch.setattr(workers.pump, "project", project)
    with brand.client as client:
        assert client.post(f"/v1/dead-letters/{letter['id']}/retry").status_code == 202

    async def once(pool: AsyncEngine) -> None:
        await Pump(pool, "the next", SIZE).run_until_idle()

    run(once)
    assert counted(brand) == 300


@pytest.mark.parametrize(("crashes", "most"), [(0, 125), (1, 7), (2, 1), (9, 1), (32_767, 1)])
def test_batches_shrink_with_each_death(
    web: Service, brand: Brand, run: Any, monkeypatch: pytest.MonkeyPatch, crashes: int, most: int
) -> None:
    """`crashes` had died before the holder that is found dead."""
    brand.post(orders(200))
    sizes: list[int] = []

    async def watched(connection: Any, brand_id: int, claimed: list[Claimed]) -> None:
        sizes.append(len(claimed))
        await project(connection, brand_id, claimed)

    monkeypatch.setattr(workers.pump, "project", watched)
    web.sql(
        "UPDATE work_lease SET holder = 'dead', crashes = :c, leased_until = now()"
        " - interval '1 minute' WHERE brand_id = :b",
        c=crashes,
        b=brand.brand_id,
    )

    async def once(pool: AsyncEngine) -> None:
        await Pump(pool, "next", SIZE).run_until_idle()

    run(once)
    assert sizes[0] == most
    assert sum(sizes) == 200
    assert counted(brand) == 200
    (row,) = web.sql("SELECT holder, crashes FROM work_lease WHERE brand_id = :b", b=brand.brand_id)
    assert (row.holder, row.crashes) == (None, 0), "who is alive and well starts anew"


def test_attempts_are_counted_before_they_are_made(
    web: Service, brand: Brand, run: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    brand.post(orders(1))

    async def deadly(connection: Any, brand_id: int, claimed: list[Claimed]) -> None:
        raise Died

    monkeypatch.setattr(workers.pump, "project", deadly)
    web.sql(
        "UPDATE work_lease SET holder = 'dead', crashes = 3, leased_until = now()"
        " - interval '1 minute' WHERE brand_id = :b",
        b=brand.brand_id,
    )

    async def once(pool: AsyncEngine) -> bool:
        try:
            await Pump(pool, "next", SIZE).run_until_idle()
        except Died:
            await expire(pool, brand.brand_id)
            return False
        return True

    for attempts in range(1, 6):
        assert not run(once)
        (row,) = web.sql("SELECT attempts FROM pending_event WHERE brand_id = :b", b=brand.brand_id)
        assert row.attempts == attempts
    assert run(once)
    (letter,) = brand.ask("/v1/dead-letters")["items"]
    assert letter["code"] == "projection_failed"
    assert pending(web, brand) == 0


def test_a_fault_elsewhere_is_not_blamed_on_the_event(
    web: Service, brand: Brand, run: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    brand.post(orders(1))
    web.sql("INSERT INTO dirty_brand (brand_id) VALUES (:b)", b=brand.brand_id)

    async def deadly(connection: Any, brand_id: int) -> bool:
        raise Died

    monkeypatch.setattr(workers.pump, "refresh", deadly)

    async def die(pool: AsyncEngine) -> None:
        for _ in range(12):
            with pytest.raises(Died):
                await Pump(pool, "next", SIZE).run_until_idle()
            await expire(pool, brand.brand_id)

    run(die)
    (row,) = web.sql("SELECT attempts FROM pending_event WHERE brand_id = :b", b=brand.brand_id)
    assert row.attempts == 0


# ---- fencing ----


def test_a_holder_does_not_wait_for_the_disk(web: Service, brand: Brand, run: Any) -> None:
    async def act(pool: AsyncEngine) -> None:
        assert await lease.take(pool, brand.brand_id, "first") == 0
        async with transaction(pool, brand.brand_id) as connection:
            await connection.execute(text("SET LOCAL synchronous_commit = on"))
            await lease.fence(connection, brand.brand_id, "first")
            assert await connection.scalar(text("SHOW synchronous_commit")) == "off"
        await lease.release(pool, brand.brand_id, "first")

    run(act)


def test_who_lost_the_lease_cannot_commit(web: Service, brand: Brand, run: Any) -> None:
    async def act(pool: AsyncEngine) -> None:
        assert await lease.take(pool, brand.brand_id, "first") == 0
        assert await lease.take(pool, brand.brand_id, "second") is None, "it is held"
        await expire(pool, brand.brand_id)
        assert await lease.take(pool, brand.brand_id, "second") == 1
        with pytest.raises(lease.LeaseLost):
            async with transaction(pool) as connection:
                await connection.execute(
                    text("UPDATE brand SET name = 'first' WHERE brand_id = :b"),
                    {"b": brand.brand_id},
                )
                await lease.fence(connection, brand.brand_id, "first")
        await lease.release(pool, brand.brand_id, "first")  # not its own any more
        async with transaction(pool) as connection:
            await lease.fence(connection, brand.brand_id, "second")
        await lease.release(pool, brand.brand_id, "second")
        assert await lease.take(pool, brand.brand_id, "third") == 0

    run(act)
    assert brand.ask("/v1/brand")["name"] == "测试品牌"


def test_a_long_transaction_keeps_its_lease(brand: Brand, run: Any) -> None:
    """While the holder's transaction is open, its row lock is the lease, however late it is."""

    async def act(pool: AsyncEngine) -> None:
        assert await lease.take(pool, brand.brand_id, "first") == 0
        await expire(pool, brand.brand_id)
        async with transaction(pool) as connection:
            await lease.fence(connection, brand.brand_id, "first")
            assert await lease.take(pool, brand.brand_id, "second") is None

    run(act)


def test_who_lost_it_in_the_middle_of_a_turn_projects_nothing(
    web: Service, brand: Brand, run: Any
) -> None:
    brand.post(orders(5))

    async def act(pool: AsyncEngine) -> None:
        assert await lease.take(pool, brand.brand_id, "slow") == 0
        await expire(pool, brand.brand_id)
        assert await lease.take(pool, brand.brand_id, "quick") == 1
        slow = Pump(pool, "slow", SIZE)
        with pytest.raises(lease.LeaseLost):
            await slow._project(brand.brand_id, SIZE)

    run(act)
    assert pending(web, brand) == 5
    assert counted(brand) == 0
    (row,) = web.sql("SELECT holder FROM work_lease WHERE brand_id = :b", b=brand.brand_id)
    assert row.holder == "quick"
