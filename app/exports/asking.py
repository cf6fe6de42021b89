"""What is asked for: checked in every way before it is queued, whoever asks."""

from collections.abc import Sequence
from datetime import date, datetime
from typing import Annotated, Any

import msgspec
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection

from app.core.clock import parse_instant
from app.core.errors import Problem
from app.crm import brands
from app.crm.audit import record
from app.crm.segments import saved
from app.exports import lists, runs
from app.exports.asked import FORMATS, Asked, Format, ListName
from app.exports.runs import Queued
from app.exports.weeks import WEEK, parse_week
from app.metrics.words import Language

MOST_DAYS = 3_660
FIRST, LAST = date(2000, 1, 1), date(2100, 1, 1)

Day = Annotated[str, msgspec.Meta(pattern=r"^[0-9]{4}-[0-9]{2}-[0-9]{2}$")]
WITH_PHONES = ("customers", "members")
ONE = "Name one of: week; start and end; list; segment_id."


class ExportBody(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """An export to make: of a `week`, of a window (`start` and `end`, `as_of`), of a `list` with
    its `filters`, or of a segment.

    `everything`: the workbook has every row even where there are too many to read. `reveal`:
    phones are written out, which needs the scope pii:read.
    """

    week: Annotated[str, msgspec.Meta(pattern=WEEK)] | None = None
    start: Day | None = None
    end: Day | None = None
    as_of: str | None = None
    formats: Annotated[Sequence[Format], msgspec.Meta(min_length=1, max_length=10)] = FORMATS
    language: Language | None = None
    segment_id: Annotated[str, msgspec.Meta(min_length=1, max_length=300)] | None = None
    list: ListName | None = None
    filters: dict[str, Any] = {}
    everything: bool = False
    reveal: bool = False


async def ask(connection: AsyncConnection, brand_id: int, body: ExportBody, actor: str) -> Queued:
    """Queue what is asked for, or join who has asked for the same week.

    Raises:
        Problem: 422 with the field that does not fit, 409 where a week cannot be had yet, 404
            where there is no such segment.
    """
    brand = await brands.get(connection, brand_id)
    _check(body)
    asked = Asked(
        formats=tuple(each for each in FORMATS if each in body.formats),
        list=body.list,
        filters=body.filters,
        segment_id=body.segment_id,
        everything=body.everything,
        reveal=body.reveal,
    )
    language = body.language or brand.export_language
    if body.week is not None:
        try:
            week = parse_week(body.week)
        except ValueError as error:
            raise _unfit("week", f"A week {error}.") from None
        made = await runs.queue_week(
            connection, brand_id, week, actor, language=body.language, asked=asked
        )
    elif body.start is not None:
        first, end = _window(body)
        as_of = await _as_of(connection, body.as_of)
        made = await runs.queue(
            *(connection, brand_id, "window", actor, asked, language),
            first_day=first,
            end_day=end,
            as_of=as_of,
        )
    elif body.list is not None:
        lists.check(asked)
        made = await runs.queue(connection, brand_id, "list", actor, asked, language)
    else:
        assert body.segment_id is not None
        await saved.find(connection, brand_id, body.segment_id)
        made = await runs.queue(connection, brand_id, "segment", actor, asked, language)
    said = {"week": body.week, "start": body.start, "end": body.end, "list": body.list}
    detail: dict[str, Any] = {k: v for k, v in said.items() if v is not None}
    if body.segment_id is not None:
        detail["segment_id"] = body.segment_id
    if body.reveal:
        detail["reveal"] = True
    await record(connection, brand_id, actor, "export.start", made.export_id, detail)
    return made


def _check(body: ExportBody) -> None:
    """Refuse what does not go together."""
    window = body.start is not None or body.end is not None
    named = {
        "week": body.week is not None,
        "start": window,
        "list": body.list is not None,
        "segment_id": body.segment_id is not None,
    }
    given = [name for name, is_given in named.items() if is_given]
    if len(given) != 1:
        raise _unfit(given[1] if given else "week", ONE)
    if window and (body.start is None or body.end is None):
        raise _unfit("start" if body.start is None else "end", "A window has a start and an end.")
    if body.as_of is not None and not window:
        raise _unfit("as_of", "Only a window has an as_of of its own.")
    if body.filters and body.list is None:
        raise _unfit("filters", "Only a list has filters.")
    if body.reveal and body.list not in WITH_PHONES and body.segment_id is None:
        raise _unfit("reveal", "Only lists of customers and of members, and segments, have phones.")


def _window(body: ExportBody) -> tuple[date, date]:
    first, end = _day("start", body.start or ""), _day("end", body.end or "")
    if end <= first:
        raise _unfit("end", "The end must lie after the start.")
    if (end - first).days > MOST_DAYS:
        raise _unfit("end", f"A window may have at most {MOST_DAYS} days.")
    return first, end


def _day(field: str, value: str) -> date:
    try:
        day = date.fromisoformat(value)
    except ValueError:
        raise _unfit(field, "There is no such date.") from None
    if not FIRST <= day <= LAST:
        raise _unfit(field, f"A date must lie between {FIRST} and {LAST}.")
    return day


async def _as_of(connection: AsyncConnection, value: str | None) -> datetime:
    now: datetime = (await connection.execute(text("SELECT clock_timestamp()"))).scalar_one()
    if value is None:
        return now
    try:
        as_of = parse_instant(value)
    except (ValueError, OverflowError) as error:
        raise _unfit("as_of", f"An instant {error}.") from None
    if as_of > now or as_of.date() < FIRST:
        raise _unfit("as_of", f"An as_of must lie between {FIRST} and now.")
    return as_of


def _unfit(field: str, detail: str) -> Problem:
    return Problem(422, "invalid", detail, field=f"/{field}")
