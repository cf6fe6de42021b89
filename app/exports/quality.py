"""How far the numbers of an export hold: what did not come in, or is not worked out yet."""

from typing import Any

import msgspec
from sqlalchemy.ext.asyncio import AsyncConnection

from app.core.backlog import Backlog
from app.core.sql import sql
from app.exports.frame import Frame, frame_of_rows
from app.exports.periods import Period
from app.exports.rows import given_of
from app.exports.specs.about import DATA_QUALITY
from app.metrics.activity import Activity
from app.metrics.caveats import caveats
from app.metrics.gmv_share import GmvShare
from app.metrics.ingestion_gap import gaps
from app.metrics.question import Answer, Scope
from app.metrics.words import Language

COUNTED = {
    "dead_letters_pending": "dead_letters",
    "suspect_snapshot": "suspect_snapshots",
    "ingestion_gap": "ingestion_gaps",
    "low_match_rate": "match_rate",
}
"""The caveats whose sentence stands beside a count of this table."""

PENDING = {
    "zh-CN": "写出时仍有 {} 项尚未计入数字。",
    "en": "When this was written, so many were not in the numbers yet: {}.",
}
SURPLUS = {
    "zh-CN": "超出订单金额的部分不计入退款。",
    "en": "What goes beyond the order's amount counts as no refund.",
}


class Looked(msgspec.Struct, frozen=True):
    """What the checks are made from, but for what they count themselves."""

    share: GmvShare
    activity: Activity
    answers: list[tuple[Scope, Answer]]
    backlog: Backlog


async def quality_of(
    connection: AsyncConnection, period: Period, looked: Looked, language: Language
) -> Frame:
    """The checks of the newest period, and the caveats of its answers."""
    counted = await connection.execute(sql("exports", "quality"), given_of(period.scope))
    row = counted.one()
    said: dict[str, dict[str, None]] = {}
    for scope, answer in looked.answers:
        for each in await caveats(connection, scope, answer, language):
            said.setdefault(COUNTED.get(each.code, each.code), {})[each.detail] = None
    gap = await gaps(connection, period.scope, looked.activity)
    backlog, match = looked.backlog, looked.share.match
    pending = backlog.pending_events + backlog.pending_recomputes
    if pending:
        said["pending_events"] = {PENDING[language].format(pending): None}
    if row.refund_surplus:
        said["refund_surplus"] = {SURPLUS[language]: None}
    counts: dict[str, int | None] = {
        "dead_letters": backlog.dead_letters,
        "dead_letters_in_window": row.dead_letters_in_window,
        "oversized_requests": backlog.oversized_requests,
        "pending_events": backlog.pending_events,
        "pending_recomputes": backlog.pending_recomputes,
        "suspect_snapshots": row.suspect_snapshots,
        "ingestion_gaps": gap.count if gap else 0,
        "refund_surplus": row.refund_surplus,
        "orders_without_buyer": row.orders_without_buyer,
        "verify_differences": backlog.verify_differences,
    }
    notes = {check: "\n".join(sentences) for check, sentences in said.items()}
    rows: list[tuple[Any, ...]] = [
        (check, "warning" if count else "ok", count, None, notes.pop(check, None))
        for check, count in counts.items()
        if count is not None
    ]
    doubt = notes.pop("match_rate", None)
    rows.append(
        ("match_rate", "warning" if doubt else "ok", match.matched_orders, match.rate, doubt)
    )
    rows += [(check, "info", None, None, note) for check, note in sorted(notes.items())]
    return frame_of_rows(DATA_QUALITY, rows)
