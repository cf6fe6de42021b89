"""Range requests (RFC 9110, 14): one range of bytes, or the whole."""

import re
from datetime import datetime
from email.utils import format_datetime
from typing import Any

from litestar import Request

from app.core.errors import Problem

_one = re.compile(r"bytes=(\d{0,18})-(\d{0,18})", re.ASCII)


def asked_range(
    request: Request[Any, Any, Any], size: int, etag: str, modified: str
) -> tuple[int, int] | None:
    """What part is asked for, its end excluded; None where it is the whole.

    Several ranges, units that are none, and a part of what is no longer the same are answered
    with the whole, as the standard lets us.

    Raises:
        Problem: 416 where no byte is in the range.
    """
    found = _one.fullmatch(request.headers.get("range", "").replace(" ", ""))
    first, last = found.groups() if found else ("", "")
    if not first and not last:
        return None
    condition = request.headers.get("if-range")
    if condition is not None and condition not in (etag, modified):
        return None
    if not first:
        start, end = max(0, size - int(last)), size
    else:
        start, end = int(first), min(size, int(last) + 1 if last else size)
        if last and int(last) < start:
            return None
    if start >= end:
        raise Problem(
            416,
            "range_not_satisfiable",
            f"The file has {size} bytes.",
            headers={"Content-Range": f"bytes */{size}", "Accept-Ranges": "bytes"},
        )
    return start, end


def http_date(at: datetime) -> str:
    """An instant as HTTP writes it, to the second."""
    return format_datetime(at.replace(microsecond=0), usegmt=True)
