"""How large a brand is: the numbers that its history is made from."""

import msgspec


class Size(msgspec.Struct, frozen=True, kw_only=True):
    """Counts over the whole history; its length is in days."""

    orders: int = 2_000_000
    customers: int = 400_000
    messages: int = 5_000_000
    notes: int = 2_000
    groups: int = 500
    days: int = 1_096
    seed: int = 20_260


SMALL = Size(orders=10_000, customers=4_000, messages=30_000, groups=40, days=200)
"""Shows that a bench runs."""


class Loaded(msgspec.Struct, kw_only=True):
    """What lies in a data folder; times are in seconds, `last` is where the history ends.

    `schema` is the revision under which it was derived; `credited` says whether the yardstick has
    the facts and credits that PostgreSQL has now.
    """

    size: Size
    brand: int
    last: str
    make_seconds: float
    copy_seconds: float
    rows: dict[str, int]
    schema: str = ""
    rebuild_seconds: float = 0.0
    rebuild_mb: float = 0.0
    vacuum_seconds: float = 0.0
    postgres_mb: float = 0.0
    duckdb_mb: float = 0.0
    credited: bool = False
