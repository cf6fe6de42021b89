"""Events told as a text, a line each: local time in March 2025, type, and what its data has."""

import hashlib
from typing import Any

from tests.make import Brand, Service

AS_OF = "2025-05-01T00:00:00+08:00"
MARCH = {"start": "2025-03-01", "end": "2025-04-01", "as_of": AS_OF}


def at(day: str, time: str = "00:00") -> str:
    """An instant in Shanghai, as "03-04", "12:30"."""
    return f"2025-{day}T{time if time.count(':') == 2 else time + ':00'}+08:00"


def event(line: str) -> dict[str, Any]:
    """03-04 12:30 order.paid order_id=o1 buyer_id=ann amount=100 touch.live_id=l1

    The same line is always the same event.
    """
    day, time, type_, *fields = line.split()
    data: dict[str, Any] = {"currency": "CNY"} if type_ == "order.paid" else {}
    for field in fields:
        name, _, value = field.partition("=")
        outer, _, inner = name.rpartition(".")
        inside = data.setdefault(outer, {}) if outer else data
        inside[inner] = int(value) if inner == "amount" else value
    id_ = hashlib.sha256(line.encode()).hexdigest()
    return {"id": id_, "type": type_, "time": at(day, time), "data": data}


def events(text: str) -> list[dict[str, Any]]:
    """The events of a text."""
    return [event(" ".join(line.split())) for line in text.splitlines() if line.strip()]


def told(service: Service, text: str, **settings: Any) -> Brand:
    """A new brand of which all this is known."""
    brand = service.brand(**settings)
    tell(brand, text)
    return brand


def tell(brand: Brand, text: str) -> None:
    """Add to what is known, and wait until it counts."""
    brand.post(events(text))
    brand.drain()
