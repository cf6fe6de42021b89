"""Facts, credits and answers are functions of the set of events: the state machine at work."""

from collections.abc import Iterator
from typing import Any

import pytest
from hypothesis import HealthCheck, settings
from hypothesis.stateful import run_state_machine_as_test
from litestar.testing import TestClient

from app.core.settings import Settings
from app.main import create_app
from tests.make import Service
from tests.properties.bench import Bench
from tests.properties.machine import BrandMachine

CALM: dict[str, Any] = {
    "deadline": None,
    "suppress_health_check": list(HealthCheck),
    "print_blob": True,
}


@pytest.fixture(scope="module")
def bench(settings: Settings) -> Iterator[Bench]:
    opened = Bench(settings)
    yield opened
    opened.close()


@pytest.fixture(scope="module")
def client(settings: Settings) -> Iterator[TestClient[Any]]:
    with TestClient(create_app(Service("", settings).as_role("web"))) as opened:
        yield opened


def machine(bench: Bench, client: TestClient[Any], each_step: bool) -> type[BrandMachine]:
    return type(
        "Machine",
        (BrandMachine,),
        {"bench": bench, "client": client, "check_each_step": each_step},
    )


@pytest.mark.parametrize("part", range(4))
def test_in_any_order(bench: Bench, client: TestClient[Any], part: int) -> None:
    """100 worlds of up to 30 steps, in four parts that run beside each other."""
    made = machine(bench, client, False)
    made.part = part
    run_state_machine_as_test(
        made, settings=settings(max_examples=25, stateful_step_count=30, **CALM)
    )


@pytest.mark.long
@pytest.mark.parametrize("part", range(4))
def test_in_any_order_at_length(bench: Bench, client: TestClient[Any], part: int) -> None:
    """1,000 worlds of up to 50 steps, checked after every step of work."""
    made = machine(bench, client, True)
    made.part = part
    run_state_machine_as_test(
        made, settings=settings(max_examples=250, stateful_step_count=50, **CALM)
    )
