"""What both stores know: how attempts are named, and that a store can be away."""

from datetime import timedelta

from app.crm.tokens import random_text

PARTIAL = ".partial-"
ABANDONED = timedelta(days=1)
"""An attempt that wrote nothing for so long is not going on."""

PIECE = 1_048_576
"""Bytes of a file that are read at a time."""


class StoreAway(Exception):
    """The folder or bucket cannot be reached, or refuses: the same may go well later."""


def attempt_at(prefix: str) -> str:
    """A prefix of an attempt's own, beside the one that it is for."""
    return f"{prefix}{PARTIAL}{random_text(8)}"


def said(error: BaseException) -> str:
    """What a store's error says, without what is for debugging."""
    return (str(error).splitlines() or [type(error).__name__])[0][:300]
