"""What tests of kept numbers do: tell events, keep at some instant, and read what was kept."""

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from datetime import datetime, timedelta
from typing import Any, TypeVar

from sqlalchemy.ext.asyncio import AsyncEngine

from app.core.db import open_pool
from app.kept.keep import keep
from app.metrics.question import RULE_VERSION
from tests.make import Brand, Service
from tests.metrics.told import events
from workers.pump import Pump

T = TypeVar("T")
AT_ONCE = timedelta(0)

SHARES = {f"group_share_{by}_{basis}" for by in ("touch", "member") for basis in ("gross", "net")}
LEDGER = {"group_share_touch_net_ledger", "group_share_member_net_ledger"}
RATES = {"group_share_touch_net", "group_share_member_net"}

Moved = dict[tuple[str, str], set[str]]
"""The series that moved, by grain and start."""


class Keeper:
    """A service without workers."""

    def __init__(self, web: Service) -> None:
        self.web = web

    def run(self, act: Callable[[AsyncEngine], Awaitable[T]]) -> T:
        """Act with a pool, in an event loop of its own."""

        async def within() -> T:
            pool = open_pool(self.web.settings, "hongqun test")
            try:
                return await act(pool)
            finally:
                await pool.dispose()

        return asyncio.run(within())

    def work(self) -> None:
        """Project and derive all that is pending."""
        self.run(lambda pool: Pump(pool, "test", 1000).run_until_idle())

    def tell(self, brand: Brand, told: str | Sequence[dict[str, Any]]) -> None:
        """Post events, and work until they count."""
        brand.post(events(told) if isinstance(told, str) else told)
        self.work()

    def keep(self, brand: Brand, now: str, rule_version: int = RULE_VERSION) -> int:
        """Keep what is final at this instant; gives how many counts were made."""
        at = datetime.fromisoformat(now)
        return self.run(
            lambda pool: keep(pool, brand.brand_id, at, rule_version=rule_version, settle=AT_ONCE)
        )


def kept(brand: Brand, grain: str, start: str, **params: Any) -> dict[str, tuple[Any, Any, Any]]:
    """The numbers of one period by series, each with its numerator and denominator."""
    rows = history(brand, grain, **params)
    return {
        row["series"]: (row["value"], row["numerator"], row["denominator"])
        for row in rows
        if row["start"] == start
    }


def history(brand: Brand, grain: str = "month", **params: Any) -> list[dict[str, Any]]:
    """The rows that the endpoint answers."""
    rows: list[dict[str, Any]] = brand.ask("/v1/metrics/history", grain=grain, **params)["rows"]
    return rows


def everything(brand: Brand) -> dict[tuple[str, str, str], tuple[Any, Any, Any]]:
    """All kept numbers, by grain, series and start."""
    return {
        (grain, row["series"], row["start"]): (row["value"], row["numerator"], row["denominator"])
        for grain in ("day", "week", "month")
        for row in history(brand, grain)
    }


def moved(brand: Brand) -> Moved:
    """What has revisions."""
    found: Moved = {}
    for grain in ("day", "week", "month"):
        for row in history(brand, grain, revisions=True):
            assert row["revision"] == len(row["revisions"]) + 1
            if row["revisions"]:
                found.setdefault((grain, row["start"]), set()).add(row["series"])
    return found
