"""Web processes that end, are killed or have no room: what was answered by a 202 is stored once."""

import asyncio
import contextlib
import os
import signal
import socket
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest

from app.crm import sources
from app.ingest.signature import sign
from tests.api.door import by_key, by_webhook, problem
from tests.intake.door import raw, shut, stored, until_blocked
from tests.make import Brand, Service
from tests.stack import Stack

CLIENTS = 16


class Posting:
    """Clients that post events of their own one after another, and note what was answered."""

    def __init__(self, brand: Brand) -> None:
        self.brand = brand
        self.sent: list[str] = []
        self.taken: list[str] = []
        self.refused: list[str] = []
        self.over = threading.Event()
        self._threads = [threading.Thread(target=self._post, args=(n,)) for n in range(CLIENTS)]
        for thread in self._threads:
            thread.start()

    def stop(self) -> None:
        self.over.set()
        for thread in self._threads:
            thread.join(60)

    def until(self, count: int) -> None:
        """Wait until so many were answered by a 202."""
        until = time.monotonic() + 60
        while len(self.taken) < count:
            assert time.monotonic() < until, len(self.taken)
            time.sleep(0.01)

    def _post(self, client: int) -> None:
        with httpx.Client(base_url=self.brand.base, timeout=60, trust_env=False) as http:
            for n in range(100_000):
                if self.over.is_set():
                    return
                id_ = f"{client}-{n}"
                self.sent.append(id_)
                good = n % 5 != 4
                # Every fifth is bad: it is answered by a 422, or not at all.
                body = raw(id_) if good else raw(id_, amount=-1)
                with contextlib.suppress(httpx.HTTPError):
                    status = http.post(self._path, content=body, headers=self._signed(body))
                    (self.taken if status.status_code == 202 else self.refused).append(id_)
                    assert not good or status.status_code in (202, 503)

    @property
    def _path(self) -> str:
        return f"/v1/webhooks/{self.brand.source_id}"

    def _signed(self, body: bytes) -> dict[str, str]:
        now = int(time.time())
        return {
            "content-type": "application/json",
            "webhook-id": "m1",
            "webhook-timestamp": str(now),
            "webhook-signature": sign(self.brand.secret, "m1", now, body),
        }


@contextlib.contextmanager
def posting(brand: Brand) -> Iterator[Posting]:
    clients = Posting(brand)
    try:
        yield clients
    finally:
        clients.stop()


def check(clients: Posting, host: Service, brand: Brand) -> None:
    """All that was taken is stored, and nothing that was refused; the rest may be, once."""
    found = set(stored(host, brand))
    assert set(clients.taken) <= found
    assert not found & set(clients.refused)
    assert found <= set(clients.sent)


def children(pid: int) -> list[int]:
    listed = Path(f"/proc/{pid}/task/{pid}/children").read_text()
    return [int(each) for each in listed.split()]


def test_a_killed_web_process_loses_and_doubles_nothing(stack: Stack, host: Service) -> None:
    web = stack.web()
    brand = web.brand()
    process = stack.processes[-1]
    with posting(brand) as clients:
        clients.until(200)
        for worker in children(process.pid):
            os.kill(worker, signal.SIGKILL)
        process.kill()
        process.wait(30)
    check(clients, host, brand)
    # Whoever got no answer sends the same again, to another process.
    again = stack.web()
    brand.base = again.base
    before = set(stored(host, brand))
    unanswered = [x for x in clients.sent if x not in {*clients.taken, *clients.refused}]
    for id_ in unanswered:
        bad = int(id_.partition("-")[2]) % 5 == 4
        if not bad:
            receipt = by_webhook(brand, raw(id_)).json()
            assert receipt["duplicates"] == (id_ in before)
    check(clients, host, brand)


def test_a_web_process_that_is_asked_to_end_answers_what_it_has_taken(
    stack: Stack, host: Service
) -> None:
    web = stack.web()
    brand = web.brand()
    process = stack.processes[-1]
    with posting(brand) as clients:
        clients.until(200)
        process.terminate()
        assert process.wait(60) is not None
    check(clients, host, brand)


def test_what_waits_when_a_web_process_is_asked_to_end_is_stored(
    stack: Stack, host: Service
) -> None:
    web = stack.web()
    brand = web.brand()
    process = stack.processes[-1]
    answers: dict[str, int] = {}

    def post(id_: str) -> None:
        with contextlib.suppress(httpx.HTTPError):  # it came too late
            answers[id_] = by_webhook(brand, raw(id_)).status_code

    async def go() -> None:
        async with shut(host.settings) as holder:
            posts = [asyncio.create_task(asyncio.to_thread(post, x)) for x in "abcd"]
            await until_blocked(holder)
            await arrived(brand)
            process.terminate()
            await asyncio.sleep(0.2)
        await asyncio.gather(*posts, return_exceptions=True)

    asyncio.run(go())
    process.wait(60)
    assert set(answers.values()) == {202}
    assert set(stored(host, brand)) == set(answers)


async def arrived(brand: Brand) -> None:
    """Wait until a process has read what was sent to it: it has answered what came later."""
    for _ in range(3):
        await asyncio.to_thread(by_webhook, brand, b"{}", signature="v1,x")
        await asyncio.sleep(0.1)


