"""An event that cannot be projected: put off, then a dead letter; everybody else goes on."""

import json
import time
from collections.abc import Callable

import pytest

from tests.api.door import problem
from tests.make import Brand, Service
from tests.stack import Stack
from tests.workers.events import TIME, counted, order, orders, pending, slip_in

POISON = {
    "no JSON": '{"id": "poison", ',
    "unknown type": '{"id": "poison", "type": "order.teleported", "time": "x", "data": {}}',
    "a time that is none": json.dumps(order(7) | {"time": "yesterday"}),
    "what the database refuses": json.dumps(order(7) | {"time": "9999-12-31T23:59:59-23:00"}),
}


@pytest.fixture(scope="module", autouse=True)
def worker(stack: Stack) -> None:
    stack.worker()


def until(happens: Callable[[], bool], seconds: float = 20) -> None:
    deadline = time.monotonic() + seconds
    while not happens():
        assert time.monotonic() < deadline
        time.sleep(0.05)


def hurry(web: Service, brand: Brand) -> tuple[int, float, str]:
    """End the pause of the brand's event: its attempts, how long the pause was, and why."""
    found = web.sql(
        "WITH was AS (SELECT event_no, next_attempt_at, attempts, last_error FROM pending_event"
        "  WHERE brand_id = :b AND next_attempt_at > now() FOR UPDATE)"
        " UPDATE pending_event AS p SET next_attempt_at = now() FROM was"
        " WHERE p.brand_id = :b AND p.event_no = was.event_no"
        " RETURNING was.attempts, extract(EPOCH FROM was.next_attempt_at - now()), was.last_error",
        b=brand.brand_id,
    )
    return (found[0][0], float(found[0][1]), found[0][2]) if found else (0, 0.0, "")


@pytest.mark.parametrize("what", POISON)
def test_it_becomes_a_dead_letter(web: Service, what: str) -> None:
    brand, other = web.brand(), web.brand()
    slip_in(web, brand, POISON[what])
    brand.post(orders(40))
    other.post(orders(10))
    other.drain(20)
    until(lambda: counted(brand) == 40)
    assert counted(other) == 10
    assert pending(web, brand) == 1
    assert brand.ask("/v1/dead-letters")["items"] == []

    pauses: dict[int, float] = {}
    deadline = time.monotonic() + 40
    while pending(web, brand):
        attempts, seconds, why = hurry(web, brand)
        if attempts:
            assert why
            pauses[attempts] = max(seconds, pauses.get(attempts, 0))
        assert time.monotonic() < deadline
        time.sleep(0.02)
    # The first pause is short, and may be seen late, or not at all.
    assert sorted(pauses) in ([1, 2, 3, 4], [2, 3, 4])
    for attempts, most in ((2, 5), (3, 15), (4, 60)):
        assert most / 3 < pauses[attempts] < most + 1, "ever longer"

    (letter,) = brand.ask("/v1/dead-letters")["items"]
    assert letter["code"] == "projection_failed"
    assert letter["raw"] == POISON[what]
    assert letter["source"] == "api"
    assert letter["detail"]
    brand.drain()  # nothing waits for it


def test_after_a_repair_its_retry_succeeds(web: Service) -> None:
    brand = web.brand()
    slip_in(web, brand, POISON["no JSON"])
    bury(web, brand)
    (letter,) = brand.ask("/v1/dead-letters")["items"]
    path = f"/v1/dead-letters/{letter['id']}/retry"
    with brand.client as client:
        corrected = client.post(path, json={"event": order(7) | {"id": "poison"}})
        problem(corrected, 422, "id_conflict", "/id")
        assert client.post(path).status_code == 202
        bury(web, brand)  # nothing was repaired
        (letter,) = brand.ask("/v1/dead-letters")["items"]
        repaired = json.dumps(order(7) | {"id": "poison", "time": TIME})
        web.sql("UPDATE event SET raw = :r WHERE brand_id = :b", r=repaired, b=brand.brand_id)
        answer = client.post(f"/v1/dead-letters/{letter['id']}/retry")
        assert (answer.status_code, answer.json()["accepted"]) == (202, 1)
    brand.drain(20)
    assert counted(brand) == 1
    assert brand.ask("/v1/dead-letters")["items"] == []


def bury(web: Service, brand: Brand) -> None:
    """Let the attempts of the only pending event run out."""
    web.sql("UPDATE pending_event SET attempts = 4 WHERE brand_id = :b", b=brand.brand_id)
    until(lambda: hurry(web, brand) is not None and not pending(web, brand))


def test_a_fault_of_one_brand_does_not_stop_the_others(web: Service) -> None:
    sick, well = web.brand(), web.brand()
    web.sql(
        "CREATE FUNCTION sick() RETURNS trigger LANGUAGE plpgsql AS"
        " $$ BEGIN RAISE EXCEPTION 'sick'; END $$"
    )
    web.sql(
        "CREATE TRIGGER sick BEFORE INSERT ON order_credit FOR EACH ROW"
        f" WHEN (NEW.brand_id = {sick.brand_id}) EXECUTE FUNCTION sick()"
    )
    try:
        sick.post(orders(5))
        for n in range(8):
            began = time.monotonic()
            well.post([order(n)])
            well.drain(10)
            assert time.monotonic() - began < 4
            assert counted(well) == n + 1
        status = sick.ask("/v1/status")
        assert status["pending_recomputes"] > 0
        assert status["oldest_pending_seconds"] >= 0
    finally:
        web.sql("DROP TRIGGER sick ON order_credit")
    sick.drain(15)
    assert counted(sick) == 5
    assert sick.ask("/v1/dead-letters")["items"] == []
