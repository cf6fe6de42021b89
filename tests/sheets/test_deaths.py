"""Workers die in the middle of an import, and another goes on behind what was committed."""

import time
from collections.abc import Iterator
from typing import Any

import pytest

from app.core.settings import Settings
from tests.make import Brand
from tests.sheets.files import csv, over, upload
from tests.stack import Stack, migrated_database, stack_on

ROWS = 30_000


@pytest.fixture
def stack(settings: Settings) -> Iterator[Stack]:
    with migrated_database(settings) as empty, stack_on(empty) as stack:
        yield stack


def wait(brand: Brand, import_id: str, rows: int) -> Any:
    """The import once so many rows are read."""
    until = time.monotonic() + 120
    while True:
        found = brand.ask(f"/v1/imports/{import_id}")
        if found["rows"] >= rows or found["state"] != "running":
            return found
        assert time.monotonic() < until, found
        time.sleep(0.01)


def test_a_killed_worker_loses_and_doubles_nothing(stack: Stack) -> None:
    service = stack.web()
    brand = service.brand()
    lines = [f"o{n},b{n % 1000},100,2025-03-01 12:00:00" for n in range(ROWS)]
    # A row that says something else of an order of long before is found after the kill, too.
    lines.append("o0,b0,999,2025-03-01 12:00:00")
    content = csv("order_id,buyer_id,amount,paid_at", *lines)
    answer = upload(brand, content, kind="orders", amounts="fen")
    import_id = answer.json()["id"]
    assert answer.json()["state"] == "queued", "no worker is there yet"
    worker = stack.worker()
    until = time.monotonic() + 60
    while brand.ask(f"/v1/imports/{import_id}")["state"] == "queued":
        assert time.monotonic() < until
        time.sleep(0.05)
    found = wait(brand, import_id, 3_000)
    worker.kill()
    worker.wait()
    found = brand.ask(f"/v1/imports/{import_id}")
    assert found["state"] == "running"
    assert 3_000 <= found["rows"] < ROWS
    # Its lease runs out; a test need not wait for that.
    service.sql("UPDATE sheet_import SET leased_until = now()")
    stack.worker()
    found = over(brand, import_id)
    assert (found["state"], found["rows"], found["accepted"], found["rejected"]) == (
        "done",
        ROWS + 1,
        ROWS,
        1,
    )
    assert found["problems"] == {"repeated": 1}
    assert service.sql("SELECT count(*) FROM event")[0][0] == ROWS
    brand.drain()
    share = brand.ask("/v1/metrics/gmv-share", start="2025-03-01", end="2025-03-02")
    assert share["total"] == {"orders": ROWS, "gmv": 100 * ROWS}


def test_one_that_is_cancelled_stops(stack: Stack) -> None:
    service = stack.web()
    brand = service.brand()
    lines = [f"m{n},x" for n in range(ROWS)]
    import_id = upload(brand, csv("member_id,nickname", *lines), kind="customers").json()["id"]
    waiting = upload(brand, csv("member_id,nickname", "m1,x"), kind="customers").json()["id"]
    with brand.client as client:
        assert client.post(f"/v1/imports/{waiting}/cancel").json()["state"] == "cancelled"
    stack.worker()
    until = time.monotonic() + 60
    while brand.ask(f"/v1/imports/{import_id}")["rows"] == 0:
        assert time.monotonic() < until
        time.sleep(0.01)
    with brand.client as client:
        answer = client.post(f"/v1/imports/{import_id}/cancel")
    assert answer.json()["state"] == "cancelled", answer.text
    rows = answer.json()["rows"]
    assert rows < ROWS
    time.sleep(1)
    assert brand.ask(f"/v1/imports/{import_id}")["rows"] == rows
    assert service.sql("SELECT count(*) FROM event")[0][0] == rows
    assert service.sql("SELECT count(*) FROM sheet_chunk")[0][0] == 0


def test_one_over_which_workers_die_again_and_again_is_given_up(stack: Stack) -> None:
    service = stack.web()
    brand = service.brand()
    import_id = upload(brand, csv("member_id", "m1"), kind="customers").json()["id"]
    service.sql("UPDATE sheet_import SET attempts = 3, state = 'running', leased_until = now()")
    stack.worker()
    found = over(brand, import_id)
    assert (found["state"], found["code"]) == ("failed", "interrupted")
