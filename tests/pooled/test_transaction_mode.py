"""Web and workers through PgBouncer in transaction mode, on fewer connections than they have."""

import asyncio
import subprocess
import sys
from collections.abc import Iterator
from typing import Any

import httpx
import pytest
from sqlalchemy import text

from app.core.db import open_pool, pooled, transaction
from app.core.settings import Settings
from tests.make import Brand, Service
from tests.pooler import ABSENT, PROGRAM, pgbouncer
from tests.stack import Stack, env, migrated_database, stack_on
from tests.workers.events import counted, order
from tests.workers.test_deaths import tables, world

pytestmark = pytest.mark.skipif(PROGRAM is None, reason=ABSENT)

IGNORED = (
    "ignore_startup_parameters = statement_timeout, lock_timeout,"
    " idle_in_transaction_session_timeout, jit, plan_cache_mode"
)
SETTINGS = {
    "statement_timeout": "30s",
    "lock_timeout": "10s",
    "idle_in_transaction_session_timeout": "1min",
    "jit": "off",
    "plan_cache_mode": "force_custom_plan",
    "TimeZone": "UTC",
}


@pytest.fixture(scope="module")
def direct(settings: Settings) -> Iterator[Stack]:
    with migrated_database(settings) as empty, stack_on(empty) as started:
        yield started


@pytest.fixture(scope="module")
def through(direct: Stack) -> Iterator[Settings]:
    with pgbouncer(direct.settings) as pooler:
        yield pooler


async def settings_of(settings: Settings) -> tuple[bool, dict[str, str], int]:
    """Whether it is pooled, the settings within a transaction, and how many rows show."""
    pool = open_pool(settings, "hongqun test")
    try:
        async with transaction(pool, 7) as connection:
            rows = await connection.execute(
                text("SELECT name, current_setting(name) FROM unnest(CAST(:n AS text[])) AS name"),
                {"n": [*SETTINGS, "app.brand"]},
            )
            found = {row[0]: row[1] for row in rows}
            brand = int(found.pop("app.brand"))
            return pooled(connection), found, brand
    finally:
        await pool.dispose()


def test_each_transaction_says_what_a_session_would(direct: Stack, through: Settings) -> None:
    assert asyncio.run(settings_of(direct.settings)) == (False, SETTINGS, 7)
    assert asyncio.run(settings_of(through)) == (True, SETTINGS, 7)
    with pgbouncer(direct.settings, more=IGNORED) as deaf:
        assert asyncio.run(settings_of(deaf)) == (True, SETTINGS, 7)


async def left_behind(settings: Settings) -> list[Any]:
    """What the sessions of the server keep once many transactions of many brands are over."""
    pool = open_pool(settings, "hongqun test")

    async def one(brand_id: int) -> None:
        async with transaction(pool, brand_id) as connection:
            said = "SELECT CAST(:n AS integer), current_setting('app.brand')"
            row = (await connection.execute(text(said), {"n": brand_id})).one()
            assert (row[0], row[1]) == (brand_id, str(brand_id))

    kept = (
        "SELECT coalesce(current_setting('app.brand', true), ''),"
        " (SELECT count(*) FROM pg_prepared_statements WHERE name <> '')"
    )
    try:
        await asyncio.gather(*(one(n) for n in range(200)))
        found = []
        for _ in range(10):
            async with transaction(pool) as connection:
                found.append(tuple((await connection.execute(text(kept))).one()))
        return found
    finally:
        await pool.dispose()


def test_nothing_of_a_transaction_stays(through: Settings) -> None:
    assert set(asyncio.run(left_behind(through))) == {("", 0)}


@pytest.fixture(scope="module")
def web(direct: Stack, through: Settings) -> Service:
    """Two web processes behind PgBouncer; what the test itself asks goes straight."""
    service = direct.web(through, processes=2)
    return Service(service.base, direct.settings)


def test_web_and_three_workers_give_the_same_rows(
    direct: Stack, through: Settings, web: Service
) -> None:
    straight, pooler = web.brand(), web.brand()
    straight.post(world(1500))
    one = direct.worker()
    straight.drain(60)
    one.terminate()
    assert one.wait(20) == 0
    workers = [direct.worker(through, HONGQUN_BATCH_EVENTS="100") for _ in range(3)]
    pooler.post(world(1500), size=100)
    pooler.drain(60)
    for worker in workers:
        worker.terminate()
        assert worker.wait(20) == 0
    assert tables(web, pooler) == tables(web, straight)
    assert pooler.ask("/v1/dead-letters")["items"] == []


def test_many_clients_at_once(direct: Stack, through: Settings, web: Service) -> None:
    """More requests at once than the server lets in: they wait in PgBouncer."""
    brand = web.brand()
    worker = direct.worker(through)

    async def go() -> list[int]:
        async with brand_client(brand) as client:
            answers = await asyncio.gather(
                *(client.post("/v1/events", json=[order(n)]) for n in range(60)),
                *(client.get("/v1/orders") for _ in range(20)),
            )
            return [answer.status_code for answer in answers]

    assert set(asyncio.run(go())) == {200, 202}
    brand.drain(60)
    assert counted(brand) == 60
    worker.terminate()
    worker.wait(20)


def brand_client(brand: Brand) -> httpx.AsyncClient:
    headers = {"authorization": f"Bearer {brand.key}"}
    return httpx.AsyncClient(base_url=brand.base, headers=headers, timeout=60, trust_env=False)


def told(settings: Settings, *words: str) -> tuple[int, str]:
    """The code of a command, and what it said."""
    run = subprocess.run(
        [sys.executable, "-m", "app", *words],
        env=env(settings),
        capture_output=True,
        timeout=60,
        check=False,
    )
    return run.returncode, (run.stdout + run.stderr).decode()


def test_the_wall_holds_by_way_of_the_pooler(through: Settings) -> None:
    """An owner is refused, as it would be without PgBouncer."""
    code, said = told(through, "worker")
    assert (code, "so the walls between brands would not hold it" in said) == (2, True)


def test_what_needs_a_session_says_so(direct: Stack, through: Settings, web: Service) -> None:
    brand = web.brand()
    code, said = told(through, "rebuild", "--brand", str(brand.brand_id))
    assert (code, "DATABASE_URL leads through a pooler" in said) == (2, True)
    for command in ("migrate", "drain"):
        assert told(through, command)[0] == 0
    code, said = told(through, "verify", "--brand", str(brand.brand_id))
    assert (code, "no difference" in said) == (0, True)
    assert told(direct.settings, "rebuild", "--brand", str(brand.brand_id))[0] == 0
