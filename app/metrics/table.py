"""An answer as one table: its columns by their names in the catalog, and its rows."""

from collections.abc import Iterable, Sequence
from datetime import datetime
from decimal import Decimal
from operator import attrgetter

import msgspec

from app.metrics.activity import Activity, ActivityRow
from app.metrics.before_after import BeforeAfter
from app.metrics.entries.gmv_share import CELLS, SHARES
from app.metrics.funnel import Funnel, FunnelRow
from app.metrics.gmv_share import GmvShare
from app.metrics.lives import LiveRow, Lives
from app.metrics.question import Answer
from app.metrics.repurchase import HITS, Repurchase
from app.metrics.retention import Retention, RetentionRow

Cell = str | int | Decimal | datetime | None
SUMS = ("orders", "gmv")
SERIES = (
    *("start", "end"),
    *(f"total.{of}" for of in SUMS),
    *(f"cells.{cell}.{of}" for cell in CELLS for of in SUMS),
    *(f"{share}.{name}" for share in ("share", "order_share") for name in SHARES),
)


class Table(msgspec.Struct, frozen=True):
    """Rows of as many cells as there are columns; None is an empty cell."""

    columns: Sequence[str]
    rows: Iterable[Sequence[Cell]]


def table(answer: Answer) -> Table:
    """The table of an answer.

    Raises:
        TypeError: for an answer that has none.
    """
    match answer:
        case Activity():
            return _plain(ActivityRow.__struct_fields__, answer.rows)
        case Funnel():
            return _plain(FunnelRow.__struct_fields__, answer.rows)
        case Retention():
            return _plain(RetentionRow.__struct_fields__, answer.rows)
        case Lives():
            return _plain(LiveRow.__struct_fields__, answer.rows)
        case GmvShare():
            return _plain(SERIES, answer.series)
        case Repurchase():
            return _segments(answer)
        case BeforeAfter():
            return _sides(answer)
    raise TypeError(f"{type(answer).__name__} is no table")


def _plain(columns: Sequence[str], rows: Iterable[msgspec.Struct]) -> Table:
    return Table(columns, map(attrgetter(*columns), rows))


def _segments(answer: Repurchase) -> Table:
    """One row a segment; the lift compares two of them, so it stands in the row of all."""
    counts = ["buyers"]
    if answer.kind == "cohort":
        counts += ["mature_buyers", "immature_buyers"]
    read = attrgetter(*counts, HITS[answer.kind], "rate")
    segments = answer.by_segment
    return Table(
        ("segment", *counts, HITS[answer.kind], "rate", "lift"),
        (
            ("all", *read(answer), answer.lift),
            ("group", *read(segments.group), None),
            ("non_group", *read(segments.non_group), None),
        ),
    )


def _sides(answer: BeforeAfter) -> Table:
    """The same customers before and after, and what is divided."""
    sides = (("before", answer.before), ("after", answer.after))
    return Table(
        ("side", "customers", "buyers", "purchases", "gmv"),
        (
            *((name, answer.customers, s.buyers, s.purchases, s.gmv) for name, s in sides),
            ("ratio", None, None, answer.ratio.purchases, answer.ratio.gmv),
        ),
    )
