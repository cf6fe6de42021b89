"""Reading events in tests: one that is fine, and what becomes of its variations."""

import json
from datetime import UTC, datetime
from typing import Any

from app.ingest.decode import Accepted, Rejection, Sender, read_event

from .contract import TYPES

NOW = datetime(2025, 6, 1, 12, tzinfo=UTC)
SENDER = Sender("src_1", "CNY")
ORDER_PAID = (
    '{"id": "e1", "type": "order.paid", "time": "2025-03-01T12:00:00+08:00", "data":'
    ' {"order_id": "o1", "buyer_id": "b1", "currency": "CNY", "amount": AMOUNT}}'
)


def event(type_: str = "order.paid", more: dict[str, Any] | None = None, **attributes: Any) -> Any:
    """An event with the required data of its type and more; an attribute of None is null."""
    data = TYPES[type_][0] | (more or {})
    time = "2025-03-01T12:00:00+08:00"
    return {"id": "e1", "type": type_, "time": time, "data": data} | attributes


def read(event: Any, sender: Sender = SENDER) -> Accepted | Rejection:
    """What becomes of an event, given as a value, a text or bytes."""
    if isinstance(event, dict):
        event = json.dumps(event)
    raw = event if isinstance(event, bytes) else event.encode()
    return read_event(raw, sender, NOW)


def accepted(event: Any, sender: Sender = SENDER) -> Accepted:
    """The event as accepted; fails where it is rejected."""
    verdict = read(event, sender)
    assert isinstance(verdict, Accepted), verdict
    return verdict


def refused(event: Any, sender: Sender = SENDER) -> tuple[str, str | None]:
    """The code and the field of a rejection; fails where the event is accepted."""
    verdict = read(event, sender)
    assert isinstance(verdict, Rejection), verdict
    assert verdict.detail.endswith(".")
    assert len(verdict.detail) < 400
    return verdict.code, verdict.field
