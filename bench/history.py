"""Makes the history of a brand by SQL in a DuckDB file; its tables are then the yardstick's own."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path

import duckdb
import msgspec

from bench.size import Size

SQL = Path(__file__).parent / "sql"
PART = 1_000_000
"""How many messages are made at once, so that memory does not grow with the history."""


def make(path: Path, size: Size, last: datetime, say: Callable[[str], None]) -> None:
    """Make all facts of a history that ends at `last`; the same seed gives the same history."""
    path.unlink(missing_ok=True)
    connection = duckdb.connect(str(path))
    try:
        connection.execute("PRAGMA threads=2")
        connection.execute("SET memory_limit = '2GB'")
        connection.execute("SET TimeZone = 'UTC'")
        for name, value in msgspec.structs.asdict(size).items():
            connection.execute(f"SET VARIABLE {name} = {value}")
        first = (last - timedelta(days=size.days)).astimezone(UTC)
        connection.execute(f"SET VARIABLE first = TIMESTAMP '{first:%Y-%m-%d %H:%M:%S}'")
        connection.execute(f"SET VARIABLE seconds = {size.days * 86_400}.0")
        for step in ("words", "people", "content", "chat"):
            say(f"making {step}")
            _run(connection, step)
        for low in range(0, size.messages, PART):
            say(f"making messages from {low:,}")
            connection.execute(f"SET VARIABLE low = {low}")
            connection.execute(f"SET VARIABLE high = {min(low + PART, size.messages)}")
            _run(connection, "messages")
        for step in ("shop", "identity"):
            say(f"making {step}")
            _run(connection, step)
        connection.execute("CHECKPOINT")
    finally:
        connection.close()


def _run(connection: duckdb.DuckDBPyConnection, step: str) -> None:
    connection.execute((SQL / "make" / f"{step}.sql").read_text("utf-8"))
