"""What is posted: mixed events of a brand, and signed requests as the bytes that go out."""

import random
import time
from collections.abc import Callable, Iterator, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import msgspec

from app.ingest.signature import sign

LATE = 0.10
DOUBLE = 0.03
MIX = (
    ("message.sent", 80),
    ("member.joined", 5),
    ("member.left", 3),
    ("card.clicked", 5),
    ("order.paid", 5),
    ("note.measured", 1),
    ("message.recalled", 1),
)
"""Types in per cent: messages, joins and leaves, clicks, orders, the rest."""

TEXTS = ("这条项链还有货吗？", "昨天下单的什么时候发货呀", "好看！想回购", "链接发我一下谢谢", "OK")

Name = Callable[[int], str]
"""Gives the id of the n-th event."""


class Crowd(msgspec.Struct, frozen=True):
    """Of whom and what events tell: so many, and every how manieth of those that there are."""

    members: int = 20_000
    groups: int = 200
    notes: int = 300
    members_apart: int = 1
    groups_apart: int = 1


EVERYBODY = Crowd()
_types = [name for name, share in MIX for _ in range(share)]


def events(
    count: int,
    run: str,
    seed: int = 1,
    *,
    span: timedelta = timedelta(),
    crowd: Crowd = EVERYBODY,
    name: Name | None = None,
) -> Iterator[bytes]:
    """Events with ids that grow with time, some of them late; `run` makes the ids a run's own.

    They happened one after another over the span up to now. Other ids are those that `name` gives.
    """
    draw = random.Random(seed)
    began = datetime.now(UTC) - span
    for n in range(count):
        kind = _types[draw.randrange(100)]
        id_ = f"{run}-{n:09d}" if name is None else name(n)
        late = timedelta(hours=draw.randrange(1, 72)) if draw.random() < LATE else timedelta()
        yield msgspec.json.encode(
            {
                "specversion": "1.0",
                "id": id_,
                "type": kind,
                "time": (began + span * (n / count) - late).isoformat(timespec="milliseconds"),
                "data": _data(kind, id_, draw, crowd),
            }
        )


def ordered_ids() -> Name:
    """Ids that grow with time, as UUIDv7 and ULID: a time in milliseconds, then chance."""
    draw, began = random.Random(), time.time_ns() // 1_000_000
    return lambda n: str(UUID(int=(began + n // 10) << 80 | draw.getrandbits(80)))


def random_ids() -> Name:
    """Ids that are nothing but chance, as UUIDv4."""
    draw = random.Random()
    return lambda _: str(UUID(int=draw.getrandbits(128)))


def with_doubles(made: Sequence[bytes], seed: int = 1) -> list[bytes]:
    """The events with some of them sent once more, a while later."""
    draw = random.Random(seed)
    sent = list(made)
    for _ in range(int(len(made) * DOUBLE)):
        at = draw.randrange(len(made))
        sent.insert(min(len(sent), at + draw.randrange(1, 2_000)), made[at])
    return sent


def batches(made: Sequence[bytes], size: int) -> Iterator[bytes]:
    """The bodies of requests of so many events each, as JSON arrays."""
    for start in range(0, len(made), size):
        yield b"[" + b",".join(made[start : start + size]) + b"]"


def request(source_id: str, secret: str, body: bytes, number: int) -> bytes:
    """A signed delivery, from the request line to the end of its body."""
    now = int(time.time())
    webhook_id = f"msg_{now}_{number}"
    return (
        f"POST /v1/webhooks/{source_id} HTTP/1.1\r\nhost: 127.0.0.1\r\n"
        f"content-type: application/json\r\ncontent-length: {len(body)}\r\n"
        f"webhook-id: {webhook_id}\r\nwebhook-timestamp: {now}\r\n"
        f"webhook-signature: {sign(secret, webhook_id, now, body)}\r\n\r\n"
    ).encode() + body


def _data(kind: str, id_: str, draw: random.Random, crowd: Crowd) -> dict[str, Any]:
    number = draw.randrange(crowd.members)
    member = f"u{number * crowd.members_apart:07d}"
    group = f"g{number % crowd.groups * crowd.groups_apart:04d}"
    note = f"n{draw.randrange(crowd.notes):05d}"
    if kind == "order.paid":
        return {
            "order_id": f"o-{id_}",
            "buyer_id": member,
            "amount": draw.randrange(1_000, 100_000),
            "currency": "CNY",
            "items": [{"sku": f"sku{draw.randrange(97)}", "title": "珍珠耳环", "quantity": 1}],
        }
    if kind == "note.measured":
        return {"note_id": note, "views": draw.randrange(100_000), "likes": draw.randrange(5_000)}
    data: dict[str, Any] = {"group_id": group}
    if kind == "message.recalled":
        return data | {"message_id": f"m-{id_}"}
    data["member_id"] = member
    if kind == "message.sent":
        return data | {"message_id": f"m-{id_}", "kind": "text", "text": draw.choice(TEXTS)}
    if kind == "member.joined":
        return data | {"nickname": "小红", "source": {"kind": "note", "note_id": note}}
    if kind == "member.left":
        return data | {"reason": "left"}
    return data | {"card": {"note_id": note}}
