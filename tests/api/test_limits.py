"""Rate limits: of a key and of a source, over all processes, and without Redis as well."""

import json
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor

import httpx
import msgspec
import pytest

from app.core.settings import Settings
from tests.api.door import by_webhook, order, problem
from tests.api.test_outages import redis  # noqa: F401
from tests.make import Brand, Service
from tests.proxy import Proxy
from tests.stack import Stack, migrated_database, stack_on

LIMITS = {"HONGQUN_KEY_RATE": "1", "HONGQUN_SOURCE_RATE": "1"}
BURST = 10


@pytest.fixture(scope="module")
def stack(settings: Settings) -> Iterator[Stack]:
    with migrated_database(settings) as empty, stack_on(empty) as started:
        yield started


@pytest.fixture(scope="module")
def limited(stack: Stack, redis: Proxy) -> Service:  # noqa: F811
    """Two web processes that grant one request a second."""
    url = f"redis://127.0.0.1:{redis.port}/2"
    settings = msgspec.structs.replace(stack.settings, redis_url=url)
    return stack.web(settings, 2, **LIMITS)


def ask_often(brand: Brand, times: int) -> list[httpx.Response]:
    """Ask at once over many connections, so that both processes are asked."""

    def ask(_: int) -> httpx.Response:
        with brand.client as client:
            return client.get("/v1/brand")

    with ThreadPoolExecutor(8) as pool:
        return list(pool.map(ask, range(times)))


def test_a_key_has_so_many_requests_over_all_processes(limited: Service) -> None:
    brand, other = limited.brand(), limited.brand()
    began = time.monotonic()
    answers = ask_often(brand, 60)
    granted = [each for each in answers if each.status_code == 200]
    assert len(granted) <= BURST + time.monotonic() - began + 1
    assert len(granted) >= BURST // 2
    refused = next(each for each in answers if each.status_code == 429)
    assert problem(refused, 429, "rate_limited")
    assert int(refused.headers["retry-after"]) >= 1
    assert refused.headers["ratelimit-policy"] == '"key";q=10;w=10'
    assert refused.headers["ratelimit"].startswith('"key";r=0;t=')
    assert {each.status_code for each in answers} == {200, 429}
    # Another brand's key is another's.
    assert other.ask("/v1/brand")["brand_id"] == str(other.brand_id)


def test_it_may_go_on_after_a_while(limited: Service) -> None:
    brand = limited.brand()
    assert 429 in {each.status_code for each in ask_often(brand, 30)}
    until = time.monotonic() + 30
    with brand.client as client:
        while (answer := client.get("/v1/brand")).status_code == 429:
            assert time.monotonic() < until
            time.sleep(int(answer.headers["retry-after"]))
    assert answer.status_code == 200
    assert answer.headers["ratelimit"].startswith('"key";r=')


def test_a_source_has_a_limit_and_a_forger_cannot_use_it_up(limited: Service) -> None:
    brand = limited.brand()
    body = json.dumps(order("o1")).encode()
    for _ in range(2 * BURST):
        forged = brand.deliver(body, webhook_signature="v1,AAAA")
        assert forged.status_code == 401
    answers = [by_webhook(brand, body) for _ in range(3 * BURST)]
    assert answers[0].status_code == 202
    refused = next(each for each in answers if each.status_code == 429)
    assert refused.headers["ratelimit-policy"].startswith('"source";')
    assert refused.headers["retry-after"]


def test_without_redis_each_process_limits_by_itself(
    limited: Service,
    redis: Proxy,  # noqa: F811
) -> None:
    brand = limited.brand()
    redis.shut()
    try:
        answers = ask_often(brand, 80)
        assert {each.status_code for each in answers} == {200, 429}
        granted = sum(each.status_code == 200 for each in answers)
        assert granted >= BURST
    finally:
        redis.open()
