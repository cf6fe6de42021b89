"""From what is told to what arrives: retries, switching off, the log, replay, crashes."""

import signal
import socket
import threading
import time
from typing import Any

import msgspec
import pytest
from sqlalchemy.ext.asyncio import AsyncConnection

from app.crm.tokens import random_text
from app.outbound import log
from app.outbound.messages import tell
from app.outbound.retry import DELAYS
from app.outbound.work import MOST_OF_ENDPOINT
from tests.make import Brand
from tests.outbound.sender import Outside, delivery, post, tried, wait_for

TRIES = len(DELAYS) + 1


def path() -> str:
    return f"/{random_text(12)}"


def state_is(state: str) -> Any:
    return lambda found: found["state"] == state


def stored(outside: Outside, brand: Brand) -> dict[str, int]:
    (row,) = outside.web.sql(
        "SELECT (SELECT count(*) FROM webhook_message WHERE brand_id = :b) AS messages,"
        " (SELECT count(*) FROM webhook_delivery WHERE brand_id = :b) AS deliveries,"
        " (SELECT count(*) FROM webhook_attempt WHERE brand_id = :b) AS attempts",
        b=brand.brand_id,
    )
    return dict(row._mapping)


def test_what_is_told_arrives_and_verifies(outside: Outside, brand: Brand) -> None:
    where = path()
    endpoint_id, secret = outside.endpoint(brand, where)
    outside.tell(brand, "m1", data={"周": "2026-W46", "rows": 3})
    (got,) = outside.receiver.wait(where)
    got.verified(secret)
    said = msgspec.json.decode(got.body)
    assert (got.id, said["type"]) == ("m1", "export.ready")
    assert said["data"] == {"周": "2026-W46", "rows": 3}
    assert set(said) == {"type", "timestamp", "data"}
    found = wait_for(brand, endpoint_id, "m1", state_is("delivered"))
    assert found["body"].encode() == got.body
    assert found["next_at"] is None and found["ended_at"] is not None
    (once,) = found["tries"]
    assert (once["n"], once["code"], once["status"], once["answer"]) == (1, "delivered", 204, None)


def test_what_is_not_committed_is_not_told(outside: Outside, brand: Brand) -> None:
    where = path()
    outside.endpoint(brand, where)

    async def break_off(connection: AsyncConnection) -> None:
        await tell(connection, brand.brand_id, "m1", "export.ready", {})
        raise KeyError("the export did not become one")

    with pytest.raises(KeyError):
        outside.web.within(break_off)
    assert stored(outside, brand) == {"messages": 0, "deliveries": 0, "attempts": 0}


def test_told_twice_comes_once(outside: Outside, brand: Brand) -> None:
    where, late = path(), path()
    outside.endpoint(brand, where)
    outside.tell(brand, "m1")
    outside.endpoint(brand, late)
    outside.tell(brand, "m1")
    outside.tell(brand, "m2")
    outside.receiver.wait(where, 2)
    outside.receiver.wait(late)
    assert sorted(got.id for got in outside.receiver.at(where)) == ["m1", "m2"]
    assert [got.id for got in outside.receiver.at(late)] == ["m2"]


def test_only_what_is_listened_to(outside: Outside, brand: Brand) -> None:
    where = path()
    endpoint_id, _ = outside.endpoint(brand, where, types=["export.revised"])
    outside.tell(brand, "m1", "metric.alarm")
    assert stored(outside, brand) == {"messages": 0, "deliveries": 0, "attempts": 0}
    outside.tell(brand, "m2", "export.revised")
    assert [got.id for got in outside.receiver.wait(where)] == ["m2"]
    test = post(brand, f"/v1/webhook-endpoints/{endpoint_id}/test")
    outside.receiver.wait(where, 2)
    assert outside.receiver.at(where)[1].id == test["message_id"]
    assert test["type"] == "webhook.test"


def test_brands_are_told_of_their_own(outside: Outside, brand: Brand) -> None:
    where, other = path(), outside.web.brand()
    outside.endpoint(brand, where)
    outside.tell(other, "theirs")
    outside.tell(brand, "ours")
    assert [got.id for got in outside.receiver.wait(where)] == ["ours"]
    assert stored(outside, other)["messages"] == 0


