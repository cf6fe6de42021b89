"""Workers that are killed, and several at once: nothing is lost, nothing counts twice."""

import random
import time
from typing import Any

import msgspec
import pytest

from app.core.settings import Settings
from tests.make import Brand, Service
from tests.properties.bench import TABLES
from tests.stack import Stack
from tests.workers.events import TIME, counted, order, pending


def world(count: int) -> list[dict[str, Any]]:
    """Joins, leaves, clicks, orders, refunds and links, all tangled up."""
    made = []
    chance = random.Random(7)
    for n in range(count):
        person, group = f"p{chance.randrange(200)}", f"g{chance.randrange(3)}"
        second = chance.randrange(86_400)
        kinds: list[tuple[str, dict[str, Any]]] = [
            ("member.joined", {"group_id": group, "member_id": person, "nickname": f"n{n}"}),
            ("member.left", {"group_id": group, "member_id": person}),
            ("card.clicked", {"group_id": group, "member_id": person}),
            ("order.paid", order(n)["data"] | {"buyer_id": person, "amount": n}),
            ("order.paid", order(n - 9)["data"] | {"buyer_id": f"q{n % 90}"}),
            ("order.refunded", {"order_id": f"o{n - 5}", "refund_id": "r", "amount": n // 3}),
        ]
        rare: list[tuple[str, dict[str, Any]]] = [
            ("identity.linked", {"member_id": f"p{n % 90}", "buyer_id": f"q{n % 90}"}),
            ("group.snapshot", {"group_id": group, "member_ids": [person, "p1", "p2"]}),
        ]
        kind, data = chance.choice(kinds if n % 25 else rare)
        time_ = f"2025-03-01T{second // 3600:02}:{second // 60 % 60:02}:{second % 60:02}Z"
        made.append({"id": f"e{n}", "type": kind, "time": time_, "data": data})
    return made


def tables(web: Service, brand: Brand) -> dict[str, list[Any]]:
    """Every row that is a function of the brand's events, without what names the brand."""
    found = {}
    for name in TABLES:
        rows = web.sql(
            f"SELECT to_jsonb(t) - 'brand_id' FROM {name} AS t WHERE brand_id = :b",
            b=brand.brand_id,
        )
        found[name] = sorted(repr(row) for row in rows)
    return found


@pytest.fixture(scope="module")
def undisturbed(stack: Stack, web: Service) -> dict[str, list[Any]]:
    brand = web.brand()
    brand.post(world(1500))
    worker = stack.worker()
    brand.drain()
    worker.terminate()
    worker.wait(20)
    found = tables(web, brand)
    assert len(found["order_credit"]) > 300
    assert len(found["membership"]) > 100
    return found


def test_killed_again_and_again(
    stack: Stack, web: Service, undisturbed: dict[str, list[Any]]
) -> None:
    brand = web.brand()
    brand.post(world(1500))
    killed = 0
    for _ in range(4):
        before = pending(web, brand)
        worker = stack.worker(HONGQUN_BATCH_EVENTS="60")
        deadline = time.monotonic() + 20
        while pending(web, brand) == before and before:
            assert time.monotonic() < deadline
            time.sleep(0.005)
        worker.kill()
        worker.wait()
        killed += before > 0
        # The dead one's lease, without waiting for its end.
        web.sql("UPDATE work_lease SET leased_until = now() - interval '1 second'")
    assert killed >= 3, "the deaths were to come in the middle"
    last = stack.worker()
    brand.drain(60)
    last.terminate()
    last.wait(20)
    assert tables(web, brand) == undisturbed
    assert brand.ask("/v1/dead-letters")["items"] == []


def test_two_at_once_have_no_double_effect(
    stack: Stack, web: Service, undisturbed: dict[str, list[Any]]
) -> None:
    brands = [web.brand() for _ in range(2)]
    pair = [stack.worker(HONGQUN_BATCH_EVENTS="100") for _ in range(3)]
    events = world(1500)
    for start in range(0, len(events), 250):
        for brand in brands:
            brand.post(events[start : start + 250])
    for brand in brands:
        brand.drain(60)
    for worker in pair:
        worker.terminate()
        assert worker.wait(20) == 0
    for brand in brands:
        assert tables(web, brand) == undisturbed
        assert brand.ask("/v1/dead-letters")["items"] == []


def test_another_takes_over_within_ten_seconds(
    stack: Stack, web: Service, settings: Settings
) -> None:
    """At the usual sweep, with Redis there and nobody sending wake-ups."""
    brand = web.brand()
    with_redis = msgspec.structs.replace(stack.settings, redis_url=f"{settings.redis_url}?db=2")
    brand.post([order(n, buyers=1_000) for n in range(3_000)])
    first = stack.worker(with_redis, HONGQUN_BATCH_EVENTS="10")
    deadline = time.monotonic() + 20
    while pending(web, brand) == 3_000:
        assert time.monotonic() < deadline
        time.sleep(0.01)
    first.kill()
    first.wait()
    left = pending(web, brand)
    assert left > 0
    web.sql(
        "UPDATE work_lease SET holder = 'x', leased_until = clock_timestamp()"
        " + interval '4 seconds' WHERE brand_id = :b",
        b=brand.brand_id,
    )  # as at its best
    second = stack.worker(with_redis)
    began = time.monotonic()
    while pending(web, brand) == left:
        assert time.monotonic() - began < 10.5
        time.sleep(0.02)
    brand.drain(60)
    assert counted(brand) == 3_000
    second.terminate()
    second.wait(20)


def test_a_large_brand_does_not_keep_a_small_one_waiting(stack: Stack, web: Service) -> None:
    large, small = web.brand(), web.brand()
    large.post([order(n, buyers=5_000) | {"time": TIME} for n in range(20_000)])
    worker = stack.worker()
    deadline = time.monotonic() + 20
    while pending(web, large) == 20_000:
        assert time.monotonic() < deadline
        time.sleep(0.01)
    waits: list[float] = []
    while pending(web, large) and len(waits) < 3:
        began = time.monotonic()
        small.post([order(len(waits))])
        small.drain(20)
        waits.append(time.monotonic() - began)
        assert counted(small) == len(waits)
    assert waits, "the large one was to be busy"
    assert max(waits) < 4
    large.drain(60)
    assert counted(large) == 20_000
    worker.terminate()
    worker.wait(20)
