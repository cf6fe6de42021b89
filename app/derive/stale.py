"""Which closed periods a change of derived rows reaches: what was kept of them is counted anew.

Ordinary orders and refunds, of today, reach none and cost nothing here.
"""

from collections.abc import Iterable, Mapping, Sequence
from datetime import date, datetime, timedelta
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

What is no event has only a type: `settings`, `rebuild`.
"""

GRAINS: tuple[Grain, ...] = get_args(Grain)
MOST_CAUSES = 5
FOLLOWED = timedelta(days=31)
"""How far back a purchase can be another one's first: 30 days of 24 hours, and one to spare."""


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
    causes: Mapping[str, list[Cause]],
) -> None:
    """Mark what the rows reach that order_credit_write.sql and refund_credit_write.sql give.

    causes: by customer. Where one of them is about the very order, it is the cause.
    """
    if not orders and not refunds:
        return
    why = _Why(causes, [(row.order_id, row.customer_id) for row in (*orders, *refunds)])
    touched = [
        Touched(row.day, "day", why.of(row.order_id, row.customer_id))
        for row in (*orders, *refunds)
    ]
    since: dict[str, datetime] = {}
    for row in orders:
        since[row.customer_id] = min(row.paid_at, since.get(row.customer_id, row.paid_at))
        touched.append(Touched(row.day, "cohort", why.of(row.order_id, row.customer_id)))
    if since:
        followers = await connection.execute(
            sql("derive", "followers"),
            {
                "brand": brand_id,
                "customers": list(since),
                "sinces": [at - FOLLOWED for at in since.values()],
            },
        )
        touched += [Touched(row.day, "cohort", why.of(None, row.customer_id)) for row in followers]
    await touch(connection, brand_id, touched)


class _Why:
    """Finds the causes of an order's change; of one that changed hands, those of either."""

    def __init__(self, causes: Mapping[str, list[Cause]], moved: Iterable[tuple[str, str]]) -> None:
        self.causes = causes
        self.customers: dict[str, list[str]] = {}
        self.orders: dict[str, list[str]] = {}
        for order_id, customer_id in moved:
            self.customers.setdefault(order_id, []).append(customer_id)
            self.orders.setdefault(customer_id, []).append(order_id)

    def of(self, order_id: str | None, customer_id: str) -> list[Cause]:
        known = self.causes.get(customer_id)
        if known is None:
            # It was merged into another: the cause stands with the one that has its orders now.
            others = (c for o in self.orders.get(customer_id, ()) for c in self.customers[o])
            known = next((self.causes[c] for c in others if c in self.causes), [])
        own = [cause for cause in known if cause.get("order_id") == order_id]
        return own if order_id is not None and own else known
