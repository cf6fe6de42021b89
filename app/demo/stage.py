"""What every part of the story shares: one source of chance, one calendar, one event log."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from random import Random
from typing import Any, TypeAlias

from app.demo.clock import Window

Event: TypeAlias = dict[str, Any]


@dataclass
class Stage:
    """Collects what happens, and leaves out what would happen only after the window."""

    rng: Random
    window: Window
    happened: list[tuple[datetime, str, dict[str, Any]]] = field(default_factory=list)
    counts: dict[str, int] = field(default_factory=dict)

    def tell(self, at: datetime, kind: str, data: Mapping[str, Any]) -> None:
        """Records an event; optional fields given as None are left out."""
        if at < self.window.end:
            present = {name: value for name, value in data.items() if value is not None}
            self.happened.append((at, kind, present))

    def count(self, what: str) -> int:
        """The next number of this kind of thing, from 1."""
        self.counts[what] = self.counts.get(what, 0) + 1
        return self.counts[what]

    def new_id(self, prefix: str) -> str:
        """The next id with this prefix, such as "o00042"."""
        return f"{prefix}{self.count(prefix):05d}"

    def chance(self, percent: float) -> bool:
        """True in the given percentage of cases."""
        return self.rng.random() * 100 < percent

    def events(self) -> list[Event]:
        """Everything that happened, by time, with ids that name the window and the position."""
        # The sort is stable: what was told first at one instant stays first.
        ordered = sorted(self.happened, key=lambda entry: entry[0])
        prefix = f"demo-{self.window.start:%Y%m%d}"
        return [
            {
                "id": f"{prefix}-{position:05d}",
                "type": kind,
                "time": at.isoformat(timespec="seconds"),
                "data": data,
            }
            for position, (at, kind, data) in enumerate(ordered, 1)
        ]
