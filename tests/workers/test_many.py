"""Three web processes and three workers on one database: killed, counted, and out of room."""

import asyncio
import contextlib
import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import asyncpg
import httpx
import msgspec
import pytest

from app.core.room import of_web, of_worker
from app.core.settings import Settings
from tests.make import Brand, Service
from tests.stack import Stack, env, statement
from tests.workers.events import counted, order, pending
from tests.workers.test_deaths import tables, world

EVENTS = 1500
SIZE = 25


@pytest.fixture(scope="module")
def undisturbed(stack: Stack, web: Service) -> dict[str, list[Any]]:
    brand = web.brand()
    brand.post(world(EVENTS))
    worker = stack.worker()
    brand.drain(60)
    worker.terminate()
    worker.wait(20)
    return tables(web, brand)


def until(seconds: float, done: Callable[[], bool]) -> None:
    end = time.monotonic() + seconds
    while not done():
        assert time.monotonic() < end
        time.sleep(0.02)


def post_somehow(brand: Brand, bases: list[str], events: list[dict[str, Any]]) -> int:
    """Post to one web process after the other until each batch has its 2xx; counts those unsure."""
    unsure = 0
    headers = {"authorization": f"Bearer {brand.key}"}
    with httpx.Client(headers=headers, timeout=20, trust_env=False) as client:
        for start in range(0, len(events), SIZE):
            for n in range(10_000):
                base = bases[(start // SIZE + n) % len(bases)]
                try:
                    answer = client.post(f"{base}/v1/events", json=events[start : start + SIZE])
                    if answer.status_code == 202:
                        break
                except httpx.HTTPError:
                    pass
                unsure += 1
                time.sleep(0.02)
            else:
                raise AssertionError("no web process took it")
    return unsure


@pytest.mark.skipif(sys.platform != "linux", reason="asks /proc")
def test_kills_of_web_and_workers_have_no_double_effect(
    stack: Stack, web: Service, undisturbed: dict[str, list[Any]], settings: Settings
) -> None:
    """As on three hosts: each has a web process and a worker; two of each die on the way."""
    shared = msgspec.structs.replace(stack.settings, redis_url=f"{settings.redis_url}?db=3")
    webs, workers = [], []
    for _ in range(3):
        service = stack.web(shared)
        webs.append((service.base, stack.processes[-1]))
        workers.append(stack.worker(shared, HONGQUN_BATCH_EVENTS="60"))
    bases = [base for base, _ in webs]
    brands = [web.brand() for _ in range(3)]
    unsure: list[int] = []
    senders = [
        threading.Thread(
            target=lambda b=brand: unsure.append(post_somehow(b, bases, world(EVENTS)))
        )
        for brand in brands
    ]
    for sender in senders:
        sender.start()
    for n in range(2):
        # Each dies in the middle: some events are there, and not all of them.
        until(60, lambda n=n: events_of(web, brands) > (n + 1) * EVENTS // 2)  # type: ignore[misc]
        kill_all(webs[n][1])
        workers[n].kill()
    assert any(sender.is_alive() for sender in senders), "they were to die in the middle"
    for sender in senders:
        sender.join(120)
    assert len(unsure) == len(brands)
    for brand in brands:
        brand.drain(60)
        assert tables(web, brand) == undisturbed
        assert brand.ask("/v1/dead-letters")["items"] == []
    for process in (workers[2], webs[2][1]):
        process.terminate()
        assert process.wait(40) == 0


def kill_all(web: subprocess.Popen[bytes]) -> None:
    """Kill a web process and the one above it, which would start it again, at once."""
    below = Path(f"/proc/{web.pid}/task/{web.pid}/children").read_text().split()
    web.kill()
    web.wait()
    for pid in below:
        with contextlib.suppress(ProcessLookupError):
            os.kill(int(pid), signal.SIGKILL)


def events_of(web: Service, brands: list[Brand]) -> int:
    ((count,),) = web.sql(
        "SELECT count(*) FROM event WHERE brand_id = ANY (CAST(:b AS bigint[]))",
        b=[brand.brand_id for brand in brands],
    )
    return int(count)


async def watch(settings: Settings, stop: asyncio.Event) -> dict[str, int]:
    """The most connections at once of each kind of process."""
    found: dict[str, int] = {}
    connection = await asyncpg.connect(settings.database)
    try:
        while not stop.is_set():
            rows = await connection.fetch(
                "SELECT application_name AS name, count(*) FROM pg_stat_activity"
                " WHERE datname = current_database() AND pid <> pg_backend_pid()"
                " AND backend_type = 'client backend' GROUP BY 1"
            )
            for row in rows:
                found[row["name"]] = max(found.get(row["name"], 0), row["count"])
            await asyncio.sleep(0.02)
        return found
    finally:
        await connection.close()


def test_connections_stay_within_what_is_promised(stack: Stack, web: Service) -> None:
    service = stack.web(processes=2)
    workers = [stack.worker() for _ in range(2)]
    until(30, lambda: workers_of(web) == 2)
    brands = [web.brand() for _ in range(6)]

    async def go() -> dict[str, int]:
        stop = asyncio.Event()
        watching = asyncio.create_task(watch(stack.settings, stop))
        limits = httpx.Limits(max_connections=64)
        async with httpx.AsyncClient(timeout=60, trust_env=False, limits=limits) as client:

            async def post(brand: Brand, n: int) -> None:
                answer = await client.post(
                    f"{service.base}/v1/events",
                    json=[order(100 * n + each) for each in range(100)],
                    headers={"authorization": f"Bearer {brand.key}"},
                )
                # Waiting for a connection has its end, too.
                assert answer.status_code in (202, 503), answer.text

            await asyncio.gather(*(post(brand, n) for n in range(20) for brand in brands))
        stop.set()
        return await watching

    found = asyncio.run(go())
    made = stack.settings
    of_first = of_web(made)  # the web process of all these tests
    assert 2 <= found["hongqun web"] <= 2 * of_web(made) + of_first
    of_workers = [found.get(f"hongqun {name}", 0) for name in ("worker", "segments", "exports")]
    assert 2 <= sum(of_workers) <= 2 * of_worker(made)
    for worker in workers:
        worker.terminate()
        assert worker.wait(20) == 0


def test_a_full_server_is_told_and_survived(
    stack: Stack, web: Service, capfd: pytest.CaptureFixture[str]
) -> None:
    brand = web.brand()
    service = stack.web(HONGQUN_LOG_LEVEL="WARNING")
    database = urlsplit(stack.settings.database).path.strip("/")
    # The roles of web and worker are held by it; the owner, a superuser, is not.
    statement(stack.settings, f"ALTER DATABASE {database} CONNECTION LIMIT 0")
    try:
        statement(
            stack.settings,
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
            " WHERE datname = current_database() AND pid <> pg_backend_pid()",
        )
        full = httpx.post(
            f"{service.base}/v1/events",
            json=[order(1)],
            headers={"authorization": f"Bearer {brand.key}"},
            trust_env=False,
        )
        assert (full.status_code, full.headers["retry-after"]) == (503, "5")
        worker = stack.worker(HONGQUN_LOG_LEVEL="WARNING")
        heard = ""

        def told() -> bool:
            nonlocal heard
            heard += "".join(capfd.readouterr())
            return heard.count("the server has no connection left (53300)") >= 3

        until(30, told)
    finally:
        statement(stack.settings, f"ALTER DATABASE {database} CONNECTION LIMIT -1")
    Brand(service.base, brand.brand_id, brand.key, brand.source_id, brand.secret).post([order(1)])
    until(30, lambda: pending(web, brand) == 0)
    brand.drain(60)
    assert counted(brand) == 1
    assert worker.poll() is None
    worker.terminate()
    assert worker.wait(20) == 0


def test_a_server_without_room_is_told_at_the_start(stack: Stack, web: Service) -> None:
    run = subprocess.Popen(
        [sys.executable, "-m", "app", "worker"],
        env=env(stack.settings)
        | {"DATABASE_URL": web.as_role("worker").database, "HONGQUN_POOL_SIZE": "5000"},
        stderr=subprocess.PIPE,
    )
    assert run.stderr is not None
    line = run.stderr.readline().decode()
    run.terminate()
    run.wait(20)
    assert "open up to 5006 connections, and the server allows" in line


def test_several_workers_of_one_command(stack: Stack, web: Service) -> None:
    run = subprocess.Popen(
        [sys.executable, "-m", "app", "worker", "--processes", "2"],
        env=env(stack.settings) | {"DATABASE_URL": web.as_role("worker").database},
    )
    try:
        until(30, lambda: workers_of(web) == 2)
        brand = web.brand()
        brand.post([order(n) for n in range(50)])
        brand.drain(60)
        assert counted(brand) == 50
    finally:
        run.terminate()
        assert run.wait(40) == 0
    until(20, lambda: workers_of(web) == 0)


def workers_of(web: Service) -> int:
    ((count,),) = web.sql(
        "SELECT count(*) FROM pg_stat_activity"
        " WHERE datname = current_database() AND application_name = 'hongqun segments'"
    )
    return int(count)
