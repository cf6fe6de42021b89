"""Instants and local dates as lists are asked by them."""

from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import msgspec

from app.core.clock import day_start
from app.core.moments import instant, local_date
from app.lists.condition import Range

DATE = len("2026-11-01")


class Moments(msgspec.Struct, frozen=True):
    """Reads instants, and dates of the brand's time zone; days are counted back from `now`."""

    zone: ZoneInfo
    now: datetime = msgspec.field(default_factory=lambda: datetime.now(UTC))

    def at(self, value: str) -> datetime:
        """The instant that `at` is.

        Raises:
            BadParameter: where it is none.
        """
        return instant("at", value)

    def range(self, field: str, low: str | None, high: str | None) -> Range:
        """From an instant or the begin of a date, until another; of `<field>_from`, `…_until`."""
        return Range(self.moment(f"{field}_from", low), self.moment(f"{field}_until", high))

    def moment(self, field: str, value: str | None) -> datetime | None:
        """An instant, or the first one of a local date.

        Raises:
            BadParameter: where it is neither.
        """
        if value is None:
            return None
        if len(value) <= DATE:
            return day_start(self.zone, local_date(field, value))
        return instant(field, value)
