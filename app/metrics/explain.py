"""Why an order counts as it does: its cell, its credits, the evidence, and the rules in words."""

from datetime import datetime
from typing import Any, Literal
from zoneinfo import ZoneInfo

import msgspec
from sqlalchemy import Row
from sqlalchemy.ext.asyncio import AsyncConnection

from app.core.sql import sql
from app.metrics.question import RULE_VERSION
from app.metrics.words import SENTENCES, Language

Cell = Literal["member_and_touch", "member_only", "touch_only", "neither"]


class Stay(msgspec.Struct, frozen=True):
    """The membership that an order's credit rests on; `left_at` is null while it is open."""

    group_id: str
    member_id: str
    joined_at: datetime
    left_at: datetime | None
    join_inferred: bool
    leave_inferred: bool
    source_kind: str | None
    source_note_id: str | None
    source_live_id: str | None
    inviter_member_id: str | None


class TouchEvidence(msgspec.Struct, frozen=True):
    """What makes a touch: the order itself (kind order), or a click on a card (kind click)."""

    kind: Literal["order", "click"]
    group_id: str
    clicked_at: datetime | None
    member_id: str | None
    message_id: str | None
    event_id: str | None
    source: str | None


class Explanation(msgspec.Struct, frozen=True):
    """All null but `why` for an order that is no GMV order as of the instant asked for."""

    order_id: str
    rule_version: int
    timezone: str
    as_of: datetime
    cell: Cell | None
    group_id: str | None
    note_id: str | None
    first_note_id: str | None
    creator_id: str | None
    membership: Stay | None
    touch: TouchEvidence | None
    why: list[str]


class Asked(msgspec.Struct, frozen=True):
    """Which order, as of when, and how to say it."""

    brand_id: int
    order_id: str
    as_of: datetime
    zone: ZoneInfo
    touch_hours: int
    language: Language

    def used(self) -> dict[str, Any]:
        """The fields of an explanation that say what was asked."""
        return {
            "order_id": self.order_id,
            "rule_version": RULE_VERSION,
            "timezone": self.zone.key,
            "as_of": self.as_of,
        }


async def explain(connection: AsyncConnection, asked: Asked) -> Explanation | None:
    """Explain an order; None where no event names it."""
    rows = await connection.execute(
        sql("metrics", "explain"), {"brand": asked.brand_id, "order": asked.order_id}
    )
    row = rows.one_or_none()
    if row is None:
        return None
    if not row.is_gmv or row.paid_at >= asked.as_of:
        nothing: dict[str, Any] = dict.fromkeys(
            ("cell", "group_id", "note_id", "first_note_id", "creator_id", "membership", "touch")
        )
        return Explanation(**asked.used(), **nothing, why=[_no_gmv(row, asked)])
    first_is_known = row.first_joined_at is not None and row.first_joined_at < asked.as_of
    return Explanation(
        **asked.used(),
        cell=row.cell,
        group_id=row.group_id,
        note_id=row.note_id,
        first_note_id=row.first_note_id if first_is_known else None,
        creator_id=row.creator_id,
        membership=_stay(row, asked.as_of),
        touch=_touch(row),
        why=_why(row, asked, first_is_known),
    )


def _stay(row: Row[Any], as_of: datetime) -> Stay | None:
    if row.member_id is None:
        return None
    is_open = row.left_at is None or row.left_at >= as_of
    return Stay(
        group_id=row.group_id,
        member_id=row.member_id,
        joined_at=row.joined_at,
        left_at=None if is_open else row.left_at,
        join_inferred=row.join_inferred,
        leave_inferred=row.leave_inferred and not is_open,
        source_kind=row.source_kind,
        source_note_id=row.source_note_id,
        source_live_id=row.source_live_id,
        inviter_member_id=row.inviter_member_id,
    )


def _touch(row: Row[Any]) -> TouchEvidence | None:
    if row.touch_kind is None:
        return None
    return TouchEvidence(
        kind=row.touch_kind,
        group_id=row.group_id,
        clicked_at=row.clicked_at,
        member_id=row.click_member_id,
        message_id=row.click_message_id,
        event_id=row.click_event_id,
        source=row.click_source,
    )


def _local(instant: datetime, zone: ZoneInfo) -> str:
    return instant.astimezone(zone).strftime("%Y-%m-%d %H:%M:%S")


def _named(id_: str, name: str | None, language: Language) -> str:
    if language == "en":
        return f'"{name}" ({id_})' if name else f'"{id_}"'
    return f"「{name}」（{id_}）" if name else f"「{id_}」"


def _no_gmv(row: Row[Any], asked: Asked) -> str:
    say = SENTENCES[asked.language]
    if row.paid_at is None:
        return say["unpaid"]
    if row.paid_at >= asked.as_of:
        return say["paid_later"].format(paid=_local(row.paid_at, asked.zone))
    if row.kind in ("normal", "deposit", "presale"):
        return say["underived"]
    return say["other_kind"].format(kind=row.kind)


def _why(row: Row[Any], asked: Asked, first_is_known: bool) -> list[str]:
    """One sentence a rule that was applied, in the order in which they are applied."""
    say = SENTENCES[asked.language]
    said = []
    words = {
        "paid": _local(row.paid_at, asked.zone),
        "group": _named(row.group_id, row.group_name, asked.language) if row.group_id else "",
        "hours": asked.touch_hours,
    }
    is_member = row.cell in ("member_and_touch", "member_only")
    said.append(say["member" if is_member else "no_member"].format(**words))
    if row.touch_kind == "order":
        said.append(say["touch_by_order"].format(**words))
    elif row.touch_kind == "click":
        words["clicked"] = _local(row.clicked_at, asked.zone)
        said.append(say["touch_by_click"].format(**words))
    else:
        said.append(say["no_touch" if asked.touch_hours else "no_touch_clicks_off"].format(**words))
    said.append(say[row.cell])
    if row.touch_kind is None and is_member:
        said.append(say["group_by_membership"].format(**words))
    if row.member_id is not None:
        words |= {"member": row.member_id, "joined": _local(row.joined_at, asked.zone)}
        still = row.left_at is None or row.left_at > row.paid_at
        said.append(say["stay" if still else "past_stay"].format(**words))
    elif row.group_id is not None:
        said.append(say["no_stay"].format(**words))
    if row.note_id is not None:
        words["note"] = _named(row.note_id, row.note_title, asked.language)
        said.append(say["note_by_order" if row.touch_note_id else "note_by_join"].format(**words))
    else:
        said.append(say["no_note"])
    if row.creator_id is not None:
        words["creator"] = _named(row.creator_id, row.creator_name, asked.language)
        key = "creator_by_order" if row.touch_creator_id else "creator_by_note"
        said.append(say[key].format(**words))
    if first_is_known and row.first_note_id is not None:
        words |= {
            "first": _named(row.first_note_id, row.first_note_title, asked.language),
            "first_joined": _local(row.first_joined_at, asked.zone),
        }
        said.append(say["first_note"].format(**words))
    return said
