"""Before and after joining: did the group do it? The same customers on both sides."""

import msgspec
from sqlalchemy.ext.asyncio import AsyncConnection

from app.core.sql import sql
from app.metrics.question import Answer, Scope
from app.metrics.ratio import Ratio, ratio

NEAR = 90
"""Orders at most so many days from their customer's first joining have an index of their own."""


class Side(msgspec.Struct, frozen=True):
    """What the customers bought; purchases: one a local day; gmv: gross, in minor units."""

    buyers: int
    purchases: int
    gmv: int


class Change(msgspec.Struct, frozen=True):
    """After / before."""

    purchases: Ratio | None
    gmv: Ratio | None


class BeforeAfter(Answer, frozen=True, kw_only=True):
    """The answer, over `days` of 24 hours on each side of the customers' first joining."""

    days: int
    group_id: str | None
    note_id: str | None
    customers: int
    before: Side
    after: Side
    ratio: Change


async def before_after(
    connection: AsyncConnection,
    scope: Scope,
    days: int,
    group_id: str | None,
    note_id: str | None,
) -> BeforeAfter:
    """Count and divide; see docs/metrics.md, "Before and after joining"."""
    near = scope.present and days <= NEAR and group_id is None and note_id is None
    counted = await connection.execute(
        sql("metrics", "before_after_now" if near else "before_after"),
        {
            "brand": scope.brand_id,
            "start": scope.window.starts_at,
            "end": scope.window.ends_at,
            "as_of": scope.as_of,
            "days": days,
            "group_id": group_id,
            "note_id": note_id,
            **scope.picks,
        },
    )
    row = counted.one()
    before = Side(row.buyers_before, int(row.purchases_before), int(row.gmv_before))
    after = Side(row.buyers_after, int(row.purchases_after), int(row.gmv_after))
    return BeforeAfter(
        **scope.used("before-after"),
        days=days,
        group_id=group_id,
        note_id=note_id,
        customers=row.customers,
        before=before,
        after=after,
        ratio=Change(
            purchases=ratio(after.purchases, before.purchases),
            gmv=ratio(after.gmv, before.gmv),
        ),
    )
