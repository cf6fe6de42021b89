"""Loads a made brand: COPY of its facts, `hongqun rebuild`, VACUUM ANALYZE."""

import time
from collections.abc import Callable
from datetime import datetime
from pathlib import Path

import asyncpg
import duckdb

from app.embedded.servers import Servers
from bench.processes import finish

TOUCH = """
CASE WHEN coalesce(touch_group_id, touch_note_id, touch_live_id) IS NOT NULL THEN
    '{' || concat_ws(',', '"group_id":"' || touch_group_id || '"',
        '"note_id":"' || touch_note_id || '"', '"live_id":"' || touch_live_id || '"') || '}'
END"""


def _stamps(time: str, first: str) -> str:
    return f"""'{{"*":[' || {time} || ',"' || {first} || '","bench"]}}'"""


FACTS: dict[str, dict[str, str]] = {
    "chat_group": {
        "stamps": _stamps("0", "group_id"),
        "name": "name",
        "capacity": "500",
        "owner_member_id": "owner_member_id",
    },
    "creator": {"stamps": _stamps("0", "creator_id"), "name": "name", "kind": "kind", "mcn": "mcn"},
    "note": {
        "stamps": _stamps("epoch_us(published_at)", "note_id"),
        "title": "title",
        "creator_id": "creator_id",
        "published_at": "published_at",
    },
    "live": {
        "stamps": _stamps("epoch_us(started_at)", "live_id"),
        "title": "title",
        "creator_id": "creator_id",
        "started_at": "started_at",
        "ended_at": "ended_at",
    },
    "live_end": {"ended_at": "ended_at"},
    "member": {"stamps": _stamps("0", "member_id"), "nickname": "nickname"},
    "identity": {"space": "space", "id": "id", "customer_id": "customer_id"},
    "identity_link": {"member_id": "member_id", "buyer_id": "buyer_id"},
    "membership": {
        "member_id": "member_id",
        "joined_at": "joined_at",
        "n": "0",
        "left_at": "left_at",
        "join_inferred": "false",
        "leave_inferred": "false",
        "leave_reason": "leave_reason",
        "source_at": "CASE WHEN source_kind IS NOT NULL THEN joined_at END",
        "source_kind": "source_kind",
        "note_id": "note_id",
        "live_id": "live_id",
        "role": "role",
    },
    "shop_order": {
        "stamps": _stamps("epoch_us(placed_at)", "order_id"),
        "buyer_id": "buyer_id",
        "amount": "amount",
        "currency": "'CNY'",
        "kind": "kind",
        "items": """'[{"sku":"sku' || amount % 97 || '","quantity":1}]'""",
        "touch": TOUCH,
        "placed_at": "placed_at",
        "paid_at": "paid_at",
        "completed_at": "completed_at",
    },
    "refund": {
        "stamps": _stamps("epoch_us(refunded_at)", "refund_id"),
        "refund_id": "refund_id",
        "amount": "amount",
        "reason": "NULL",
        "refunded_at": "refunded_at",
    },
    "card_click": {
        "event_source": "'bench'",
        "group_id": "group_id",
        "member_id": "member_id",
        "clicked_at": "clicked_at",
    },
    "live_view": {
        "event_source": "'bench'",
        "live_id": "live_id",
        "member_id": "member_id",
        "group_id": "group_id",
        "viewed_at": "viewed_at",
    },
    "message": {
        "stamps": _stamps("epoch_us(sent_at)", "message_id"),
        "message_id": "message_id",
        "sent_at": "sent_at",
        "recalled_at": "recalled_at",
        "member_id": "member_id",
        "kind": "kind",
        "text": "text",
    },
}
"""What goes into each fact table beside its brand and its first id: column and expression."""

FIRST = {
    "chat_group": "group_id",
    "creator": "creator_id",
    "note": "note_id",
    "live": "live_id",
    "live_end": "live_id",
    "member": "member_id",
    "membership": "group_id",
    "shop_order": "order_id",
    "refund": "order_id",
    "card_click": "event_id",
    "live_view": "event_id",
    "message": "group_id",
}

KEPT_BESIDE = (
    "INSERT INTO message_identity (brand_id, group_id, message_id, sent_at)"
    " SELECT brand_id, group_id, message_id, sent_at FROM message",
    "INSERT INTO member_speech (brand_id, member_id, last_spoke_at)"
    " SELECT brand_id, member_id, max(sent_at) FROM message GROUP BY 1, 2",
)
"""What projection keeps of messages beside them."""


async def copy_facts(
    servers: Servers, made: Path, brand_id: int, say: Callable[[str], None]
) -> tuple[float, dict[str, int]]:
    """COPY every fact into the migrated schema, indexes and all.

    Gives the seconds that PostgreSQL's COPY took, without making the files, and the rows by table.
    """
    source = duckdb.connect(str(made), read_only=True)
    target = await asyncpg.connect(servers.database_url)
    file = made.with_suffix(".csv")
    seconds, rows = 0.0, {}
    try:
        source.execute("PRAGMA threads=2")
        for table, columns in FACTS.items():
            chosen = {"brand_id": str(brand_id)} | columns
            if table in FIRST:
                chosen[FIRST[table]] = FIRST[table]
            source.execute(
                f"COPY (SELECT {', '.join(chosen.values())} FROM {table}) TO '{file}'"
                " (FORMAT csv, HEADER false)"
            )
            began = time.perf_counter()
            status: str = await target.copy_to_table(
                table, source=file, columns=list(chosen), format="csv"
            )
            took = time.perf_counter() - began
            seconds += took
            rows[table] = int(status.split()[-1])
            say(f"COPY {table}: {rows[table]:,} rows in {took:.1f} s")
        for statement in KEPT_BESIDE:
            await target.execute(statement)
    finally:
        file.unlink(missing_ok=True)
        source.close()
        await target.close()
    return seconds, rows


def rebuild(servers: Servers, brand_id: int) -> tuple[float, float]:
    """Derive everything by the command: its seconds, and its peak memory in MB."""
    return finish(servers, "rebuild", "--brand", str(brand_id))


async def vacuum(servers: Servers) -> tuple[float, float]:
    """VACUUM ANALYZE and a checkpoint: the seconds, and the size of the database in MB."""
    connection = await asyncpg.connect(servers.database_url)
    try:
        began = time.perf_counter()
        await connection.execute("VACUUM ANALYZE")
        seconds = time.perf_counter() - began
        await connection.execute("CHECKPOINT")
        size: int = await connection.fetchval("SELECT pg_database_size(current_database())")
    finally:
        await connection.close()
    return seconds, size / 2**20


def now() -> datetime:
    """Where a new history ends: this second."""
    return datetime.now().astimezone().replace(microsecond=0)
