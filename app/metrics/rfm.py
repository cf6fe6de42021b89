"""RFM: recency, frequency and monetary value of who has bought, each scored 1 to 5.

A score is 1 and one more for each cut point that the value is above, so equal values always score
equal. Scores are not stored: they follow from a customer's row and the cut points in force. The
rules are in docs/customers.md, "RFM".
"""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any, Literal, get_args

import msgspec
from sqlalchemy import ColumnElement, FromClause, Integer, and_, case, false, literal, null, text
from sqlalchemy.ext.asyncio import AsyncConnection

Measure = Literal["recency", "frequency", "monetary"]
MEASURES: tuple[Measure, ...] = get_args(Measure)
COLUMNS: dict[Measure, str] = {
    "recency": "last_paid_at",
    "frequency": "purchase_days",
    "monetary": "net",
}
"""What of `customer` each measures: above 0, or there at all, for just those who have bought."""


class Cuts(msgspec.Struct, frozen=True):
    """The cut points in force, four of each, ascending; none where nothing was counted yet.

    by: `quintiles` of the `customers` who had bought at `computed_at`, or set by the `brand`.
    recency: instants of the last purchase. Where the brand set them as `recency_days`, they are
    as long ago, and `computed_at` is when the brand did so.
    """

    by: Literal["quintiles", "brand"]
    recency: list[datetime] | None
    recency_days: list[int] | None
    frequency: list[int] | None
    monetary: list[int] | None
    customers: int | None
    computed_at: datetime | None

    def of(self, measure: Measure) -> Sequence[Any] | None:
        found: Sequence[Any] | None = getattr(self, measure)
        return found


NONE = Cuts("quintiles", None, None, None, None, None, None)


async def cuts_of(connection: AsyncConnection, brand_id: int, at: datetime) -> Cuts:
    """The cut points of a brand; `at` is the instant that days are counted back from."""
    found = await connection.execute(
        text(
            "SELECT recency, frequency, monetary, customers, computed_at,"
            " own_recency_days, own_frequency, own_monetary, own_since"
            " FROM rfm_cut WHERE brand_id = :brand"
        ),
        {"brand": brand_id},
    )
    row = found.one_or_none()
    if row is None:
        return NONE
    if row.own_recency_days is None:
        return Cuts(
            "quintiles",
            row.recency,
            None,
            row.frequency,
            row.monetary,
            row.customers,
            row.computed_at,
        )
    days = row.own_recency_days
    since = [at - timedelta(days=each) for each in reversed(days)]
    return Cuts("brand", since, days, row.own_frequency, row.own_monetary, None, row.own_since)


def score(measure: Measure, customer: FromClause, cuts: Cuts) -> ColumnElement[int | None]:
    """The score of a row of the table `customer`; null for who never bought."""
    points = cuts.of(measure)
    if points is None:
        return literal(None, Integer)
    value = customer.c[COLUMNS[measure]]
    above = [(value > point, n) for n, point in reversed(list(enumerate(points, 2)))]
    return case((customer.c.last_paid_at.is_(None), null()), *above, else_=1)


def scored(
    measure: Measure, customer: FromClause, cuts: Cuts, least: int = 1, most: int = 5
) -> ColumnElement[bool]:
    """Whether a score lies in least..most: a range, which the indexes of `customer` can answer."""
    points = cuts.of(measure)
    if points is None or least > most:
        return false()
    value = customer.c[COLUMNS[measure]]
    bounds: list[ColumnElement[bool]] = []
    if least > 1:
        bounds.append(value > points[least - 2])
    elif measure == "recency":
        bounds.append(value.is_not(None))
    else:
        bounds.append(value > 0)
    if most < 5:
        bounds.append(value <= points[most - 1])
    return and_(*bounds)
