"""The accepted events, each once, in the order (time, event id, source)."""

from collections.abc import Iterable, Mapping
from typing import Any, NamedTuple

from .clock import instant


class Event(NamedTuple):
    """Events compare by the first three fields; texts by code point, which is as by UTF-8."""

    at: int
    id: str
    source: str
    type: str
    data: dict[str, Any]


def read(events: Iterable[Mapping[str, Any]], default_source: str) -> list[Event]:
    """Raw events, repeated and in any order; a field of data that is null is absent."""
    distinct: dict[tuple[str, str], Event] = {}
    for raw in events:
        identity = (raw.get("source") or default_source, raw["id"])
        if identity not in distinct:
            data = {field: value for field, value in raw["data"].items() if value is not None}
            distinct[identity] = Event(
                instant(raw["time"]), identity[1], identity[0], raw["type"], data
            )
    return sorted(distinct.values(), key=lambda event: event[:3])
