"""The history of kept numbers as it is answered: each number, and each time that it moved."""

from datetime import date, datetime
from decimal import Decimal
from itertools import pairwise
from typing import Any

import msgspec
from sqlalchemy import Row
from sqlalchemy.ext.asyncio import AsyncConnection

from app.core.clock import next_start
from app.core.sql import sql
from app.crm.brands import Brand
from app.derive.stale import Grain
from app.kept.series import Number

LATEST = 400
"""How many periods of a series are answered where nobody says from when on."""

MOST = 5_000
"""How many otherwise."""


class Asked(msgspec.Struct, frozen=True, kw_only=True):
    """Which numbers: those of periods that lie from start to end, where these are given."""

    series: list[str]
    grain: Grain
    start: date | None
    end: date | None
    rule_version: int
    revisions: bool


class KeptCause(msgspec.Struct, frozen=True, omit_defaults=True):
    """An event that moved a number.

    `settings` and `rebuild` are none and have only a type; `merge` and `unmerge`, by an operator,
    have the id of the merge.
    """

    type: str
    id: str | msgspec.UnsetType = msgspec.UNSET
    source: str | msgspec.UnsetType = msgspec.UNSET
    received_at: datetime | msgspec.UnsetType = msgspec.UNSET
    order_id: str | msgspec.UnsetType = msgspec.UNSET


class KeptRevision(msgspec.Struct, frozen=True):
    """One time that a number moved: `before` was kept at kept_at and replaced at replaced_at.

    `cause` has up to five events; there may have been more.
    """

    revision: int
    before: Number
    after: Number
    kept_at: datetime
    replaced_at: datetime
    cause: list[KeptCause]


class KeptRow(msgspec.Struct, frozen=True, kw_only=True):
    """A number of one period; `start` and `end` are local dates, end excluded."""

    series: str
    start: str
    end: str
    as_of: datetime
    value: Decimal | None
    numerator: Decimal | None
    denominator: Decimal | None
    revision: int
    kept_at: datetime
    revisions: list[KeptRevision] | msgspec.UnsetType = msgspec.UNSET


class History(msgspec.Struct, frozen=True, kw_only=True):
    """The answer, by series and start."""

    metric: str
    rule_version: int
    timezone: str
    currency: str
    grain: Grain
    rows: list[KeptRow]


async def history(connection: AsyncConnection, brand: Brand, asked: Asked) -> History:
    """Read what was kept in the brand's present time zone."""
    given = {
        "brand": brand.brand_id,
        "timezone": brand.timezone,
        "rule_version": asked.rule_version,
        "grain": asked.grain,
        "series": asked.series,
        "start": asked.start,
        "end": asked.end,
        "latest": LATEST if asked.start is None else MOST,
    }
    rows = (await connection.execute(sql("kept", "history"), given)).all()
    earlier: dict[tuple[str, date], list[Row[Any]]] = {}
    if asked.revisions and rows:
        span = {"first": min(row.start for row in rows), "last": max(row.start for row in rows)}
        for row in await connection.execute(sql("kept", "revisions"), given | span):
            earlier.setdefault((row.series, row.start), []).append(row)
    return History(
        metric="history",
        rule_version=asked.rule_version,
        timezone=brand.timezone,
        currency=brand.currency,
        grain=asked.grain,
        rows=[
            KeptRow(
                series=row.series,
                start=row.start.isoformat(),
                end=next_start(row.start, asked.grain).isoformat(),
                as_of=row.as_of,
                value=row.value,
                numerator=row.numerator,
                denominator=row.denominator,
                revision=row.revision,
                kept_at=row.kept_at,
                revisions=_moves([*earlier.get((row.series, row.start), ()), row])
                if asked.revisions
                else msgspec.UNSET,
            )
            for row in rows
        ],
    )


def _moves(states: list[Row[Any]]) -> list[KeptRevision]:
    """What lies between each state of a number and the next."""
    return [
        KeptRevision(
            revision=after.revision,
            before=_number(before),
            after=_number(after),
            kept_at=before.kept_at,
            replaced_at=before.replaced_at,
            cause=msgspec.convert(before.cause, list[KeptCause]),
        )
        for before, after in pairwise(states)
    ]


def _number(row: Row[Any]) -> Number:
    return Number(row.value, row.numerator, row.denominator)
