"""Watching: a number that is kept for the first time, or that moved, is held against the alarms."""

from collections.abc import Mapping
from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Any

import msgspec
from sqlalchemy.ext.asyncio import AsyncConnection

from app.core.clock import next_start, start_of
from app.core.sql import sql
from app.crm.brands import Brand
from app.derive.stale import Grain
from app.kept.alarms import RELATIVE, Condition, holds
from app.kept.periods import Count
from app.outbound.messages import tell


class Fired(msgspec.Struct, frozen=True, kw_only=True):
    """What a `metric.alarm` says; `start` and `end` are local dates, end excluded."""

    alarm_id: str
    name: str
    series: str
    grain: Grain
    start: date
    end: date
    value: Decimal
    numerator: Decimal | None
    denominator: Decimal | None
    before: Decimal | None
    condition: Condition
    threshold: Decimal
    revision: int
    as_of: datetime


def newest(count: Count, brand: Brand, now: datetime) -> bool:
    """Whether it is the last one of its kind that is final: what is older is history."""
    following = Count(count.grain, count.end, count.reach)
    return following.due_at(brand.zone) > now


async def watch(
    connection: AsyncConnection,
    brand: Brand,
    count: Count,
    written: Mapping[str, int],
    now: datetime,
    series: dict[str, Any],
) -> None:
    """Fire the alarms on numbers just written; each once for a period.

    written: the revision by series. A first one counts where it is the newest, so that nobody is
    told of history; a later one where the number before did not fulfil the condition.
    """
    first = newest(count, brand, now)
    worth = [name for name, revision in written.items() if revision > 1 or first]
    if not worth:
        return
    rows = await connection.execute(
        sql("kept", "watched"),
        series
        | {
            "grain": count.grain,
            "start": count.start,
            "prior": start_of(count.start - timedelta(days=1), count.grain),
            "series": worth,
        },
    )
    for row in rows.all():
        condition, threshold = row.condition, row.threshold
        if not holds(condition, threshold, row.value, row.prior):
            continue
        if row.revision > 1 and holds(condition, threshold, row.was, row.prior):
            continue
        fired = Fired(
            alarm_id=row.alarm_id,
            name=row.name,
            series=row.series,
            grain=count.grain,
            start=count.start,
            end=next_start(count.start, count.grain),
            value=row.value,
            numerator=row.numerator,
            denominator=row.denominator,
            before=row.prior if condition in RELATIVE else None,
            condition=condition,
            threshold=threshold,
            revision=row.revision,
            as_of=row.as_of,
        )
        message_id = f"{row.alarm_id}_{count.start:%Y%m%d}"
        given = msgspec.structs.asdict(fired) | {"brand": brand.brand_id, "message": message_id}
        told = await connection.execute(sql("kept", "fire"), given)
        if told.one_or_none() is not None:
            await tell(connection, brand.brand_id, message_id, "metric.alarm", fired)
