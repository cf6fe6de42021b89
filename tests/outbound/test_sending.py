"""One try by itself: what is sent, and each thing that can go wrong, as a stable code."""

import asyncio
import socket
import threading
import time
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from standardwebhooks import WebhookVerificationError

from app.crm.sources import new_secret
from app.outbound.addresses import BadAddress, literal, public, read_url
from app.outbound.deliver import MOST_KEPT, MOST_READ, Post, Sender
from app.outbound.outcome import Outcome
from app.outbound.retry import DELAYS, JITTER, LONGEST, next_try, wished
from tests.outbound.receiver import Receiver, receiving

BODY = '{"type":"export.ready","data":{"周":"第46周"}}'.encode()
NOW = datetime(2026, 11, 22, 6, tzinfo=UTC)


def post(url: str, *secrets: str) -> Post:
    return Post(url, secrets or (new_secret(),), "msg_1", int(time.time()), BODY)


def send(sender: Sender, asked: Post) -> Outcome:
    return asyncio.run(sender.send(asked))


@pytest.fixture
def trusting(receiver: Receiver) -> Sender:
    return Sender(anywhere=True, trusted=str(receiver.certificate))


def to(*addresses: str) -> Callable[[str, int], Awaitable[list[str]]]:
    """A name server that knows one answer."""

    async def resolve(host: str, port: int) -> list[str]:
        return list(addresses)

    return resolve


def test_the_verifier_accepts_it(receiver: Receiver, trusting: Sender) -> None:
    secret, other = new_secret(), new_secret()
    found = send(trusting, post(receiver.url("/plain?a=1"), secret))
    assert (found.code, found.status) == ("delivered", 204)
    (got,) = receiver.at("/plain?a=1")
    assert got.body == BODY
    assert got.headers["content-type"] == "application/json"
    assert got.headers["host"] == f"localhost:{receiver.port}"
    got.verified(secret)
    with pytest.raises(WebhookVerificationError):
        got.verified(other)


def test_during_a_rotation_both_secrets_sign(receiver: Receiver, trusting: Sender) -> None:
    new, old = new_secret(), new_secret()
    send(trusting, post(receiver.url("/both"), new, old))
    (got,) = receiver.at("/both")
    assert len(got.headers["webhook-signature"].split(" ")) == 2
    got.verified(new)
    got.verified(old)


@pytest.mark.parametrize(
    ("status", "code"), [(200, "delivered"), (299, "delivered"), (500, "status"), (410, "gone")]
)
def test_answers(receiver: Receiver, trusting: Sender, status: int, code: str) -> None:
    receiver.answers[f"/s{status}"] = status
    found = send(trusting, post(receiver.url(f"/s{status}")))
    assert (found.code, found.status, found.answer) == (code, status, "ok")


def test_redirects_are_not_followed(receiver: Receiver, trusting: Sender) -> None:
    where = receiver.url("/moved-here").encode()
    receiver.answers["/moved"] = b"HTTP/1.1 307 X\r\nlocation: %s\r\n\r\n" % where
    found = send(trusting, post(receiver.url("/moved")))
    assert (found.code, found.status) == ("status", 307)
    assert receiver.at("/moved-here") == []


