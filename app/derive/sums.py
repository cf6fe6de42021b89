"""Stage 3, by day, month of a group, and live: sums are counted anew from their rows."""

from datetime import date, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection

from app.core.clock import day_start, next_start, start_of
from app.core.sql import sql
from app.derive.stale import GRAINS
from app.derive.write import Derivation, replace

ONE_DAY = timedelta(days=1)

OF_DAYS, OF_MONTHS = (
    ("unnest(CAST(:starts AS date[])) AS k (start)", f"t.grain = '{grain}' AND t.start = k.start")
    for grain in ("day", "month")
)
DAYS = tuple(
    Derivation(statement=f"{table}_day", table=table, scopes=(OF_DAYS,))
    for table in ("sale_sum", "purchase_sum")
)
MONTHS = tuple(
    Derivation(statement=f"{table}_month", table=table, scopes=(OF_MONTHS,))
    for table in ("sale_sum", "purchase_sum")
)
GROUPS = Derivation(
    statement="group_sum",
    table="group_sum",
    scopes=(
        (
            "unnest(CAST(:groups AS text[])) AS k (id)",
            't.group_id = k.id COLLATE "C" AND t.start >= :month AND t.start < :next_month',
        ),
    ),
)
LIVES = Derivation(
    statement="live_sum",
    table="live_sum",
    scopes=(("unnest(CAST(:lives AS text[])) AS k (id)", 't.live_id = k.id COLLATE "C"'),),
)


async def count_sums(connection: AsyncConnection, brand_id: int, most: int) -> int:
    """Take up to `most` dirty sums off the queue and count them anew.

    Gives how many there were; the caller commits.
    """
    claimed = await connection.execute(
        sql("derive", "claim_sums"), {"brand": brand_id, "most": most}
    )
    rows = claimed.all()
    if not rows:
        return 0
    if rows[0].kind == "day":
        await _days(connection, brand_id, sorted(row.start for row in rows))
    elif rows[0].kind == "group":
        await _groups(connection, brand_id, sorted(row.key for row in rows), rows[0].start)
    else:
        given = {"brand": brand_id, "lives": sorted(row.key for row in rows)}
        await replace(connection, LIVES, given)
    return len(rows)


async def put_off_sum(connection: AsyncConnection, brand_id: int) -> None:
    """Put off by ten seconds the sum that `count_sums` would take next; the others go on."""
    await connection.execute(
        text(
            "UPDATE dirty_sum SET since = now() + interval '10 seconds'"
            " WHERE brand_id = :brand AND (kind, key, start) = ("
            "  SELECT kind, key, start FROM dirty_sum"
            "  WHERE brand_id = :brand AND since <= now() ORDER BY since, kind, start, key LIMIT 1)"
        ),
        {"brand": brand_id},
    )


async def _days(connection: AsyncConnection, brand_id: int, days: list[date]) -> None:
    given: dict[str, Any] = {"brand": brand_id, "starts": days}
    for derivation in DAYS:
        await replace(connection, derivation, given)
    months = sorted({day.replace(day=1) for day in days})
    given = {
        "brand": brand_id,
        "starts": months,
        "days": [day for month in months for day in _days_of(month, next_start(month, "month"))],
    }
    for derivation in MONTHS:
        await replace(connection, derivation, given)


async def _groups(
    connection: AsyncConnection, brand_id: int, groups: list[str], month: date
) -> None:
    found = await connection.execute(
        text(
            # The last day that began before the first instant of which all messages are there.
            "SELECT timezone, CAST((messages_since() - INTERVAL '1 microsecond')"
            " AT TIME ZONE timezone AS date) AS kept_until FROM brand WHERE brand_id = :brand"
        ),
        {"brand": brand_id},
    )
    brand = found.one()
    zone = ZoneInfo(brand.timezone)
    following = next_start(month, "month")
    # The last week that begins in the month ends in the next one.
    last_monday = following - timedelta(days=1 + (following - ONE_DAY).weekday())
    days = _days_of(month, max(following, last_monday + timedelta(days=7)))
    periods = [
        (grain, day)
        for grain in GRAINS
        for day in days
        if day == start_of(day, grain) and day < following
    ]
    numbers = {period: number for number, period in enumerate(periods, 1)}
    await replace(
        connection,
        GROUPS,
        {
            "brand": brand_id,
            "groups": groups,
            "month": month,
            "next_month": following,
            "grains": [grain for grain, _ in periods],
            "starts": [start for _, start in periods],
            "begins": [day_start(zone, start) for _, start in periods],
            "ends": [day_start(zone, next_start(start, grain)) for grain, start in periods],
            "day_starts": [day_start(zone, day) for day in days],
            **{
                f"{grain}_periods": [numbers.get((grain, start_of(day, grain))) for day in days]
                for grain in GRAINS
            },
            "from_at": day_start(zone, days[0]),
            "to_at": day_start(zone, days[-1] + ONE_DAY),
            "kept_until": brand.kept_until,
        },
    )


def _days_of(first: date, end: date) -> list[date]:
    return [first + timedelta(days=n) for n in range((end - first).days)]
