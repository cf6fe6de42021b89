"""The same identity again: a duplicate or a conflict, within a request, across, and at once."""

import json
import threading
from typing import Any

import httpx

from tests.api.door import DOORS, Send, by_key, order, problem
from tests.make import Brand, Service


def send_all(brand: Brand, send: Send, *events: dict[str, Any]) -> Any:
    answer = send(brand, json.dumps(events).encode())
    assert answer.status_code in (202, 422), answer.text
    got = answer.json()
    return got["accepted"], got["duplicates"], [(r["index"], r["code"]) for r in got["rejected"]]


@DOORS
def test_within_one_request_the_first_stands(brand: Brand, send: Send) -> None:
    first, other = order("a"), order("a", amount=7)
    assert send_all(brand, send, first, other, first) == (1, 1, [(1, "id_conflict")])
    assert send_all(brand, send, other, first, other) == (
        0,
        1,
        [(0, "id_conflict"), (2, "id_conflict")],
    )
    brand.drain()
    share = brand.ask("/v1/metrics/gmv-share", start="2025-03-01", end="2025-03-02")
    assert share["total"] == {"orders": 1, "gmv": 100}


@DOORS
def test_across_requests_the_stored_one_stands(brand: Brand, send: Send) -> None:
    assert send_all(brand, send, order("a")) == (1, 0, [])
    same = order("a", time="2025-03-01T04:00:00.000000Z")
    assert send_all(brand, send, dict(reversed(same.items()))) == (0, 1, [])
    for other in (
        order("a", amount=101),
        order("a", time="2025-03-01T12:00:01+08:00"),
        order("a") | {"type": "order.placed"},
        order("a", mystery=1),
    ):
        assert send_all(brand, send, other) == (0, 0, [(0, "id_conflict")])


@DOORS
def test_a_rejected_event_leaves_its_identity_free(brand: Brand, send: Send) -> None:
    assert send_all(brand, send, order("a", amount=-1)) == (0, 0, [(0, "amount_out_of_range")])
    assert send_all(brand, send, order("a", amount=5)) == (1, 0, [])
    assert send_all(brand, send, order("b", amount=1.5), order("b")) == (1, 0, [(0, "invalid")])


def at_once(act: Any, times: int) -> list[Any]:
    barrier = threading.Barrier(times)
    answers: list[Any] = []

    def one(n: int) -> None:
        barrier.wait()
        answers.append(act(n))

    threads = [threading.Thread(target=one, args=(n,)) for n in range(times)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return answers


def test_at_once_exactly_one_is_accepted(brand: Brand, service: Service) -> None:
    for round_ in range(5):
        sent = json.dumps([order(f"{round_}-{n}") for n in range(50)]).encode()
        backwards = json.dumps([order(f"{round_}-{n}") for n in reversed(range(50))]).encode()

        def send(n: int, bodies: tuple[bytes, bytes] = (sent, backwards)) -> httpx.Response:
            return by_key(brand, bodies[n % 2])

        answers = at_once(send, 4)
        assert [a.status_code for a in answers] == [202] * 4
        assert sum(a.json()["accepted"] for a in answers) == 50
        assert sum(a.json()["duplicates"] for a in answers) == 150
    (row,) = service.sql("SELECT count(*) FROM event WHERE brand_id = :b", b=brand.brand_id)
    assert row[0] == 250


def test_at_once_with_other_content_one_wins(brand: Brand) -> None:
    def send(n: int) -> httpx.Response:
        return by_key(brand, json.dumps(order("a", amount=n)).encode())

    answers = at_once(send, 6)
    assert sorted(a.status_code for a in answers) == [202] + [422] * 5
    for answer in answers:
        if answer.status_code == 422:
            problem(answer, 422, "id_conflict", "/id")


def test_another_brand_has_its_own_identities(service: Service) -> None:
    one, other = service.brand(), service.brand()
    assert send_all(one, by_key, order("a")) == (1, 0, [])
    assert send_all(other, by_key, order("a", amount=7)) == (1, 0, [])
