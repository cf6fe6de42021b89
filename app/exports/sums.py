"""The tables of sums, counted by the functions that answer the questions of the API."""

from typing import Any

import msgspec
from sqlalchemy.ext.asyncio import AsyncConnection

from app.exports.frame import Frame, frame_of_rows
from app.exports.periods import WITHIN_DAYS, Period
from app.exports.specs.sums import GROUP_SHARE, REPURCHASE, RETENTION
from app.metrics.entries.gmv_share import CELLS, SHARES
from app.metrics.gmv_share import Basis, GmvShare, gmv_share
from app.metrics.repurchase import Filters, Repurchase, repurchase
from app.metrics.retention import Kind, Retention, retention

BASES: tuple[Basis, ...] = ("gross", "net", "net_ledger")
KINDS: tuple[Kind, ...] = ("stay", "speak")
DAYS = [1, 7, 30]


class Sums(msgspec.Struct, frozen=True):
    """The answers of all periods, the newest first."""

    shares: list[dict[Basis, GmvShare]]
    repurchases: list[Repurchase]
    retentions: list[dict[Kind, Retention]]

    def frames(self, periods: list[Period]) -> list[Frame]:
        return [
            frame_of_rows(
                GROUP_SHARE,
                [
                    (*period.columns, basis, *_shares(answer))
                    for period, answers in zip(periods, self.shares, strict=True)
                    for basis, answer in answers.items()
                ],
            ),
            frame_of_rows(
                REPURCHASE,
                [
                    (*period.columns, cohort.start, cohort.end, *row)
                    for period, answer in zip(periods, self.repurchases, strict=True)
                    for cohort in (period.cohort.window,)
                    for row in _segments(answer)
                ],
            ),
            frame_of_rows(
                RETENTION,
                [
                    (
                        *(*period.columns[:-1], periods[0].scope.as_of),
                        *(kind, row.day, row.mature, row.retained, row.rate),
                    )
                    for period, answers in zip(periods, self.retentions, strict=True)
                    for kind, answer in answers.items()
                    for row in answer.rows
                ],
            ),
        ]


async def shares_of(connection: AsyncConnection, period: Period) -> dict[Basis, GmvShare]:
    """Group share in its three bases."""
    return {basis: await gmv_share(connection, period.scope, basis, "none") for basis in BASES}


async def repurchase_of(connection: AsyncConnection, period: Period) -> Repurchase:
    """Repurchase of the newest week of first purchases that is wholly mature."""
    return await repurchase(connection, period.cohort, "cohort", WITHIN_DAYS, "day", Filters())


async def retentions_of(
    connection: AsyncConnection, period: Period, newest: Period
) -> dict[Kind, Retention]:
    """Retention of those who joined in the period, by staying and by speaking.

    All are as of the newest period's instant: at its own end hardly anybody of a period has been
    there for days.
    """
    scope = msgspec.structs.replace(newest.scope, window=period.scope.window)
    return {kind: await retention(connection, scope, kind, DAYS, None, None) for kind in KINDS}


def _shares(answer: GmvShare) -> tuple[Any, ...]:
    return (
        *(answer.total.orders, answer.total.gmv),
        *(getattr(answer.share, name) for name in SHARES),
        *(
            getattr(getattr(answer.cells, cell), each)
            for cell in CELLS
            for each in ("orders", "gmv")
        ),
        *(getattr(answer.order_share, name) for name in SHARES),
        *(answer.match.matched_orders, answer.match.rate),
        *(answer.uncredited.orders, answer.uncredited.gmv),
    )


def _segments(answer: Repurchase) -> list[tuple[Any, ...]]:
    """The lift compares two segments, so it stands in the row of all."""
    parts = (
        ("all", answer, answer.lift),
        ("group", answer.by_segment.group, None),
        ("non_group", answer.by_segment.non_group, None),
    )
    return [
        (
            name,
            *(part.buyers, part.mature_buyers, part.immature_buyers, part.repeat_buyers),
            *(part.rate, lift),
        )
        for name, part, lift in parts
    ]