def test_a_proxy_of_the_environment_is_not_used(
    receiver: Receiver, trusting: Sender, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("HTTPS_PROXY", "https_proxy", "ALL_PROXY"):
        monkeypatch.setenv(name, "http://127.0.0.1:9")
    assert send(trusting, post(receiver.url("/proxy"))).code == "delivered"


def test_an_answer_is_kept_in_short(receiver: Receiver, trusting: Sender) -> None:
    receiver.answers["/nul"] = b"HTTP/1.1 500 X\r\ncontent-length: 4\r\n\r\n\x00\xffab"
    assert send(trusting, post(receiver.url("/nul"))).answer == "\ufffd\ufffdab"


def test_an_endless_answer_is_cut_off(receiver: Receiver, trusting: Sender) -> None:
    written: list[int] = []
    ended = threading.Event()

    def endless(connection: socket.socket) -> None:
        try:
            connection.sendall(b"HTTP/1.1 200 X\r\n\r\n")
            while True:
                connection.sendall(b"x" * 16_384)
                written.append(16_384)
        finally:
            ended.set()

    receiver.answers["/endless"] = endless
    found = send(trusting, post(receiver.url("/endless")))
    assert (found.code, len(found.answer or "")) == ("delivered", MOST_KEPT)
    assert ended.wait(60), "the sender goes away"
    # What the buffers of both sides hold was written too, but no more.
    assert sum(written) < 64 * 1_048_576 and MOST_READ < 1_048_576


def drip(connection: socket.socket, first: bytes) -> None:
    connection.sendall(first)
    while True:
        connection.sendall(b"x")
        time.sleep(0.05)


def test_a_slow_answer_ends_in_time(receiver: Receiver) -> None:
    sender = Sender(anywhere=True, trusted=str(receiver.certificate), timeout=1)
    receiver.answers["/slow"] = lambda c: drip(c, b"HTTP/1.1 200 X\r\nx-")
    assert send(sender, post(receiver.url("/slow"))).code == "timeout"
    # It has said that it has it, though it does not come to an end.
    receiver.answers["/slow-body"] = lambda c: drip(c, b"HTTP/1.1 200 X\r\n\r\n")
    assert send(sender, post(receiver.url("/slow-body"))).code == "delivered"


@pytest.mark.parametrize(
    ("path", "said"),
    [
        ("/nonsense", b"hello\r\n\r\n"),
        ("/nothing", b""),
        ("/half", b"HTTP/1.1 200"),
        ("/headers", b"HTTP/1.1 200 X\r\n" + b"a: b\r\n" * 50_000),
    ],
)
def test_what_is_not_http(receiver: Receiver, trusting: Sender, path: str, said: bytes) -> None:
    receiver.answers[path] = said
    assert send(trusting, post(receiver.url(path))).code == "broken"


def test_nobody_there() -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))  # and does not listen
        url = f"https://127.0.0.1:{taken.getsockname()[1]}/"
        assert send(Sender(anywhere=True), post(url)).code == "connect"


def test_a_certificate_must_be_trusted(receiver: Receiver, tmp_path: Path) -> None:
    assert send(Sender(anywhere=True), post(receiver.url("/untrusted"))).code == "tls"
    trusted = str(receiver.certificate)
    sender = Sender(anywhere=True, trusted=trusted, resolve=to("127.0.0.1"))
    other = f"https://other.example:{receiver.port}/other-name"
    assert send(sender, post(other)).code == "tls", "it is of another name"
    with receiving(tmp_path, tls=False) as plain:
        assert send(sender, post(f"https://localhost:{plain.port}/")).code == "tls"
    assert receiver.at("/untrusted") == receiver.at("/other-name") == []


def test_a_name_without_an_address() -> None:
    assert send(Sender(), post("https://nowhere.invalid/")).code == "dns"


PRIVATE = (
    *("127.0.0.1", "10.1.2.3", "172.31.0.1", "192.168.0.1", "169.254.169.254", "100.64.0.1"),
    *("0.0.0.0", "192.0.0.8", "198.19.0.1", "224.0.0.1", "255.255.255.255", "::1", "::"),
    *("fe80::1", "fc00::1", "fd12::1", "ff02::1", "::ffff:127.0.0.1", "::ffff:10.0.0.1"),
    *("64:ff9b::a00:1", "2002:7f00:1::", "2001:db8::1", "2001::1", "fec0::1", "::127.0.0.1"),
)
PUBLIC = ("8.8.8.8", "1.1.1.1", "100.128.0.1", "2606:4700::1111", "64:ff9b::808:808")


@pytest.mark.parametrize("address", PRIVATE)
def test_private_addresses_are_refused(address: str) -> None:
    found = literal(address)
    assert found is not None and not public(found)
    with pytest.raises(BadAddress):
        read_url(f"https://{f'[{address}]' if ':' in address else address}/", anywhere=False)
    sender = Sender(resolve=to(address))
    assert send(sender, post("https://hooks.example/")).code == "refused_address"


