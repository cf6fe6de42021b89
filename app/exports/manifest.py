"""The manifest of an export: its files with their SHA-256, and what they were made from."""

from datetime import datetime
from typing import Any

import msgspec

NAME = "manifest.json"


class File(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """A file by its path below the export's folder; `tables` are the names of what is in it.

    `sha256` is in hexadecimal. `people`: it names people. `removed_why` is of a file that went
    before the others (`erased`), and stands in the row's manifest alone.
    """

    name: str
    media_type: str
    bytes: int
    sha256: str
    tables: list[str]
    rows: int
    people: bool
    removed_why: str | None = None


class Manifest(msgspec.Struct, frozen=True, kw_only=True):
    """What manifest.json says; `rows` by table, `sums` by figure, money in the minor unit."""

    format: int = 1
    export_id: str
    kind: str
    week: str | None
    revision: int | None
    start: str | None
    end: str | None
    timezone: str
    currency: str
    as_of: datetime
    read_at: datetime
    rule_version: int
    language: str
    settings: dict[str, Any]
    rows: dict[str, int]
    sums: dict[str, int]
    files: list[File]
    previous: str | None = None
