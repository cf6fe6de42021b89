"""What an export is asked for: of which week, window, list or segment, and in which files."""

from datetime import date, datetime
from typing import Any, Literal

import msgspec

from app.metrics.words import Language

Kind = Literal["weekly", "window", "list", "segment"]
Format = Literal["xlsx", "csv", "parquet"]
FORMATS: tuple[Format, ...] = ("xlsx", "csv", "parquet")
ListName = Literal["orders", "customers", "members", "groups", "notes", "creators", "lives"]


class Asked(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """What the table `export` keeps in `asked`.

    `list` and `filters` (as the parameters of that list's route) are of a list, `segment_id` of a
    segment. `everything`: the workbook has every row even where there are too many to read.
    `reveal`: phones are written out, which needs pii:read.
    """

    formats: tuple[Format, ...] = FORMATS
    list: ListName | None = None
    filters: dict[str, Any] = {}
    segment_id: str | None = None
    everything: bool = False
    reveal: bool = False


class Run(msgspec.Struct, frozen=True, kw_only=True):
    """One export that a worker has in hand.

    `first_day` and `end_day` (excluded) are local dates, of the weekly and window kinds.
    `previous_id` is the newest finished revision of the same week.
    """

    brand_id: int
    export_id: str
    kind: Kind
    week: str | None
    revision: int | None
    first_day: date | None
    end_day: date | None
    as_of: datetime
    language: Language
    asked: Asked
    previous_id: str | None
    attempts: int