@pytest.mark.parametrize("address", PUBLIC)
def test_public_addresses_are_not(address: str) -> None:
    found = literal(address)
    assert found is not None and public(found)
    read_url(f"https://{f'[{address}]' if ':' in address else address}:8443/x", anywhere=False)


@pytest.mark.parametrize(
    "url",
    [
        *("https://localhost/", "https://LOCALHOST./", "https://a.localhost/", "https://[::1]/"),
        *("https://127.1/", "https://2130706433/", "https://0x7f000001/", "https://017700000001/"),
        *("https://127.0.0.1.:443/", "https://[::ffff:7f00:1]/", "https://[fe80::1%25lo]/"),
    ],
)
def test_this_machine_by_any_name(receiver: Receiver, url: str) -> None:
    before = len(receiver.got)
    for each in (url, url.replace("https://", "http://")):
        assert send(Sender(), post(each)).code == "refused_address"
    assert len(receiver.got) == before


def test_a_name_that_is_rebound_leads_nowhere_else(receiver: Receiver) -> None:
    """What was checked is what is connected to: the name is not asked a second time."""
    asked = []

    async def rebinding(host: str, port: int) -> list[str]:
        asked.append(host)
        return ["127.0.0.1"] if len(asked) > 1 else ["127.0.0.1", "10.0.0.1"]

    trusted = str(receiver.certificate)
    sender = Sender(trusted=trusted, resolve=rebinding)
    url = f"https://rebound.example:{receiver.port}/rebound"
    assert send(sender, post(url)).code == "refused_address"
    assert asked == ["rebound.example"]
    assert send(sender, post(url)).code == "refused_address", "it is checked each time"
    assert receiver.at("/rebound") == []


@pytest.mark.parametrize(
    "url",
    [
        *("http://a.example/", "ftp://a.example/", "https://u:p@a.example/", "https://@a.example"),
        *("https://", "https:///x", "//a.example/", "a.example", "https://a.example/#x"),
        *("https://a.example:0/", "https://a.example:65536/", "https://a b.example/"),
        *("https://a.example/\n", "https://例子.example/", "https://a.example\\@b/", ""),
        *("https://a..example/", "https://[::1/", "https://a.example/" + "x" * 2_000),
    ],
)
def test_malformed_urls(url: str) -> None:
    with pytest.raises(BadAddress):
        read_url(url, anywhere=False)


def test_ten_tries_over_three_days() -> None:
    assert timedelta(days=3) < sum(DELAYS, timedelta()) < timedelta(days=4)
    for step, delay in enumerate(DELAYS, 1):
        found = next_try(step, NOW, None)
        assert found is not None and delay <= found - NOW <= delay * (1 + JITTER)
    assert len({next_try(5, NOW, None) for _ in range(20)}) > 1, "jitter"
    assert next_try(len(DELAYS) + 1, NOW, None) is None


@pytest.mark.parametrize(
    ("asked", "seconds"),
    [
        ("120", 120),
        (" 7 ", 7),
        ("99999999999999999999", LONGEST.total_seconds()),
        ("Sun, 22 Nov 2026 06:10:00 GMT", 600),
        *((nonsense, None) for nonsense in ("", "soon", "-5", "1.5", "٣", "Sun, 99 Nov", None)),
    ],
)
def test_retry_after(asked: str | None, seconds: Any) -> None:
    found = wished(asked, NOW)
    assert (None if found is None else found.total_seconds()) == seconds


def test_retry_after_only_makes_it_later() -> None:
    late = next_try(1, NOW, "3600")
    assert late is not None and late - NOW == timedelta(hours=1)
    soon = next_try(4, NOW, "1")
    assert soon is not None and soon - NOW >= DELAYS[3]
    never = next_try(1, NOW, "Fri, 01 Jan 2100 00:00:00 GMT")
    assert never is not None and never - NOW == LONGEST
