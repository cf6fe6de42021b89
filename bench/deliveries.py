"""What is posted: mixed events of a brand, and signed requests as the bytes that go out."""

import random
import time
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

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

GROUPS, MEMBERS, NOTES = 200, 20_000, 300
TEXTS = ("这条项链还有货吗？", "昨天下单的什么时候发货呀", "好看！想回购", "链接发我一下谢谢", "OK")

_types = [name for name, share in MIX for _ in range(share)]


def events(
    count: int, run: str, seed: int = 1, *, span: timedelta = timedelta()
) -> Iterator[bytes]:
    """Events with ids that grow with time, some of them late; `run` makes the ids a run's own.

    They happened one after another over the span up to now.
    """
    draw = random.Random(seed)
    began = datetime.now(UTC) - span
    for n in range(count):
        kind = _types[draw.randrange(100)]
        late = timedelta(hours=draw.randrange(1, 72)) if draw.random() < LATE else timedelta()
        yield msgspec.json.encode(
            {
                "specversion": "1.0",
                "id": f"{run}-{n:09d}",
                "type": kind,
                "time": (began + span * (n / count) - late).isoformat(timespec="milliseconds"),
                "data": _data(kind, f"{run}-{n}", draw),
            }
        )


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


def _data(kind: str, id_: str, draw: random.Random) -> dict[str, Any]:
    number = draw.randrange(MEMBERS)
    member, group = f"u{number:07d}", f"g{number % GROUPS:04d}"
    note = f"n{draw.randrange(NOTES):05d}"
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
