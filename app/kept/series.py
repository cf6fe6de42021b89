"""The series that are kept, and how each is read off an answer of `metrics`."""

from decimal import Decimal
from typing import get_args

import msgspec
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection

from app.crm.brands import Brand
from app.derive.stale import Reach
from app.kept.periods import WITHIN_DAYS, Count
from app.metrics.gmv_share import Basis, GmvShare, gmv_share
from app.metrics.question import Scope
from app.metrics.repurchase import Filters, Kind, Repurchase, Segment, repurchase

BASES: tuple[Basis, ...] = get_args(Basis)
SERIES: dict[Reach, tuple[str, ...]] = {
    "day": (
        *(f"group_share_touch_{basis}" for basis in BASES),
        *(f"group_share_member_{basis}" for basis in BASES),
        "repurchase_window",
    ),
    "cohort": (
        "repurchase_cohort",
        "repurchase_cohort_group",
        "repurchase_cohort_non_group",
        "repurchase_cohort_lift",
    ),
}
"""By what they reach. A share is of GMV; a cohort's rate is of WITHIN_DAYS days."""

NAMES = tuple(sorted(name for names in SERIES.values() for name in names))


class Number(msgspec.Struct, frozen=True):
    """A kept number: value = numerator / denominator, None where there is nothing to divide by.

    Those of a share are money in the currency's minor unit, those of a rate customers, those of
    the lift the two rates.
    """

    value: Decimal | None
    numerator: Decimal | None
    denominator: Decimal | None


NOTHING = Number(None, Decimal(0), Decimal(0))
NO_RATES = Number(None, None, None)


async def count_series(
    connection: AsyncConnection, brand: Brand, count: Count
) -> dict[str, Number]:
    """Each series of the count's reach, by name."""
    window = count.window(brand.zone)
    if not await _anything(connection, brand.brand_id, count, brand):
        return {
            name: NO_RATES if name == "repurchase_cohort_lift" else NOTHING
            for name in SERIES[count.reach]
        }
    scope = Scope(
        brand_id=brand.brand_id,
        currency=brand.currency,
        window=window,
        as_of=count.as_of(brand.zone),
    )
    if count.reach == "cohort":
        return _cohort(await _repurchase(connection, scope, "cohort"))
    found: dict[str, Number] = {}
    for basis in BASES:
        found |= _shares(await gmv_share(connection, scope, basis, "none"), basis)
    answer = await _repurchase(connection, scope, "window")
    hits = answer.repeat_buyers
    assert isinstance(hits, int)
    found["repurchase_window"] = Number(answer.rate, Decimal(hits), Decimal(answer.buyers))
    return found


async def _anything(connection: AsyncConnection, brand_id: int, count: Count, brand: Brand) -> bool:
    """Whether anything was paid or paid back in the period: of most early days nothing was."""
    window = count.window(brand.zone)
    found: bool = (
        await connection.execute(
            text(
                "SELECT EXISTS (SELECT FROM order_credit WHERE brand_id = :brand"
                "  AND paid_at >= :start AND paid_at < :end)"
                " OR EXISTS (SELECT FROM refund_credit WHERE brand_id = :brand"
                "  AND refunded_at >= :start AND refunded_at < :end)"
            ),
            {"brand": brand_id, "start": window.starts_at, "end": window.ends_at},
        )
    ).scalar_one()
    return found


async def _repurchase(connection: AsyncConnection, scope: Scope, kind: Kind) -> Repurchase:
    return await repurchase(connection, scope, kind, WITHIN_DAYS, "day", Filters())


def _shares(answer: GmvShare, basis: Basis) -> dict[str, Number]:
    cells, total = answer.cells, Decimal(answer.total.gmv)
    both = cells.member_and_touch.gmv
    return {
        f"group_share_touch_{basis}": Number(
            answer.share.touch, Decimal(both + cells.touch_only.gmv), total
        ),
        f"group_share_member_{basis}": Number(
            answer.share.member, Decimal(both + cells.member_only.gmv), total
        ),
    }


def _cohort(answer: Repurchase) -> dict[str, Number]:
    group, non_group = answer.by_segment.group, answer.by_segment.non_group
    return {
        "repurchase_cohort": _rate(answer),
        "repurchase_cohort_group": _rate(group),
        "repurchase_cohort_non_group": _rate(non_group),
        "repurchase_cohort_lift": Number(answer.lift, group.rate, non_group.rate),
    }


def _rate(found: Repurchase | Segment) -> Number:
    hits, mature = found.repeat_buyers, found.mature_buyers
    assert isinstance(hits, int)
    assert isinstance(mature, int)
    return Number(found.rate, Decimal(hits), Decimal(mature))
