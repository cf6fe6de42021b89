"""Alarms: rules over kept numbers, and when a number is worth a message."""

from collections.abc import Iterable
from datetime import date, datetime
from decimal import Decimal
from typing import Any, Literal

import msgspec
from sqlalchemy import Row, text
from sqlalchemy.ext.asyncio import AsyncConnection

from app.core.errors import NotFound, Problem
from app.crm.tokens import random_text
from app.derive.stale import Grain

Condition = Literal["below", "above", "fell_by", "rose_by"]
RELATIVE = ("fell_by", "rose_by")

MOST = 100
"""Alarms of a brand."""

COLUMNS = "alarm_id, name, series, grain, condition, threshold, enabled, created_at, created_by"


class Alarm(msgspec.Struct, frozen=True, kw_only=True):
    """A rule; `series` is one of the history's.

    The threshold of `below` and `above` is a value of the series, that of `fell_by` and `rose_by`
    a share of the value of the period before: fell_by 0.1 is by a tenth or more.
    """

    alarm_id: str
    name: str
    series: str
    grain: Grain
    condition: Condition
    threshold: Decimal
    enabled: bool
    created_at: datetime
    created_by: str


class Firing(msgspec.Struct, frozen=True, kw_only=True):
    """That an alarm fired for a period, by the rule as it was then; `before` is the period before.

    `revision` above 1: not when the period was closed, but when its number moved afterwards.
    """

    start: date
    value: Decimal
    numerator: Decimal | None
    denominator: Decimal | None
    before: Decimal | None
    condition: Condition
    threshold: Decimal
    revision: int
    as_of: datetime
    fired_at: datetime
    message_id: str


def holds(
    condition: Condition, threshold: Decimal, value: Decimal | None, before: Decimal | None
) -> bool:
    """Whether a number fulfils a condition; what cannot be said does not."""
    if value is None:
        return False
    if condition == "below":
        return value < threshold
    if condition == "above":
        return value > threshold
    if before is None or before == 0:
        return False
    moved = value - before if condition == "rose_by" else before - value
    return moved >= threshold * abs(before)


async def make(
    connection: AsyncConnection,
    brand_id: int,
    *,
    name: str,
    series: str,
    grain: Grain,
    condition: Condition,
    threshold: Decimal,
    enabled: bool,
    actor: str,
) -> Alarm:
    """Make an alarm.

    Raises:
        Problem: 409 where the brand has MOST already.
    """
    # Counted under the brand's lock, so that two at once do not make one too many.
    await connection.execute(
        text("SELECT 1 FROM brand WHERE brand_id = :brand FOR NO KEY UPDATE"), {"brand": brand_id}
    )
    there = await connection.scalar(
        text("SELECT count(*) FROM metric_alarm WHERE brand_id = :brand"), {"brand": brand_id}
    )
    if there is not None and there >= MOST:
        raise Problem(409, "too_many", f"A brand has at most {MOST} alarms.")
    rows = await connection.execute(
        text(
            "INSERT INTO metric_alarm (brand_id, alarm_id, name, series, grain, condition,"
            " threshold, enabled, created_by) VALUES (:brand, :alarm, :name, :series, :grain,"
            f" :condition, :threshold, :enabled, :actor) RETURNING {COLUMNS}"
        ),
        {
            "brand": brand_id,
            "alarm": f"alm_{random_text(16)}",
            "name": name,
            "series": series,
            "grain": grain,
            "condition": condition,
            "threshold": threshold,
            "enabled": enabled,
            "actor": actor,
        },
    )
    return _read(rows.one())


async def page(
    connection: AsyncConnection, brand_id: int, most: int, after: tuple[datetime, str] | None
) -> list[Alarm]:
    """Alarms, newest first."""
    at, alarm_id = after or (None, None)
    rows = await connection.execute(
        text(
            f"SELECT {COLUMNS} FROM metric_alarm WHERE brand_id = :brand"
            " AND (CAST(:at AS timestamptz) IS NULL"
            "  OR (created_at, alarm_id) < (CAST(:at AS timestamptz), :after))"
            " ORDER BY created_at DESC, alarm_id DESC LIMIT :most"
        ),
        {"brand": brand_id, "at": at, "after": alarm_id, "most": most},
    )
    return [_read(row) for row in rows]


async def find(
    connection: AsyncConnection, brand_id: int, alarm_id: str, *, lock: bool = False
) -> Alarm:
    """An alarm by its id; with `lock` it stays as it is until the commit.

    Raises:
        NotFound: where there is none.
    """
    rows = await connection.execute(
        text(
            f"SELECT {COLUMNS} FROM metric_alarm WHERE brand_id = :brand AND alarm_id = :alarm"
            + (" FOR UPDATE" if lock else "")
        ),
        {"brand": brand_id, "alarm": alarm_id},
    )
    row = rows.one_or_none()
    if row is None:
        raise NotFound("alarm")
    return _read(row)


async def change(
    connection: AsyncConnection, brand_id: int, alarm_id: str, changes: dict[str, Any]
) -> Alarm:
    """Change the name, condition, threshold or enabled of an alarm that the caller has locked."""
    assert changes.keys() <= {"name", "condition", "threshold", "enabled"}
    if changes:
        assignments = ", ".join(f"{name} = :{name}" for name in changes)
        await connection.execute(
            text(
                f"UPDATE metric_alarm SET {assignments}"
                " WHERE brand_id = :brand AND alarm_id = :alarm"
            ),
            {"brand": brand_id, "alarm": alarm_id, **changes},
        )
    return await find(connection, brand_id, alarm_id)


async def drop(connection: AsyncConnection, brand_id: int, alarm_id: str) -> None:
    """Delete an alarm with what it fired.

    Raises:
        NotFound: where there is none.
    """
    await find(connection, brand_id, alarm_id, lock=True)
    for table in ("alarm_firing", "metric_alarm"):
        await connection.execute(
            text(f"DELETE FROM {table} WHERE brand_id = :brand AND alarm_id = :alarm"),
            {"brand": brand_id, "alarm": alarm_id},
        )


async def firings(
    connection: AsyncConnection, brand_id: int, alarm_id: str, most: int, after: date | None
) -> list[Firing]:
    """When an alarm fired, the latest period first."""
    rows = await connection.execute(
        text(
            "SELECT * FROM alarm_firing WHERE brand_id = :brand AND alarm_id = :alarm"
            " AND (CAST(:after AS date) IS NULL OR start < :after)"
            " ORDER BY start DESC LIMIT :most"
        ),
        {"brand": brand_id, "alarm": alarm_id, "after": after, "most": most},
    )
    return [Firing(**_picked(row, Firing.__struct_fields__)) for row in rows]


def _read(row: Row[Any]) -> Alarm:
    return Alarm(**_picked(row, Alarm.__struct_fields__))


def _picked(row: Row[Any], names: Iterable[str]) -> dict[str, Any]:
    return {name: getattr(row, name) for name in names}
