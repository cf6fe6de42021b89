"""The sample brand's numbers agree with a recount, in order, shuffled, and each event thrice."""

import random
from datetime import UTC, date, datetime
from functools import cache
from typing import Any

import pytest

from app.core.clock import microseconds
from app.demo import brand as sample
from app.demo.story import story
from tests.make import Service
from tests.oracle.ask import ask
from tests.oracle.compare import differences
from tests.oracle.world import World, build

END = date(2026, 11, 16)
WINDOW = {"start": "2026-05-18", "end": "2026-11-16", "as_of": "2026-11-16T00:00:00+08:00"}
QUESTIONS: list[tuple[str, dict[str, Any]]] = [
    ("/v1/metrics/gmv-share", WINDOW | {"bucket": "week"}),
    ("/v1/metrics/gmv-share", WINDOW | {"basis": "net_ledger", "bucket": "month"}),
    *(
        ("/v1/metrics/repurchase", WINDOW | {"kind": kind})
        for kind in ("window", "cohort", "returning")
    ),
]


@cache
def told() -> tuple[list[dict[str, Any]], World]:
    events = story(END)
    config = {"timezone": sample.TIMEZONE, "currency": sample.CURRENCY}
    return events, build(events, config)


def rearranged(how: str) -> list[dict[str, Any]]:
    events, _ = told()
    if how == "shuffled":
        return random.Random(1).sample(events, len(events))
    return [event for event in events for _ in range(3)] if how == "thrice" else events


@pytest.mark.parametrize("how", ["in order", "shuffled", "thrice"])
def test_numbers_agree_with_a_recount(service: Service, how: str) -> None:
    events, world = told()
    brand = service.brand(timezone=sample.TIMEZONE, currency=sample.CURRENCY)
    receipts = brand.post(rearranged(how))
    assert sum(receipt["accepted"] for receipt in receipts) == len(events)
    brand.drain()
    now = microseconds(datetime.now(UTC))
    for path, params in QUESTIONS:
        assert differences(ask(world, path, params, now), brand.ask(path, **params)) == []
    paid = [e["data"]["order_id"] for e in events if e["type"] == "order.paid"]
    for order_id in random.Random(2).sample(paid, 25):
        path = f"/v1/orders/{order_id}/explain"
        assert differences(ask(world, path, WINDOW, now), brand.ask(path, **WINDOW)) == []
