"""What tests of runs share: a database of their own, workers that they may kill, and waiting."""

import subprocess
import sys
import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, TypeVar

from app.exports.weeks import Week, week_of
from tests.make import Brand, Service
from tests.stack import Stack

T = TypeVar("T")

OVER = ("done", "unchanged", "failed", "cancelled")


def until(found: Callable[[], T | None], seconds: float = 180) -> T:
    """What is found in the end."""
    end = time.monotonic() + seconds
    while True:
        if (value := found()) is not None:
            return value
        assert time.monotonic() < end, "it did not come"
        time.sleep(0.05)


def over(brand: Brand, export_id: str) -> Any:
    """An export once it is over."""

    def look() -> Any:
        found = brand.ask(f"/v1/exports/{export_id}")
        return found if found["state"] in OVER else None

    return until(look)


def ask(brand: Brand, **body: Any) -> Any:
    """The answer to asking for an export."""
    with brand.client as client:
        return client.post("/v1/exports", json=body)


def worker_that(stack: Stack, *words: str) -> subprocess.Popen[bytes]:
    """A worker that stops at a point, or whose clock is wrong."""
    command = [sys.executable, "-m", "tests.exports.worker", *words]
    return stack._start("worker", command, None)


def kill_at(stack: Stack, point: str, mark: Path) -> None:
    """Have a worker come to a point of its work, and die there."""
    worker = worker_that(stack, "--stop-at", point, "--mark", str(mark))
    until(lambda: mark.exists() or None)
    worker.kill()
    worker.wait()


def end_leases(service: Service) -> None:
    """As if the leases of those who died had run out; a test need not wait for that."""
    service.sql(
        "UPDATE export SET leased_until = now() - interval '1 second' WHERE state = 'running'"
    )


def weeks_ago(weeks: int) -> Week:
    """A week that ended so many weeks ago, or now."""
    return week_of(datetime.now(UTC).date() - timedelta(days=1)).plus(-weeks)


def order(order_id: str, at: str, amount: int = 10_000) -> dict[str, Any]:
    """A paid order."""
    return {
        "id": f"e-{order_id}",
        "type": "order.paid",
        "time": at,
        "data": {
            "order_id": order_id,
            "buyer_id": f"b-{order_id}",
            "amount": amount,
            "currency": "CNY",
        },
    }
