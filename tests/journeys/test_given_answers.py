"""Worlds and data sets with given answers, posted to the running service in both orders."""

import json
from pathlib import Path
from typing import Any

import httpx
import pytest

from tests.make import Brand, Service, lines
from tests.oracle.compare import differences
from tests.oracle.testdata import (
    ABSENT,
    Case,
    Question,
    datasets,
    load,
    present,
    read_events,
    worlds,
)

pytestmark = pytest.mark.skipif(not present(), reason=ABSENT)

ANSWERED = (
    "repurchase",
    "gmv-share",
    "explain",
    "funnel",
    "retention",
    "activity",
    "lives",
    "before-after",
)
"""The questions that the service answers so far."""


def asked(case: Case) -> list[Question]:
    return [q for q in case.questions if q.path.rsplit("/", 1)[-1] in ANSWERED]


def wrong(brand: Brand, questions: list[Question]) -> list[str]:
    found = []
    with brand.client as client:
        for question in questions:
            answer = client.get(question.path, params=question.params)
            got = answer.json() if answer.status_code == 200 else None
            found += [
                f"{question.name} {question.path} {json.dumps(question.params)}: {difference}"
                for difference in differences(question.answer, got)
            ]
    return found


def with_source(events: list[dict[str, Any]], source: str) -> list[dict[str, Any]]:
    return [{"source": source} | event for event in events]


def loaded(service: Service, config: dict[str, Any], path: Path) -> Brand:
    names = ("timezone", "currency", "identity_mode", "touch_hours", "live_grace_hours")
    brand = service.brand(**{name: config[name] for name in names})
    brand.post_lines(lines(with_source(read_events(path), config["source"])))
    brand.drain()
    return brand


@pytest.mark.parametrize("name", worlds())
@pytest.mark.parametrize("order", ["events", "arrival"])
def test_golden_world(service: Service, name: str, order: str) -> None:
    case = load(name)
    questions = asked(case)
    assert len(questions) > 50
    brand = loaded(service, case.config, getattr(case, order))
    assert wrong(brand, questions) == []


@pytest.mark.parametrize("name", datasets())
def test_data_set(service: Service, name: str) -> None:
    case = load(name)
    questions = asked(case)
    assert questions
    brand = loaded(service, case.config, case.events)
    assert wrong(brand, questions) == []


@pytest.mark.parametrize("size", [1, 7])
def test_small_batches(service: Service, size: int) -> None:
    """The same world, posted a few events at a time while the worker is at it."""
    case = load("5-fuzz")
    brand = service.brand(**{k: case.config[k] for k in ("timezone", "currency")})
    events = with_source(read_events(case.arrival), case.config["source"])
    with brand.client as client:
        for start in range(0, len(events), size):
            answer = client.post("/v1/events", json=events[start : start + size])
            assert answer.status_code == httpx.codes.ACCEPTED
    brand.drain()
    assert wrong(brand, asked(case)) == []