def test_an_id_must_not_have_a_full_stop(outside: Outside, brand: Brand) -> None:
    outside.endpoint(brand, path())
    for bad in ("a.b", "", "a b", "x" * 201):
        with pytest.raises(ValueError, match="id of a message"):
            outside.tell(brand, bad)


def test_three_days_of_tries_and_then_no_more(outside: Outside, brand: Brand) -> None:
    where = path()
    endpoint_id, secret = outside.endpoint(brand, where)
    outside.receiver.answers[where] = 500
    outside.tell(brand, "m1")
    for times in range(1, TRIES + 1):
        got = outside.receiver.wait(where, times)
        got[-1].verified(secret)  # by the time of this very try
        found = wait_for(brand, endpoint_id, "m1", tried(times))
        if times < TRIES:
            assert found["state"] == "pending" and found["tries"][0]["code"] == "status"
            assert brand.ask("/v1/status")["notices"] == []
            outside.hurry(brand, "m1")
    assert {each.id for each in got} == {"m1"}, "the id is stable"
    assert len({each.body for each in got}) == 1, "and so are the bytes"
    assert found["state"] == "failed" and found["next_at"] is None
    assert [each["n"] for each in found["tries"]] == list(range(TRIES, 0, -1))

    endpoint = brand.ask(f"/v1/webhook-endpoints/{endpoint_id}")
    assert endpoint["off"]["code"] == "failing"
    (notice,) = brand.ask("/v1/status")["notices"]
    assert (notice["code"], notice["endpoint_id"]) == ("webhook_switched_off", endpoint_id)
    assert notice["since"] == endpoint["off"]["since"]
    assert "status 500" in notice["detail"] and "m1" in notice["detail"]
    outside.tell(brand, "m2")
    assert stored(outside, brand)["messages"] == 1, "nobody listens any more"
    for refused in ("deliveries/m1/replay", "test"):
        with brand.client as client:
            answer = client.post(f"/v1/webhook-endpoints/{endpoint_id}/{refused}")
        assert (answer.status_code, answer.json()["code"]) == (409, "switched_off")

    outside.receiver.answers[where] = 200
    assert post(brand, f"/v1/webhook-endpoints/{endpoint_id}/enable")["off"] is None
    assert brand.ask("/v1/status")["notices"] == []
    post(brand, f"/v1/webhook-endpoints/{endpoint_id}/deliveries/m1/replay")
    got = outside.receiver.wait(where, TRIES + 1)
    got[-1].verified(secret)
    assert got[-1].id == "m1" and got[-1].body == got[0].body
    found = wait_for(brand, endpoint_id, "m1", state_is("delivered"))
    assert found["attempts"] == TRIES + 1


def test_the_next_try_waits(outside: Outside, brand: Brand) -> None:
    where = path()
    endpoint_id, _ = outside.endpoint(brand, where)
    outside.receiver.answers[where] = b"HTTP/1.1 429 X\r\nretry-after: 7200\r\n\r\n"
    outside.tell(brand, "m1")
    outside.receiver.wait(where)
    wait_for(brand, endpoint_id, "m1", tried(1))
    (row,) = outside.web.sql(
        "SELECT d.next_at - (a.at + make_interval(secs => a.took_ms / 1000.0)) AS delay"
        " FROM webhook_delivery AS d JOIN webhook_attempt AS a USING (brand_id, message_id)"
        " WHERE d.brand_id = :b",
        b=brand.brand_id,
    )
    assert row.delay.total_seconds() >= 7_190
    outside.receiver.answers[where] = 503
    outside.hurry(brand, "m1")
    wait_for(brand, endpoint_id, "m1", tried(2))
    found = delivery(brand, endpoint_id, "m1")
    assert found["state"] == "pending" and found["next_at"] > found["tries"][0]["at"]