def test_who_hangs_up_loses_nothing(stack: Stack, host: Service) -> None:
    web = stack.web()
    brand = web.brand()
    port = int(web.base.rpartition(":")[2])

    async def go() -> None:
        async with shut(host.settings) as holder:
            for id_ in "abcd":
                body, now = raw(id_), int(time.time())
                head = (
                    f"POST /v1/webhooks/{brand.source_id} HTTP/1.1\r\nhost: h\r\n"
                    f"content-type: application/json\r\ncontent-length: {len(body)}\r\n"
                    f"webhook-id: m1\r\nwebhook-timestamp: {now}\r\n"
                    f"webhook-signature: {sign(brand.secret, 'm1', now, body)}\r\n\r\n"
                )
                with socket.create_connection(("127.0.0.1", port)) as line:
                    line.sendall(head.encode() + body)
                    await until_blocked(holder)
                    await arrived(brand)

    asyncio.run(go())
    until = time.monotonic() + 30
    while len(stored(host, brand)) < 4 and time.monotonic() < until:
        time.sleep(0.05)
    assert set(stored(host, brand)) == set("abcd")


@pytest.mark.parametrize("limit", ["HONGQUN_INTAKE_EVENTS", "HONGQUN_INTAKE_BYTES"])
def test_without_room_it_says_so_and_takes_in_again_later(
    stack: Stack, host: Service, limit: str
) -> None:
    few: dict[str, Any] = {limit: "2"}
    web = stack.web(**few)
    brand = web.brand()

    async def go() -> int:
        async with shut(host.settings) as holder:
            waiting = asyncio.create_task(asyncio.to_thread(by_webhook, brand, raw("a")))
            await until_blocked(holder)
            for send in (by_webhook, by_key):
                answer = await asyncio.to_thread(
                    send, brand, b"[" + raw("b") + b"," + raw("c") + b"]"
                )
                problem(answer, 503, "busy")
                assert int(answer.headers["retry-after"]) > 0
            large = b"[" + raw("d", reason="x" * 1_000_000) + b"]"
            problem(await asyncio.to_thread(by_webhook, brand, large), 503, "busy")
        return (await waiting).status_code

    assert asyncio.run(go()) == 202
    assert set(stored(host, brand)) == {"a"}
    assert by_webhook(brand, raw("b")).status_code == 202


def address_of(web: Service) -> tuple[str, int]:
    return "127.0.0.1", int(web.base.rpartition(":")[2])


def test_what_is_being_read_takes_room(stack: Stack, host: Service) -> None:
    web = stack.web(HONGQUN_INTAKE_BYTES="1200000")
    brand, other = web.brand(), web.brand()
    slow = b"[" + b" " * 500_000 + raw("a") + b"]"
    large = b"[" + b" " * 200_000 + raw("b") + b"]"
    until = time.monotonic() + 60
    with contextlib.ExitStack() as lines:
        while True:
            line = lines.enter_context(socket.create_connection(address_of(web)))
            line.sendall(
                b"POST /v1/events HTTP/1.1\r\nhost: x\r\ncontent-type: application/json\r\n"
                + f"authorization: Bearer {brand.key}\r\n".encode()
                + f"content-length: {len(slow)}\r\nconnection: close\r\n\r\n".encode()
                + slow[:-100]
            )
            time.sleep(0.2)
            answer = by_key(other, large)
            if answer.status_code == 503:
                break
            # It was there before the slow one, which was refused then, or had no look at it yet.
            assert answer.status_code == 202, answer.text
            assert time.monotonic() < until
            lines.close()
        problem(answer, 503, "busy")
        assert by_key(other, raw("c")).status_code == 202
        line.sendall(slow[-100:])
        line.settimeout(30)
        assert line.recv(100).startswith(b"HTTP/1.1 202")
    assert by_key(other, large).status_code == 202
    assert set(stored(host, brand)) == {"a"}
    assert set(stored(host, other)) == {"b", "c"}


def test_a_source_that_is_gone_is_gone_at_once(stack: Stack, host: Service) -> None:
    web = stack.web()
    brand = web.brand()
    assert by_webhook(brand, raw("a")).status_code == 202
    with brand.client as client:
        secret = host.within(lambda c: sources.rotate(c, brand.brand_id, brand.source_id, 0))
        problem(by_webhook(brand, raw("b")), 401, "bad_signature")
        assert secret is not None
        brand.secret = secret
        assert by_webhook(brand, raw("b")).status_code == 202
        assert client.delete(f"/v1/sources/{brand.source_id}").status_code == 204
    problem(by_webhook(brand, raw("c")), 404, "not_found")


def test_the_currency_of_now_counts(stack: Stack) -> None:
    web = stack.web()
    brand = web.brand()
    bad = by_webhook(brand, raw("a", currency="USD"))
    problem(bad, 422, "currency_mismatch", "/data/currency")
    with brand.client as client:
        changed = client.patch("/v1/brand", json={"currency": "USD"})
        assert changed.status_code == 200, changed.text
    assert by_webhook(brand, raw("a", currency="USD")).status_code == 202
    assert by_key(brand, raw("b", currency="USD")).status_code == 202
