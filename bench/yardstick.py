"""The yardstick: DuckDB on its own copy of the facts and credits, asked within this process."""

import re
from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import Any

import asyncpg
import duckdb

from app.embedded.servers import Servers
from bench.history import SQL

CREDITS = {
    "order_credit": (
        "order_id VARCHAR, customer_id VARCHAR, paid_at TIMESTAMP, paid_day DATE, amount BIGINT,"
        " matched BOOLEAN, cell VARCHAR, group_id VARCHAR, note_id VARCHAR,"
        " touch_creator_id VARCHAR, fully_refunded_at TIMESTAMP",
        "SELECT order_id, customer_id, paid_at AT TIME ZONE 'UTC', paid_day, amount,"
        " matched, cell, group_id, note_id, touch_creator_id,"
        " fully_refunded_at AT TIME ZONE 'UTC' FROM order_credit ORDER BY paid_at",
    ),
    "refund_credit": (
        "order_id VARCHAR, refunded_at TIMESTAMP, amount BIGINT, paid_at TIMESTAMP,"
        " cell VARCHAR, group_id VARCHAR",
        "SELECT order_id, refunded_at AT TIME ZONE 'UTC', amount, paid_at AT TIME ZONE 'UTC',"
        " cell, group_id FROM refund_credit ORDER BY refunded_at",
    ),
}
"""Given to both sides, since deriving them is not the question."""

CHANGED = {
    "identity": (
        "space VARCHAR, id VARCHAR, customer_id VARCHAR",
        "SELECT space, id, customer_id FROM identity",
    ),
    "membership": (
        "group_id VARCHAR, member_id VARCHAR, joined_at TIMESTAMP, left_at TIMESTAMP,"
        " leave_reason VARCHAR, source_kind VARCHAR, note_id VARCHAR, live_id VARCHAR,"
        " role VARCHAR",
        "SELECT group_id, member_id, joined_at AT TIME ZONE 'UTC', left_at AT TIME ZONE 'UTC',"
        " leave_reason, source_kind, note_id, live_id, role FROM membership ORDER BY joined_at",
    ),
}
"""Facts that the late events of an earlier run have changed."""

LATE_ORDERS = (
    "order_id VARCHAR, buyer_id VARCHAR, amount BIGINT, kind VARCHAR, touch_group_id VARCHAR,"
    " touch_note_id VARCHAR, touch_live_id VARCHAR, placed_at TIMESTAMP, paid_at TIMESTAMP,"
    " completed_at TIMESTAMP",
    "SELECT order_id, buyer_id, amount, 'normal', NULL, NULL, NULL, NULL,"
    " paid_at AT TIME ZONE 'UTC', NULL FROM shop_order"
    " WHERE order_id >= 'late-' AND order_id < 'late.'",
)
_names = re.compile(r"\$(\w+)")


class Yardstick:
    """DuckDB with two threads, open on its file until it is closed."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.connection = duckdb.connect(str(path))
        self.connection.execute("PRAGMA threads=2")
        self.connection.execute("SET TimeZone = 'UTC'")
        self.connection.execute((SQL / "ask" / "words.sql").read_text("utf-8"))

    def ask(self, name: str, given: Mapping[str, Any]) -> list[tuple[Any, ...]]:
        """All rows of the answer to a question of bench/sql/ask/."""
        statement, names = _question(name)
        self.connection.execute(statement, {each: given[each] for each in names})
        rows: list[tuple[Any, ...]] = self.connection.fetchall()
        return rows

    async def copy_out(self, servers: Servers) -> None:
        """Take over PostgreSQL's credits of now, and the facts that may have changed."""
        source = await asyncpg.connect(servers.database_url)
        file = self.path.with_suffix(".out.csv")
        try:
            for table, (columns, query) in {**CREDITS, **CHANGED}.items():
                await source.copy_from_query(query, output=file, format="csv")
                self.connection.execute(
                    f"CREATE OR REPLACE TABLE {table} AS {_read(columns, file)}"
                )
            columns, query = LATE_ORDERS
            await source.copy_from_query(query, output=file, format="csv")
            self.connection.execute("DELETE FROM shop_order WHERE starts_with(order_id, 'late-')")
            self.connection.execute(f"INSERT INTO shop_order {_read(columns, file)}")
            self.connection.execute("CHECKPOINT")
        finally:
            file.unlink(missing_ok=True)
            await source.close()

    def close(self) -> None:
        """Close the file."""
        self.connection.close()

    @property
    def megabytes(self) -> float:
        """The size of the file in MB."""
        return self.path.stat().st_size / 2**20


def _read(columns: str, file: Path) -> str:
    typed = ", ".join(f"'{n}': '{t}'" for n, t in (each.split() for each in columns.split(", ")))
    return f"FROM read_csv('{file}', header = false, auto_detect = false, columns = {{{typed}}})"


@cache
def _question(name: str) -> tuple[str, frozenset[str]]:
    statement = (SQL / "ask" / f"{name}.sql").read_text("utf-8")
    return statement, frozenset(_names.findall(statement))
