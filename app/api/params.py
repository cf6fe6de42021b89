"""Query parameters that every question shares, read strictly, with hints where they go wrong."""

from typing import Annotated
from zoneinfo import ZoneInfo

from litestar.openapi.spec import Example
from litestar.params import Parameter

from app.core.clock import Bucket, Window
from app.core.errors import BadParameter
from app.core.moments import local_date
from app.metrics.segments import Side
from app.metrics.words import Language

MOST_BUCKETS = 5_000

Start = Annotated[
    str,
    Parameter(
        description="First local date of the window, YYYY-MM-DD.",
        schema_extra={"format": "date"},
        examples=[Example(value="2026-10-01")],
    ),
]
End = Annotated[
    str,
    Parameter(
        description="Local date at which the window ends (excluded), YYYY-MM-DD.",
        schema_extra={"format": "date"},
        examples=[Example(value="2026-11-01")],
    ),
]
AsOf = Annotated[
    str | None,
    Parameter(
        description="Instant (RFC 3339 with offset) from which on nothing has happened yet; "
        "now where left out.",
        schema_extra={"format": "date-time"},
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


def window(start: str, end: str, zone: ZoneInfo) -> Window:
    """Read a window; start = end is an empty one.

    Raises:
        BadParameter: where a date is malformed or they are reversed.
    """
    first, last = local_date("start", start), local_date("end", end)
    if last < first:
        raise BadParameter("end", "must not lie before start")
    return Window(first, last, zone)


def check_buckets(asked: Window, bucket: Bucket) -> None:
    """Refuse a series that nobody can read.

    Raises:
        BadParameter: where there are more than MOST_BUCKETS.
    """
    if bucket == "day" and (asked.end - asked.start).days > MOST_BUCKETS:
        raise BadParameter("bucket", f"a window may have at most {MOST_BUCKETS} days by day")
