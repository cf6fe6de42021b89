"""Local dates and instants as callers write them, read strictly, with hints where they go wrong."""

import re
from datetime import UTC, date, datetime

from app.core.clock import parse_instant
from app.core.errors import BadParameter

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
