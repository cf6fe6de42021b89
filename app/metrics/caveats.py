"""Which caveats an answer has: where time, history or what came in is not enough for it."""

from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from typing import Any

from sqlalchemy import Row
from sqlalchemy.ext.asyncio import AsyncConnection

from app.core.clock import day_start
from app.core.sql import sql
from app.metrics.before_after import BeforeAfter
from app.metrics.caveat import MOST, NAMED, Caveat, caveat, counted
from app.metrics.funnel import Funnel
from app.metrics.gmv_share import GmvShare
from app.metrics.ingestion_gap import gaps
from app.metrics.question import Answer, Scope
from app.metrics.ratio import ratio
from app.metrics.repurchase import Repurchase
from app.metrics.retention import Retention
from app.metrics.words import Language

NEWCOMER_DAYS = 30
"""Who is first seen within these days of the first one known may well have been there before."""

MATCH_ORDERS = 20
"""Of fewer orders a rate says little."""

SOME_TIME = (datetime(1999, 12, 30, tzinfo=UTC), datetime(2500, 1, 1, tzinfo=UTC))
"""No event is of a date before; no window is of one after."""

ONE_DAY = timedelta(days=1)


async def caveats(
    connection: AsyncConnection, scope: Scope, answer: Answer, language: Language
) -> list[Caveat]:
    """The caveats of an answer by code; see docs/metrics.md, "Caveats"."""
    days = _days_young(scope, answer) if isinstance(answer, Retention) else {}
    known = await connection.execute(
        sql("metrics", "caveats"),
        {
            "brand": scope.brand_id,
            "start": scope.window.starts_at,
            "end": scope.window.ends_at,
            "as_of": scope.as_of,
            "group_id": _only(answer, "group_id"),
            "note_id": _only(answer, "note_id"),
            "asks_match": isinstance(answer, Repurchase | Funnel | BeforeAfter),
            "asks_messages": _asks_messages(answer),
            "first_day": scope.window.start,
            "last_day": min(scope.window.end, _today(scope) + ONE_DAY),
            "young_from": min(days.values(), default=None),
            "days": answer.days if isinstance(answer, BeforeAfter) else None,
            "most": MOST,
            "named": NAMED,
            **scope.picks,
        },
    )
    row = known.one()
    facts = [
        *_unfinished(scope, answer),
        *_immature(answer, row, days),
        *_short(scope, answer, row),
        *_unmatched(answer, row),
        *_incomplete(row),
        *_detached(scope, row),
    ]
    if found := await gaps(connection, scope, answer):
        facts.append({"code": "ingestion_gap", **counted(found.count), "gaps": found.first})
    made = [caveat(language=language, zone=scope.window.zone, **each) for each in facts]
    return sorted(made, key=lambda each: (each.code, str(each.of)))


def _today(scope: Scope) -> date:
    """The local date at as_of."""
    return max(SOME_TIME[0], min(scope.as_of, SOME_TIME[1])).astimezone(scope.window.zone).date()


def _only(answer: Answer, name: str) -> str | None:
    """A filter by a membership's group or note; those of repurchase are by credit."""
    keeps = isinstance(answer, Retention | BeforeAfter) or answer.metric == "activity"
    return getattr(answer, name, None) if keeps else None


def _unfinished(scope: Scope, answer: Answer) -> Iterator[dict[str, Any]]:
    asks_next = isinstance(answer, Repurchase) and answer.kind == "next_period"
    until = (scope.window.following if asks_next else scope.window).ends_at
    if until > scope.as_of:
        yield {"code": "window_not_over", "until": until}


def _immature(answer: Answer, row: Row[Any], days: dict[int, datetime]) -> Iterator[dict[str, Any]]:
    code = "immature_buyers"
    if isinstance(answer, Repurchase) and isinstance(answer.immature_buyers, int):
        if answer.immature_buyers:
            yield {"code": code, "sentence": "immature_cohort", "count": answer.immature_buyers}
    elif isinstance(answer, Funnel):
        if young := sum(each.joins - each.mature_joins for each in answer.rows):
            yield {"code": code, "sentence": "immature_funnel", "count": young}
    elif isinstance(answer, Retention):
        last = row.last_joined_at
        if young_days := [n for n, since in days.items() if last is not None and last >= since]:
            yield {"code": code, "sentence": "immature_retention", "days": young_days}
    elif isinstance(answer, BeforeAfter) and row.newcomers:
        yield {"code": code, "sentence": "immature_before_after", **counted(row.newcomers)}


def _days_young(scope: Scope, answer: Retention) -> dict[int, datetime]:
    """For each day n asked for the instant from which on who joined has day n still ahead."""
    zone = scope.window.zone
    today = max(SOME_TIME[0], min(scope.as_of, SOME_TIME[1])).astimezone(zone).date()
    return {n: day_start(zone, today - n * ONE_DAY) for n in answer.days}


def _short(scope: Scope, answer: Answer, row: Row[Any]) -> Iterator[dict[str, Any]]:
    window = scope.window

    def begins(day: date) -> datetime:
        return day_start(window.zone, day)

    needed: dict[str, datetime] = {}
    recently = begins(window.start - NEWCOMER_DAYS * ONE_DAY)
    if isinstance(answer, Repurchase) and answer.buyers:
        needed["memberships"] = window.starts_at
        if answer.kind == "returning":
            needed["orders"] = begins(window.start - (window.end - window.start))
        elif answer.kind == "cohort":
            needed["orders"] = recently
        elif answer.kind == "next_period":
            needed["orders"] = window.starts_at
    elif isinstance(answer, GmvShare) and answer.total.orders:
        needed["memberships"] = window.starts_at
    elif isinstance(answer, BeforeAfter) and answer.customers:
        needed["memberships"] = recently
        needed["orders"] = window.starts_at - answer.days * ONE_DAY
    first = {"memberships": row.first_joined_at, "orders": row.first_paid_at}
    for of, since in needed.items():
        if first[of] is not None and since < first[of] < scope.as_of:
            yield {
                "code": "short_history",
                "sentence": f"short_history_{of}",
                "of": of,
                "since": first[of],
                "needed_from": since,
            }


def _unmatched(answer: Answer, row: Row[Any]) -> Iterator[dict[str, Any]]:
    orders, matched = row.orders, row.matched_orders
    if isinstance(answer, GmvShare):
        orders, matched = answer.match.orders, answer.match.matched_orders
    if orders is not None and orders >= MATCH_ORDERS and 2 * matched < orders:
        yield {
            "code": "low_match_rate",
            "orders": int(orders),
            "rate": ratio(int(matched), int(orders)),
        }


def _asks_messages(answer: Answer) -> bool:
    return (
        answer.metric == "activity"
        or isinstance(answer, Funnel)
        or (isinstance(answer, Retention) and answer.kind == "speak")
    )


def _detached(scope: Scope, row: Row[Any]) -> Iterator[dict[str, Any]]:
    if row.messages_since is not None and scope.window.starts_at < row.messages_since:
        yield {"code": "messages_detached", "since": row.messages_since}


def _incomplete(row: Row[Any]) -> Iterator[dict[str, Any]]:
    if row.suspects:
        groups = list(row.suspect_groups)
        yield {"code": "suspect_snapshot", **counted(row.suspects), "group_ids": groups}
    if row.dead_letters:
        yield {"code": "dead_letters_pending", **counted(row.dead_letters)}