def test_gone_switches_off_at_once(outside: Outside, brand: Brand) -> None:
    where = path()
    endpoint_id, _ = outside.endpoint(brand, where)
    outside.receiver.answers[where] = 500
    outside.tell(brand, "m1")
    wait_for(brand, endpoint_id, "m1", tried(1))
    outside.receiver.answers[where] = 410
    outside.tell(brand, "m2")
    found = wait_for(brand, endpoint_id, "m2", state_is("failed"))
    assert found["tries"][0]["code"] == "gone"
    assert brand.ask(f"/v1/webhook-endpoints/{endpoint_id}")["off"]["code"] == "gone"
    assert [n["endpoint_id"] for n in brand.ask("/v1/status")["notices"]] == [endpoint_id]
    assert delivery(brand, endpoint_id, "m1")["state"] == "stopped"


def test_a_test_is_sent_once(outside: Outside, brand: Brand) -> None:
    where = path()
    endpoint_id, _ = outside.endpoint(brand, where)
    outside.receiver.answers[where] = 500
    told = post(brand, f"/v1/webhook-endpoints/{endpoint_id}/test")
    wait_for(brand, endpoint_id, told["message_id"], state_is("failed"))
    assert brand.ask(f"/v1/webhook-endpoints/{endpoint_id}")["off"] is None


def test_a_rotation_overlaps(outside: Outside, brand: Brand) -> None:
    where = path()
    endpoint_id, old = outside.endpoint(brand, where)
    url = f"/v1/webhook-endpoints/{endpoint_id}/secret/rotate"
    new = post(brand, url)["secret"]
    outside.tell(brand, "m1")
    (got,) = outside.receiver.wait(where)
    got.verified(old)
    got.verified(new)
    outside.web.sql(
        "UPDATE webhook_endpoint SET old_secret_until = now() WHERE brand_id = :b",
        b=brand.brand_id,
    )
    outside.tell(brand, "m2")
    got = outside.receiver.wait(where, 2)[1]
    got.verified(new)
    assert len(got.headers["webhook-signature"].split()) == 1
    last = post(brand, url, at_once=True)["secret"]
    outside.tell(brand, "m3")
    got = outside.receiver.wait(where, 3)[2]
    got.verified(last)
    assert len(got.headers["webhook-signature"].split()) == 1


def test_a_slow_receiver_holds_up_nobody(outside: Outside, brand: Brand) -> None:
    slow, fast = path(), path()
    open_, inside, most = threading.Event(), [0], [0]
    lock = threading.Lock()

    def hold(connection: socket.socket) -> None:
        with lock:
            inside[0] += 1
            most[0] = max(most[0], inside[0])
        open_.wait(60)
        with lock:
            inside[0] -= 1
        connection.sendall(b"HTTP/1.1 204 X\r\n\r\n")

    outside.receiver.answers[slow] = hold
    try:
        endpoint_id, _ = outside.endpoint(brand, slow)
        for n in range(6):
            outside.tell(brand, f"m{n}")
        outside.receiver.wait(slow, MOST_OF_ENDPOINT)
        outside.endpoint(brand, fast)
        outside.tell(brand, "fast")
        outside.receiver.wait(fast)
        assert len(outside.receiver.at(slow)) == MOST_OF_ENDPOINT
    finally:
        open_.set()
    for n in range(6):
        wait_for(brand, endpoint_id, f"m{n}", state_is("delivered"))
    assert most[0] == MOST_OF_ENDPOINT
    assert {got.id for got in outside.receiver.at(slow)} == {f"m{n}" for n in range(6)} | {"fast"}


def test_a_worker_that_is_killed_in_the_middle(outside: Outside, brand: Brand) -> None:
    where = path()
    endpoint_id, secret = outside.endpoint(brand, where)
    hanging = threading.Event()
    outside.receiver.answers[where] = lambda connection: hanging.wait(60)
    outside.tell(brand, "m1")
    outside.receiver.wait(where)
    outside.worker.send_signal(signal.SIGKILL)
    outside.worker.wait()
    hanging.set()
    outside.receiver.answers[where] = 204
    outside.web.sql(
        "UPDATE webhook_delivery SET leased_until = now() - interval '1 second'"
        " WHERE brand_id = :b",
        b=brand.brand_id,
    )
    outside.worker = outside.start_worker()
    first, second = outside.receiver.wait(where, 2)
    assert (first.id, first.body) == (second.id, second.body)
    second.verified(secret)
    found = wait_for(brand, endpoint_id, "m1", state_is("delivered"))
    assert [each["code"] for each in found["tries"]] == ["delivered", "interrupted"]


