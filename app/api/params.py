"""Query parameters that every question shares, read strictly, with hints where they go wrong."""

import re
from datetime import UTC, date, datetime
from typing import Annotated
from zoneinfo import ZoneInfo

from litestar.openapi.spec import Example
from litestar.params import Parameter

from app.core.clock import Bucket, Window, parse_instant
from app.core.errors import BadParameter
from app.metrics.segments import Side
from app.metrics.words import Language

MOST_BUCKETS = 5_000

Start = Annotated[
    str,
    Parameter(
        description="First local date of the window, YYYY-MM-DD.",
        examples=[Example(value="2026-10-01")],
    ),
]
End = Annotated[
    str,
    Parameter(
        description="Local date at which the window ends (excluded), YYYY-MM-DD.",
        examples=[Example(value="2026-11-01")],
    ),
]
AsOf = Annotated[
    str | None,
    Parameter(
        description="Instant (RFC 3339 with offset) from which on nothing has happened yet; "
        "now where left out.",
        examples=[Example(value="2026-11-01T00:00:00+08:00")],
    ),
]
SegmentId = Annotated[
    str | None,
    Parameter(
        max_length=300,
        description="Only customers who are in this segment now, or everybody else; see `segment`.",
    ),
]
SegmentSide = Annotated[
    Side, Parameter(description="With segment_id: in, its members; out, everybody else.")
]
Lang = Annotated[
    Language | None, Parameter(description="Language of sentences and labels; zh-CN by default.")
]

Limit = Annotated[int, Parameter(ge=1, le=200, description="Rows a page.")]
Cursor = Annotated[str | None, Parameter(description="`next` of the page before.")]

_date = re.compile(r"\d{4}-\d\d-\d\d", re.ASCII)


def local_date(field: str, value: str) -> date:
    """Read a local date.

    Raises:
        BadParameter: where it is none, or lies outside of 1900 to 2199.
    """
    try:
        if not _date.fullmatch(value):
            raise ValueError
        day = date.fromisoformat(value)
    except ValueError:
        raise BadParameter(field, "must be a date, as 2026-11-01") from None
    if not 1900 <= day.year < 2200:
        raise BadParameter(field, "must lie between 1900 and 2199")
    return day


def window(start: str, end: str, zone: ZoneInfo) -> Window:
    """Read a window; start = end is an empty one.

    Raises:
        BadParameter: where a date is malformed or they are reversed.
    """
    first, last = local_date("start", start), local_date("end", end)
    if last < first:
        raise BadParameter("end", "must not lie before start")
    return Window(first, last, zone)


def instant(field: str, value: str | None) -> datetime:
    """Read an instant; now where it was left out.

    Raises:
        BadParameter: where it is none.
    """
    if value is None:
        return datetime.now(UTC)
    try:
        return parse_instant(value)
    except (ValueError, OverflowError) as error:
        hint = ""
        if " " in value:
            hint = " (in a URL write + as %2B; unencoded it is read as a space)"
        raise BadParameter(field, f"{error}{hint}") from None


def check_buckets(asked: Window, bucket: Bucket) -> None:
    """Refuse a series that nobody can read.

    Raises:
        BadParameter: where there are more than MOST_BUCKETS.
    """
    if bucket == "day" and (asked.end - asked.start).days > MOST_BUCKETS:
        raise BadParameter("bucket", f"a window may have at most {MOST_BUCKETS} days by day")
