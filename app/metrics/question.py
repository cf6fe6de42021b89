"""What every question and every answer have in common: a brand, a window, an instant."""

from datetime import datetime
from typing import Any

import msgspec
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection

from app.core.clock import Window
from app.metrics.caveat import Caveat
from app.metrics.segments import NOBODY_PICKED, Picked

RULE_VERSION = 1
"""Counts up when a definition changes; numbers of different versions are not compared."""


class Dates(msgspec.Struct, frozen=True):
    """Local dates, start included and end excluded."""

    start: str
    end: str


class Answer(msgspec.Struct, frozen=True, kw_only=True):
    """What an answer was computed from, what its columns are called, and what it cannot tell."""

    metric: str
    rule_version: int
    window: Dates
    timezone: str
    currency: str
    as_of: datetime
    labels: dict[str, str] = {}
    caveats: list[Caveat] = []
    segment: Picked | msgspec.UnsetType = msgspec.UNSET


class Scope(msgspec.Struct, frozen=True, kw_only=True):
    """Whose numbers, of which local dates, as of when."""

    brand_id: int
    currency: str
    window: Window
    as_of: datetime
    present: bool = False
    """Whether all that is known had happened by as_of: then links and sums hold."""
    picked: Picked | None = None
    """The customers that are asked about, where it is not all of them; sums have no such."""

    @property
    def picks(self) -> dict[str, Any]:
        """The customers as the parameters of statements."""
        return NOBODY_PICKED if self.picked is None else self.picked.parameters

    @property
    def dates(self) -> dict[str, Any]:
        """The window as the parameters of statements that add up days and whole months."""
        first_month, last_month = self.window.whole_months
        return {
            "start": self.window.start,
            "end": self.window.end,
            "first_month": first_month,
            "last_month": last_month,
        }

    def used(self, metric: str) -> dict[str, Any]:
        """The fields of `Answer`."""
        return {
            "metric": metric,
            "rule_version": RULE_VERSION,
            "window": Dates(self.window.start.isoformat(), self.window.end.isoformat()),
            "timezone": self.window.zone.key,
            "currency": self.currency,
            "as_of": self.as_of,
            "segment": msgspec.UNSET if self.picked is None else self.picked,
        }


async def is_present(connection: AsyncConnection, brand_id: int, as_of: datetime) -> bool:
    """Whether all that is known of a brand had happened by an instant."""
    later = await connection.scalar(
        text("SELECT latest_at >= :as_of FROM horizon WHERE brand_id = :brand"),
        {"brand": brand_id, "as_of": as_of},
    )
    return not later
