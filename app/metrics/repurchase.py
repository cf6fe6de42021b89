"""Repurchase rate (复购率): in a window, of a cohort, of returning buyers, of the next period."""

from datetime import UTC, datetime
from fractions import Fraction
from typing import Any, Literal

import msgspec
from sqlalchemy import Row
from sqlalchemy.ext.asyncio import AsyncConnection

from app.core.sql import sql
from app.metrics.kaplan_meier import CurvePoint, curve
from app.metrics.question import Answer, Scope
from app.metrics.ratio import Ratio, rounded

Kind = Literal["window", "cohort", "returning", "next_period"]
Dedupe = Literal["day", "none"]
SEGMENTS = ("group", "non_group")
HITS = {
    "window": "repeat_buyers",
    "cohort": "repeat_buyers",
    "returning": "returning_buyers",
    "next_period": "retained_buyers",
}
PAIRS = {
    "window": ["own", "previous", "second_previous"],
    "returning": ["own"],
    "next_period": ["own"],
}
"""Which pairs of purchase days are counted; see models/sums."""

BEGINNING = datetime(1, 1, 1, tzinfo=UTC)


class Filters(msgspec.Struct, frozen=True):
    """Keeps the buyers whose anchor purchase is credited so."""

    group_id: str | None = None
    note_id: str | None = None
    creator_id: str | None = None


class Segment(msgspec.Struct, frozen=True):
    """The fields of an answer; which of them there are depends on its kind."""

    buyers: int
    rate: Ratio | None
    repeat_buyers: int | msgspec.UnsetType = msgspec.UNSET
    mature_buyers: int | msgspec.UnsetType = msgspec.UNSET
    immature_buyers: int | msgspec.UnsetType = msgspec.UNSET
    returning_buyers: int | msgspec.UnsetType = msgspec.UNSET
    retained_buyers: int | msgspec.UnsetType | None = msgspec.UNSET
    curve: list[CurvePoint] | msgspec.UnsetType = msgspec.UNSET


class BySegment(msgspec.Struct, frozen=True):
    """Buyers whose anchor lies in a member cell, and all others."""

    group: Segment
    non_group: Segment


class Repurchase(Answer, frozen=True, kw_only=True):
    """The answer, over all buyers and by segment; lift = group rate / non_group rate."""

    kind: Kind
    within_days: int
    dedupe: Dedupe
    group_id: str | None
    note_id: str | None
    creator_id: str | None
    buyers: int
    rate: Ratio | None
    repeat_buyers: int | msgspec.UnsetType = msgspec.UNSET
    mature_buyers: int | msgspec.UnsetType = msgspec.UNSET
    immature_buyers: int | msgspec.UnsetType = msgspec.UNSET
    returning_buyers: int | msgspec.UnsetType = msgspec.UNSET
    retained_buyers: int | msgspec.UnsetType | None = msgspec.UNSET
    curve: list[CurvePoint] | msgspec.UnsetType = msgspec.UNSET
    by_segment: BySegment
    lift: Ratio | None


class _Count(msgspec.Struct):
    """What one segment counted: hits of base is the rate; both None where it cannot be known."""

    fields: dict[str, Any]
    hits: int | None
    base: int

    @property
    def exact(self) -> Fraction | None:
        return None if self.hits is None or not self.base else Fraction(self.hits, self.base)

    def segment(self) -> Segment:
        exact = self.exact
        return Segment(rate=None if exact is None else rounded(exact), **self.fields)


async def repurchase(
    connection: AsyncConnection,
    scope: Scope,
    kind: Kind,
    within_days: int,
    dedupe: Dedupe,
    filters: Filters,
) -> Repurchase:
    """Count and divide; see docs/metrics.md, "Repurchase"."""
    asked = {
        "brand": scope.brand_id,
        "start": scope.window.starts_at,
        "end": scope.window.ends_at,
        "as_of": scope.as_of,
        "group_id": filters.group_id,
        "note_id": filters.note_id,
        "creator_id": filters.creator_id,
        **scope.picks,
    }
    if kind == "cohort":
        counts = await _cohort(connection, scope, asked, within_days, dedupe)
    else:
        counts = await _plain(connection, scope, asked, kind, dedupe)
    group, non_group = counts["group"].exact, counts["non_group"].exact
    return Repurchase(
        **scope.used("repurchase"),
        **msgspec.structs.asdict(filters),
        **msgspec.structs.asdict(counts["all"].segment()),
        kind=kind,
        within_days=within_days,
        dedupe=dedupe,
        by_segment=BySegment(counts["group"].segment(), counts["non_group"].segment()),
        lift=rounded(group / non_group) if group is not None and non_group else None,
    )


async def _plain(
    connection: AsyncConnection, scope: Scope, asked: dict[str, Any], kind: Kind, dedupe: Dedupe
) -> dict[str, _Count]:
    following = scope.window.following
    known = kind != "next_period" or following.ends_at <= scope.as_of
    asked = asked | {"kind": kind, "dedupe": dedupe}
    if kind == "next_period":
        asked |= {"other_start": following.starts_at, "other_end": following.ends_at}
    elif kind == "returning":
        asked |= {"other_start": BEGINNING, "other_end": scope.window.starts_at}
    filtered = any(asked[name] is not None for name in (*Filters.__struct_fields__, "segment_id"))
    if not scope.present or (filtered and kind == "next_period"):
        name = "repurchase_within" if kind == "window" else "repurchase_across"
    else:
        asked |= scope.dates | {"following_end": following.end, "pairs": PAIRS[kind]}
        name = "repurchase_next_now" if kind == "next_period" and known else "repurchase_now"
        if filtered:
            name = "repurchase_filtered_now"
    rows = await connection.execute(sql("metrics", name), asked)
    found = {"group" if row.in_group else "non_group": row for row in rows}

    def count(segments: tuple[str, ...]) -> _Count:
        parts = [found[name] for name in segments if name in found]
        buyers = sum(int(row.buyers) for row in parts)
        hits = sum(int(row.hits) for row in parts) if known else None
        return _Count({"buyers": buyers, HITS[kind]: hits}, hits, buyers)

    return {"all": count(SEGMENTS)} | {name: count((name,)) for name in SEGMENTS}


async def _cohort(
    connection: AsyncConnection,
    scope: Scope,
    asked: dict[str, Any],
    within_days: int,
    dedupe: Dedupe,
) -> dict[str, _Count]:
    window = scope.window
    buyers = "repurchase_cohort_now" if scope.present else "repurchase_cohort"
    rows = await connection.execute(
        sql("metrics", buyers, "repurchase_curve"),
        asked
        | {"within_days": within_days, "dedupe": dedupe}
        | {"first_day": window.start, "end_day": window.end},
    )
    summaries: dict[str, Row[Any]] = {}
    steps: dict[str, list[tuple[int, int, int]]] = {}
    for row in rows:
        if row.day is None:
            summaries[row.segment] = row
        else:
            steps.setdefault(row.segment, []).append((row.day, row.censored, row.repeats))

    def count(name: str) -> _Count:
        summary = summaries.get(name)
        buyers, mature, hits = (
            (0, 0, 0) if summary is None else (summary.buyers, summary.mature, summary.hits)
        )
        fields = {
            "buyers": buyers,
            "mature_buyers": mature,
            "immature_buyers": buyers - mature,
            "repeat_buyers": hits,
            "curve": curve(buyers, steps.get(name, []), within_days),
        }
        return _Count(fields, hits, mature)

    return {name: count(name) for name in ("all", *SEGMENTS)}