def test_a_worker_that_ends_lets_go(outside: Outside, brand: Brand) -> None:
    """What is in hand when it is told to end is sent by the next one without waiting."""
    where = path()
    endpoint_id, _ = outside.endpoint(brand, where)
    hanging = threading.Event()
    outside.receiver.answers[where] = lambda connection: hanging.wait(60)
    outside.tell(brand, "m1")
    outside.receiver.wait(where)
    outside.worker.send_signal(signal.SIGTERM)
    assert outside.worker.wait(60) == 0
    hanging.set()
    (row,) = outside.web.sql(
        "SELECT state, leased_until < now() AS free FROM webhook_delivery WHERE brand_id = :b",
        b=brand.brand_id,
    )
    assert (row.state, row.free) == ("pending", True)
    outside.receiver.answers[where] = 204
    outside.worker = outside.start_worker()
    wait_for(brand, endpoint_id, "m1", state_is("delivered"))


def test_outside_of_development_nothing_goes_to_this_machine(
    outside: Outside, brand: Brand
) -> None:
    """An endpoint that was made where it was allowed leads nowhere where it is not."""
    where = path()
    endpoint_id, _ = outside.endpoint(brand, where)
    outside.worker.send_signal(signal.SIGTERM)
    outside.worker.wait(60)
    strict = outside.start_worker(HONGQUN_WEBHOOKS_TO_ANYWHERE="0")
    try:
        outside.tell(brand, "m1")
        found = wait_for(brand, endpoint_id, "m1", tried(1))
        assert found["tries"][0]["code"] == "refused_address"
        assert outside.receiver.at(where) == []
    finally:
        strict.send_signal(signal.SIGTERM)
        strict.wait(60)
        outside.worker = outside.start_worker()


def test_messages_are_forgotten_after_ninety_days(outside: Outside, brand: Brand) -> None:
    where = path()
    endpoint_id, _ = outside.endpoint(brand, where)
    for name in ("old", "young"):
        outside.tell(brand, name)
        wait_for(brand, endpoint_id, name, state_is("delivered"))
    for days, left in ((89, 2), (91, 1)):
        outside.web.sql(
            "UPDATE webhook_message SET created_at = now() - make_interval(days => :days)"
            " WHERE brand_id = :b AND message_id = 'old'",
            b=brand.brand_id,
            days=days,
        )
        assert outside.web.within(lambda c: log.forget(c, brand.brand_id)) is False
        assert stored(outside, brand) == dict.fromkeys(("messages", "deliveries", "attempts"), left)
    assert delivery(brand, endpoint_id, "old") is None


def test_the_log_in_pages(outside: Outside, brand: Brand) -> None:
    where = path()
    endpoint_id, _ = outside.endpoint(brand, where)
    outside.receiver.answers[where] = 500
    for n in range(5):
        outside.tell(brand, f"m{n}")
        time.sleep(0.001)
    url = f"/v1/webhook-endpoints/{endpoint_id}/deliveries"
    seen: list[str] = []
    cursor: dict[str, str] = {}
    while True:
        page = brand.ask(url, limit=2, **cursor)
        seen += [each["message_id"] for each in page["items"]]
        if page["next"] is None:
            break
        cursor = {"cursor": page["next"]}
    assert seen == ["m4", "m3", "m2", "m1", "m0"]
    assert len(brand.ask(url, state="pending")["items"]) == 5
    assert brand.ask(url, state="delivered")["items"] == []
    with brand.client as client:
        assert client.get(url, params={"state": "lost"}).status_code == 400
        assert client.get(url, params={"cursor": "x"}).status_code == 400
        other = outside.web.brand()
    with other.client as client:
        assert client.get(url).status_code == 404
