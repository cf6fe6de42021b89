"""What an export says, before it is written: its tables, of one snapshot."""

from datetime import datetime
from typing import Any

import msgspec

from app.exports.asked import Run
from app.exports.frame import Frame


class Content(msgspec.Struct, frozen=True, kw_only=True):
    """The tables of an export, and what they were counted from.

    `sums` are figures that its tables agree on, by name, money in the minor unit; `settings` those
    of the brand that numbers depend on; `read_at` is the time of the snapshot.
    """

    run: Run
    brand_name: str
    timezone: str
    currency: str
    rule_version: int
    read_at: datetime
    settings: dict[str, Any]
    sums: dict[str, int]
    frames: dict[str, Frame]
