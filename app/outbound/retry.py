"""When a delivery that failed is tried again: ten tries over three days, then no more."""

import random
from datetime import datetime, timedelta
from email.utils import parsedate_to_datetime

DELAYS = (
    *(timedelta(seconds=5), timedelta(minutes=5), timedelta(minutes=30)),
    *(timedelta(hours=hours) for hours in (2, 5, 10, 14, 20, 24)),
)
"""After each try that failed; together 75 hours 35 minutes."""

JITTER = 0.1
"""Up to so much longer, so that what failed together does not come back together."""

LONGEST = timedelta(hours=24)
"""However late a receiver asks for the next try."""


def next_try(step: int, now: datetime, retry_after: str | None) -> datetime | None:
    """When to try again after this many tries; None where there were enough."""
    if step > len(DELAYS):
        return None
    delay = DELAYS[step - 1] * (1 + random.uniform(0, JITTER))
    asked = wished(retry_after, now)
    return now + (delay if asked is None else max(delay, min(asked, LONGEST)))


def wished(retry_after: str | None, now: datetime) -> timedelta | None:
    """How long a Retry-After asks to wait, in seconds or until a date; None where it is neither."""
    if retry_after is None:
        return None
    given = retry_after.strip()
    if given.isascii() and given.isdigit():
        return timedelta(seconds=min(int(given[:9]), int(LONGEST.total_seconds())))
    try:
        until = parsedate_to_datetime(given)
        return until - now if until.tzinfo is not None else None
    except (ValueError, OverflowError, IndexError, TypeError):
        return None
