"""Which closed periods a change of derived rows reaches: what was kept of them is counted anew.

Ordinary orders and refunds, of today, reach none and cost nothing here.
"""

from collections.abc import Iterable, Mapping, Sequence
from datetime import date, datetime
from typing import Literal, get_args

import msgspec
from sqlalchemy import Row
from sqlalchemy.ext.asyncio import AsyncConnection

from app.core.clock import next_start, start_of
from app.core.sql import sql

Grain = Literal["day", "week", "month"]
Reach = Literal["day", "cohort"]
Cause = dict[str, str]
"""An event: type, id, source, received_at, and order_id where it is about one order.

What is no event has only a type: `settings`, `rebuild`; or also an id: `merge` and `unmerge`, by
an operator.
"""

GRAINS: tuple[Grain, ...] = get_args(Grain)
MOST_CAUSES = 5
_causes = msgspec.json.Decoder(list[Cause])


class Touched(msgspec.Struct, frozen=True):
    """A local day whose derived rows changed, and why.

    reach: `day`, what was paid or paid back on it; `cohort`, what the customers who first bought
    on it bought afterwards.
    """

    day: date
    reach: Reach
    causes: Sequence[Cause]


async def touch(connection: AsyncConnection, brand_id: int, days: Iterable[Touched]) -> None:
    """Mark the days, ISO weeks and months that are over and have one of these days in them."""
    periods: dict[tuple[Grain, date, Reach], list[Cause]] = {}
    for touched in days:
        for grain in GRAINS:
            known = periods.setdefault((grain, start_of(touched.day, grain), touched.reach), [])
            for cause in touched.causes:
                if len(known) < MOST_CAUSES and cause not in known:
                    known.append(cause)
    if periods:
        await connection.execute(
            sql("derive", "touch"),
            {
                "brand": brand_id,
                "grains": [grain for grain, _, _ in periods],
                "starts": [start for _, start, _ in periods],
                "ends": [next_start(start, grain) for grain, start, _ in periods],
                "reaches": [reach for _, _, reach in periods],
                "causes": [msgspec.json.encode(causes).decode() for causes in periods.values()],
            },
        )


async def touch_moved(
    connection: AsyncConnection,
    brand_id: int,
    orders: Sequence[Row[tuple[str, str, datetime, date]]],
    refunds: Sequence[Row[tuple[str, str, date]]],
    causes: Mapping[str, str],
) -> None:
    """Mark what the rows reach that order_credit_write.sql and refund_credit_write.sql give.

    causes: by customer, as a JSON list. Where one of them is about the very order, it is the one.
    """
    if not orders and not refunds:
        return
    why = _Why(causes, [(row.order_id, row.customer_id) for row in (*orders, *refunds)])
    days: dict[tuple[date, Reach], list[Cause]] = {}

    def note(day: date, reach: Reach, order_id: str | None, customer_id: str) -> None:
        known = days.setdefault((day, reach), [])
        if len(known) < MOST_CAUSES:
            known += [cause for cause in why.of(order_id, customer_id) if cause not in known]

    since: dict[str, datetime] = {}
    for row in orders:
        since[row.customer_id] = min(row.paid_at, since.get(row.customer_id, row.paid_at))
        note(row.day, "day", row.order_id, row.customer_id)
        note(row.day, "cohort", row.order_id, row.customer_id)
    for refund in refunds:
        note(refund.day, "day", refund.order_id, refund.customer_id)
    if since:
        given = {"brand": brand_id, "customers": list(since), "sinces": list(since.values())}
        for follower in await connection.execute(sql("derive", "followers"), given):
            note(follower.day, "cohort", None, follower.customer_id)
    await touch(connection, brand_id, [Touched(*key, found) for key, found in days.items()])


class _Why:
    """Finds the causes of an order's change; of one that changed hands, those of either."""

    def __init__(self, causes: Mapping[str, str], moved: Iterable[tuple[str, str]]) -> None:
        self.causes = causes
        self.customers: dict[str, list[str]] = {}
        self.orders: dict[str, list[str]] = {}
        for order_id, customer_id in moved:
            self.customers.setdefault(order_id, []).append(customer_id)
            self.orders.setdefault(customer_id, []).append(order_id)

    def of(self, order_id: str | None, customer_id: str) -> list[Cause]:
        text = self.causes.get(customer_id)
        if text is None:
            # It was merged into another: the cause stands with the one that has its orders now.
            others = (c for o in self.orders.get(customer_id, ()) for c in self.customers[o])
            text = next((self.causes[c] for c in others if c in self.causes), "[]")
        known: list[Cause] = _causes.decode(text)
        own = [cause for cause in known if cause.get("order_id") == order_id]
        return own if order_id is not None and own else known
