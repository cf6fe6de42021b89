"""Where a customer is in its life: new, active, at risk or lapsed, at an instant.

Nothing of it is stored: it is worked out from first_paid_at and last_paid_at when it is asked for.
The rules are in docs/customers.md, "Lifecycle".
"""

from datetime import datetime, timedelta
from typing import Literal, get_args

import msgspec
from sqlalchemy import ColumnElement, FromClause, and_, case, null, text
from sqlalchemy.ext.asyncio import AsyncConnection

Stage = Literal["new", "active", "at_risk", "lapsed"]
STAGES: tuple[Stage, ...] = get_args(Stage)


class Days(msgspec.Struct, frozen=True):
    """The brand's rules, each in days of 24 hours; `active` is less than `lapsed`."""

    new: int
    active: int
    lapsed: int


async def days_of(connection: AsyncConnection, brand_id: int) -> Days:
    """The rules of a brand."""
    found = await connection.execute(
        text(
            "SELECT lifecycle_new_days, lifecycle_active_days, lifecycle_lapsed_days FROM brand"
            " WHERE brand_id = :brand"
        ),
        {"brand": brand_id},
    )
    return Days(*found.one())


def stage(customer: FromClause, days: Days, at: datetime) -> ColumnElement[str | None]:
    """The stage of a row of the table `customer`; null for who never bought."""
    first, last = customer.c.first_paid_at, customer.c.last_paid_at
    return case(
        (last.is_(None), null()),
        (first > at - timedelta(days=days.new), "new"),
        (last > at - timedelta(days=days.active), "active"),
        (last > at - timedelta(days=days.lapsed), "at_risk"),
        else_="lapsed",
    )


def in_stage(asked: Stage, customer: FromClause, days: Days, at: datetime) -> ColumnElement[bool]:
    """The same as a condition on ranges, which the indexes of `customer` can answer."""
    first, last = customer.c.first_paid_at, customer.c.last_paid_at
    new = at - timedelta(days=days.new)
    active = at - timedelta(days=days.active)
    lapsed = at - timedelta(days=days.lapsed)
    conditions: dict[Stage, ColumnElement[bool]] = {
        "new": first > new,
        "active": and_(first <= new, last > active),
        "at_risk": and_(first <= new, last <= active, last > lapsed),
        "lapsed": and_(first <= new, last <= lapsed),
    }
    return conditions[asked]
