"""PostgreSQL or Redis away: told as it is, nothing acknowledged is lost, and all comes back."""

import json
import os
import signal
import time
from collections.abc import Iterator
from typing import Any

import httpx
import msgspec
import pytest
from redis import Redis

from app.core.settings import Settings
from tests.api.door import by_key, by_webhook, order, problem
from tests.make import Brand, Service
from tests.proxy import Proxy
from tests.stack import (
    Stack,
    database_at,
    migrated_database,
    postgres_socket,
    redis_socket,
    stack_on,
)


@pytest.fixture(scope="module")
def stack(settings: Settings) -> Iterator[Stack]:
    with migrated_database(settings) as empty, stack_on(empty) as started:
        yield started


@pytest.fixture(scope="module")
def database(settings: Settings) -> Iterator[Proxy]:
    proxy = Proxy(postgres_socket(settings))
    yield proxy
    proxy.close()


@pytest.fixture(scope="module")
def redis(settings: Settings) -> Iterator[Proxy]:
    proxy = Proxy(redis_socket(settings))
    yield proxy
    proxy.close()


@pytest.fixture(scope="module")
def workers_database(settings: Settings) -> Iterator[Proxy]:
    proxy = Proxy(postgres_socket(settings))
    yield proxy
    proxy.close()


@pytest.fixture(scope="module")
def web(stack: Stack, database: Proxy, workers_database: Proxy, redis: Proxy) -> Service:
    """A web process and a worker that reach both servers by doors that a test can shut."""
    settings = msgspec.structs.replace(
        stack.settings,
        database_url=database_at(stack.settings, database.port),
        redis_url=f"redis://127.0.0.1:{redis.port}/1",
    )
    service = stack.web(settings)
    address = database_at(stack.settings, workers_database.port)
    stack.worker(msgspec.structs.replace(settings, database_url=address), HONGQUN_SWEEP_SECONDS="2")
    return service


def ready(service: Service) -> httpx.Response:
    return httpx.get(f"{service.base}/readyz", trust_env=False)


def within(seconds: float, service: Service, status: int) -> httpx.Response:
    until = time.monotonic() + seconds
    while (answer := ready(service)).status_code != status:
        assert time.monotonic() < until, answer.text
        time.sleep(0.05)
    return answer


def unavailable(answer: httpx.Response) -> None:
    problem(answer, 503, "unavailable")
    assert int(answer.headers["retry-after"]) > 0


def test_without_postgresql_it_says_so_and_comes_back(
    web: Service, database: Proxy, workers_database: Proxy
) -> None:
    brand = web.brand()
    brand.post([order("a")])
    assert ready(web).json()["status"] == "ok"
    database.shut()
    workers_database.shut()
    try:
        sent = json.dumps(order("b")).encode()
        window = {"start": "2025-03-01", "end": "2025-03-02"}
        with brand.client as client:
            for _ in range(3):  # pooled connections that broke, and new ones that are refused
                began = time.monotonic()
                unavailable(by_key(brand, sent))
                unavailable(by_webhook(brand, sent))
                unavailable(client.get("/v1/metrics/gmv-share", params=window))
                unavailable(client.get("/v1/status"))
                unavailable(client.get("/v1/orders/o-a/explain"))
                unavailable(client.patch("/v1/brand", json={"touch_hours": 1}))
                unavailable(client.get("/v1/dead-letters"))
                unavailable(client.post("/v1/dead-letters/1/retry"))
                unavailable(ready(web))
                assert time.monotonic() - began < 10
            assert client.get("/healthz").status_code == 200
    finally:
        database.open()
        workers_database.open()
    within(5, web, 200)
    assert by_key(brand, sent).json()["accepted"] == 1
    brand.drain(30)
    assert brand.ask("/v1/metrics/gmv-share", **window)["total"]["orders"] == 2


def test_a_line_cut_after_the_commit_loses_and_doubles_nothing(
    web: Service, database: Proxy
) -> None:
    brand = web.brand()
    sent = json.dumps([order(str(n)) for n in range(20)]).encode()
    database.cut_after(b"order.paid")
    unavailable(by_key(brand, sent))
    database.cut_after(b"order.paid", b"COMMIT")
    unavailable(by_key(brand, sent))
    assert by_key(brand, sent).json() == {"accepted": 0, "duplicates": 20, "rejected": []}
    (row,) = web.sql("SELECT count(*) FROM event WHERE brand_id = :b", b=brand.brand_id)
    assert row[0] == 20
    brand.drain(30)
    window = {"start": "2025-03-01", "end": "2025-03-02"}
    assert brand.ask("/v1/metrics/gmv-share", **window)["total"]["orders"] == 20


def arrives(brand: Brand, id_: str, seconds: float) -> float:
    """Post an event, and how long it took until the numbers had it."""
    began = time.monotonic()
    brand.post([order(id_)])
    brand.drain(seconds)
    assert brand.ask(f"/v1/orders/o-{id_}/explain")["cell"] == "neither"
    return time.monotonic() - began


def test_without_redis_the_sweep_finds_what_came(web: Service, redis: Proxy) -> None:
    brand = web.brand()
    assert arrives(brand, "warm", 30) < 10
    redis.shut()
    try:
        answer = within(5, web, 200)
        assert answer.json()["redis"] == "unreachable"
        assert answer.json()["warnings"]
        for n in range(3):
            assert arrives(brand, str(n), 10) < 10
    finally:
        redis.open()
    assert within(5, web, 200).json() | {"warnings": []} == ready(web).json()
    assert ready(web).json()["redis"] == "ok"


def test_a_wake_up_comes_before_the_sweep_and_again_after_a_restart_of_redis(
    web: Service, settings: Settings
) -> None:
    brand = web.brand()
    assert settings.redis_url is not None
    client: Any = Redis.from_url(settings.redis_url)

    def quick(tries: int) -> bool:
        """Whether soon several events in a row are woken for: no sweep comes so often."""
        stamp = time.monotonic_ns()
        took = [arrives(brand, f"{stamp}-{n}", 30) for n in range(tries)]
        return max(took) < 1

    until = time.monotonic() + 20
    while not quick(3):
        assert time.monotonic() < until
    pid = client.info("server")["process_id"]
    os.kill(pid, signal.SIGKILL)
    brand.post([order("meanwhile")])
    brand.drain(15)
    until = time.monotonic() + 30
    while not quick(3):
        assert time.monotonic() < until, "wake-ups did not come back"
    assert client.info("server")["process_id"] != pid
