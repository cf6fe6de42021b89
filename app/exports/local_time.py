"""Instants as a brand's local time, a column at once.

Arrow could do it by the time zones of the operating system, which small images lack. Python has
them from a package, and an offset changes so seldom that few instants have to be asked for.
"""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pyarrow as pa
import pyarrow.compute as pc

SECOND = 1_000_000
WEEK = 7 * 86_400
"""No zone has changed its offset twice within a week since 1970."""

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


def local(instants: pa.Array, zone: ZoneInfo) -> pa.Array:
    """The local times, as Arrow timestamps without a zone."""
    micros = instants.cast(pa.int64())
    offsets = _by_offset(micros, zone, lambda seconds: seconds * SECOND)
    return pc.add(micros, offsets).cast(pa.timestamp("us"))


def shown(instants: pa.Array, zone: ZoneInfo) -> pa.Array:
    """The local times with their offsets, as datetime.isoformat writes them."""
    times = local(instants, zone)
    whole = times.cast(pa.timestamp("s"), safe=False)
    is_whole = pc.equal(whole.cast(pa.timestamp("us")), times)
    text = whole.cast(pa.string())
    if pc.any(pc.invert(is_whole)).as_py():
        text = pc.if_else(is_whole, text, times.cast(pa.string()))
    text = pc.binary_replace_slice(text, 10, 11, "T")
    return pc.binary_join_element_wise(
        text, _by_offset(instants.cast(pa.int64()), zone, _signed), ""
    )


def _by_offset(micros: pa.Array, zone: ZoneInfo, said: Callable[[int], Any]) -> Any:
    """What is said of the offset that holds at each time."""
    (_, offset), *later = _shifts(micros, zone)
    chosen = pa.scalar(said(offset))
    for since, offset in later:
        is_later = pc.greater_equal(micros, since * SECOND)
        chosen = pc.if_else(is_later, pa.scalar(said(offset)), chosen)
    return chosen


def _shifts(micros: pa.Array, zone: ZoneInfo) -> list[tuple[int, int]]:
    """From when on which offset holds, both in seconds, over the time that the column spans."""
    ends = pc.min_max(micros).as_py()
    if ends["min"] is None:
        return [(0, 0)]
    first, last = ends["min"] // SECOND, ends["max"] // SECOND
    found = [(first, _offset(first, zone))]
    for start in range(first, last + 1, WEEK):
        end = min(start + WEEK, last + 1)
        if _offset(end, zone) != found[-1][1]:
            found.append((_change(start, end, zone), _offset(end, zone)))
    return found


def _change(before: int, after: int, zone: ZoneInfo) -> int:
    """The second at which the offset of `after` begins."""
    begun = _offset(after, zone)
    while after - before > 1:
        middle = (before + after) // 2
        if _offset(middle, zone) == begun:
            after = middle
        else:
            before = middle
    return after


def _offset(second: int, zone: ZoneInfo) -> int:
    offset = (EPOCH + timedelta(seconds=second)).astimezone(zone).utcoffset()
    return int((offset or timedelta()).total_seconds())


def _signed(seconds: int) -> str:
    hours, rest = divmod(abs(seconds), 3_600)
    minutes, rest = divmod(rest, 60)
    sign = "-" if seconds < 0 else "+"
    return f"{sign}{hours:02}:{minutes:02}" + (f":{rest:02}" if rest else "")
