"""The figures of the summary: what each period's rows say, oldest first."""

from collections.abc import Mapping
from datetime import date
from decimal import Decimal
from typing import Any

import msgspec

from app.exports.frame import Frame

BASES = ("gross", "net", "net_ledger")
CELLS = ("member_and_touch", "member_only", "touch_only", "neither")
SEGMENTS = ("group", "non_group", "all")
Row = Mapping[str, Any]


class Period(msgspec.Struct, frozen=True):
    """One period: its rows of group share by basis, and of repurchase by segment."""

    name: str
    start: date
    end: date
    shares: dict[str, Row]
    repurchase: dict[str, Row]

    def share(self, column: str, basis: str = "gross") -> Any:
        """A figure of group share; None where there is none."""
        return self.shares.get(basis, {}).get(column)

    def buyers(self, column: str, segment: str) -> Any:
        """A figure of repurchase."""
        return self.repurchase.get(segment, {}).get(column)

    @property
    def group_gmv(self) -> int | None:
        """Money of orders in a member cell, or with a touch: all but `neither`."""
        parts = [self.share(f"{cell}_gmv") for cell in CELLS[:3]]
        return None if None in parts else sum(parts)


def periods_of(frames: Mapping[str, Frame]) -> list[Period]:
    """The periods of an export; none where it has no such table."""
    shares = _by_period(frames.get("group_share"), "basis")
    repurchase = _by_period(frames.get("repurchase"), "segment")
    made = []
    for name, rows in shares.items():
        first = next(iter(rows.values()))
        made.append(Period(name, first["start"], first["end"], rows, repurchase.get(name, {})))
    return sorted(made, key=lambda period: period.start)


def difference(now: Any, before: Any) -> Decimal | None:
    """now - before, exactly; None where one of them is not known."""
    return None if now is None or before is None else Decimal(now) - Decimal(before)


def growth(now: Any, before: Any) -> Decimal | None:
    """(now - before) / before; None where that cannot be said."""
    changed = difference(now, before)
    return None if changed is None or not before else changed / abs(Decimal(before))


def _by_period(frame: Frame | None, by: str) -> dict[str, dict[str, Row]]:
    found: dict[str, dict[str, Row]] = {}
    for batch in frame.batches() if frame is not None else ():
        for row in batch.to_pylist():
            found.setdefault(row["period"], {})[row[by]] = row
    return found
