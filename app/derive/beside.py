"""Deriving beside the live tables: everything of a brand anew, to swap it in or to compare it.

A temporary table hides the live one of its name, so that the same statements that keep the
derived tables write beside them, and take from queues of their own. Nobody else sees them, and
they go with the session.
"""

from collections.abc import AsyncIterator, Iterable
from datetime import UTC, date, datetime, timedelta
from typing import Any

import msgspec
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection

from app.core.sql import sql
from app.derive.customers import derive, derive_customers, mark_all
from app.derive.hidden import hide, live, uncover
from app.derive.stale import Touched, touch
from app.derive.sums import count_sums
from app.derive.touched import EVERYBODY
from app.derive.touched import touch as touch_segments
from app.models.tables import metadata

BY_CUSTOMER = ("order_credit", "refund_credit", "purchase_day", "joining", "customer")
SUMS = ("sale_sum", "purchase_sum", "group_sum", "live_sum")
FACTS = (
    *("identity", "membership", "message", "member_speech", "card_click"),
    *("live", "live_view", "shop_order", "refund", "note"),
)
"""What derivation reads."""

QUEUES = ("dirty_customer", "dirty_sum", "stale_period", "rebuild")

CUSTOMERS = 5_000
COUNTED = 500
ROOM = ("temp_buffers = '128MB'", "work_mem = '64MB'")
"""What a rebuild's session may have of the server's memory."""

MOST = 10_000
"""Of so many differences in a table the first are looked at: more say nothing else."""

LOCK = 7_466_921
"""The advisory lock, with the brand's number, of who rebuilds."""


class Difference(msgspec.Struct, frozen=True):
    """A derived row that is not what a rebuild gives; None where there is no such row.

    `key` is its primary key without the brand.
    """

    table: str
    key: dict[str, Any]
    found: dict[str, Any] | None
    expected: dict[str, Any] | None

    def fields(self) -> dict[str, tuple[Any, Any]]:
        """What differs: found and expected, by column."""
        found, expected = self.found or {}, self.expected or {}
        return {
            name: (found.get(name), expected.get(name))
            for name in {**found, **expected}
            if found.get(name) != expected.get(name)
        }

    def sentence(self) -> str:
        """One line: the table, the key, and what was found instead of what."""
        where = " ".join([self.table, *(str(value) for value in self.key.values())])
        if self.found is None:
            return f"{where}: missing"
        if self.expected is None:
            return f"{where}: should not be there"
        changes = [
            f"{name} is {found!r}, not {expected!r}"
            for name, (found, expected) in sorted(self.fields().items())
        ]
        return f"{where}: {'; '.join(changes)}"


class RebuildRunning(Exception):
    """Another rebuild of the brand is under way."""


async def begin(connection: AsyncConnection, brand_id: int) -> int:
    """Hide the live tables and mark all that is to be derived; gives how much that is.

    From when this is committed on workers tell what they derive. It waits for the one at work.

    Raises:
        RebuildRunning: where another one has begun.
    """
    taken = await connection.scalar(
        text("SELECT pg_try_advisory_lock(:lock, CAST(:brand AS integer))"),
        {"lock": LOCK, "brand": brand_id},
    )
    if not taken:
        raise RebuildRunning
    await _fence(connection, brand_id)
    for statement in (
        "DELETE FROM rederived WHERE brand_id = :brand",
        "INSERT INTO rebuild (brand_id) VALUES (:brand)"
        " ON CONFLICT (brand_id) DO UPDATE SET started_at = now()",
    ):
        await connection.execute(text(statement), {"brand": brand_id})
    for setting in ROOM:
        await connection.execute(text(f"SET {setting}"))
    # A load may have outgrown what the planner knows of the facts.
    await _analyze(connection, FACTS)
    await hide(connection, brand_id, BY_CUSTOMER + SUMS + QUEUES)
    await mark_all(connection, brand_id)
    return await _pending(connection)


async def swap(connection: AsyncConnection, brand_id: int) -> None:
    """Derive once more what workers derived meanwhile, then put the new rows in the live tables.

    The brand's lease is held until the commit: events are taken in, but wait. Rows that are
    right already stay untouched.
    """
    await _fence(connection, brand_id)
    for table, kind in (("dirty_customer", "customer"), ("dirty_sum", "sum")):
        await connection.execute(sql("derive", f"catch_up_{kind}"), {"brand": brand_id})
        await connection.execute(text(f"ANALYZE {table}"))
    while await derive(connection, brand_id, CUSTOMERS):
        pass
    while await count_sums(connection, brand_id, COUNTED):
        pass
    await uncover(connection, ("stale_period",))
    # Whole tables are compared: hashed, whatever the planner takes their sizes for.
    await connection.execute(text("SET LOCAL enable_nestloop = off"))
    await _touch(connection, brand_id)
    for name in BY_CUSTOMER + SUMS:
        await connection.execute(text(f"ANALYZE {name}"))
        stored = await live(connection, name)
        columns = ", ".join(column.name for column in metadata.tables[name].columns)
        same = _same_key(name, "l", "d")
        await connection.execute(
            text(
                f"DELETE FROM {stored} AS l WHERE l.brand_id = :brand AND NOT EXISTS"
                f" (SELECT FROM {name} AS d"
                f" WHERE {same} AND ROW(d.*) IS NOT DISTINCT FROM ROW(l.*))"
            ),
            {"brand": brand_id},
        )
        await connection.execute(
            text(
                f"INSERT INTO {stored} ({columns}) SELECT {columns} FROM {name} AS d"
                f" WHERE NOT EXISTS (SELECT FROM {stored} AS l WHERE {same})"
            )
        )
    for name in ("rebuild", "rederived"):
        await connection.execute(
            text(f"DELETE FROM {await live(connection, name)} WHERE brand_id = :brand"),
            {"brand": brand_id},
        )
    await touch_segments(connection, brand_id, "facts", [EVERYBODY])


async def steps(connection: AsyncConnection, brand_id: int) -> AsyncIterator[int]:
    """Derive batch after batch beside the live tables: customers, then sums. Yields how many.

    Nobody else analyses temporary tables: it is done while they grow.
    """
    done = analysed = 0
    last = ""
    while customers := await _following(connection, last):
        causes = dict.fromkeys(customers, "[]")
        await derive_customers(connection, brand_id, causes, mark=False)
        last = customers[-1]
        done += len(customers)
        if done > 2 * analysed:
            await _analyze(connection, BY_CUSTOMER)
            analysed = done
        yield len(customers)
    await connection.execute(text("TRUNCATE dirty_customer"))
    await _analyze(connection, BY_CUSTOMER)
    while more := await count_sums(connection, brand_id, COUNTED):
        yield more


async def _following(connection: AsyncConnection, last: str) -> list[str]:
    """The next customers: read on from the last one, not taken off, which would leave dead rows."""
    rows = await connection.execute(
        text(
            "SELECT customer_id FROM dirty_customer WHERE customer_id > :last"
            " ORDER BY customer_id LIMIT :most"
        ),
        {"last": last, "most": CUSTOMERS},
    )
    return [row.customer_id for row in rows]


async def forget_dead(connection: AsyncConnection, brand_id: int) -> None:
    """Forget a rebuild whose session is gone, so that workers need not write for it any more."""
    given = {"lock": LOCK, "brand": brand_id}
    alone = "pg_try_advisory_xact_lock(:lock, CAST(:brand AS integer))"
    if await connection.scalar(text(f"SELECT {alone} FROM rebuild WHERE brand_id = :brand"), given):
        for name in ("rebuild", "rederived"):
            await connection.execute(text(f"DELETE FROM {name} WHERE brand_id = :brand"), given)


async def compare(
    connection: AsyncConnection, brand_id: int, name: str, scope: str
) -> list[Difference]:
    """Where rows of a scope in a live table differ from the table that hides it; MOST at most."""
    stored = await live(connection, name)
    key = [c.name for c in metadata.tables[name].primary_key if c.name != "brand_id"]
    told = ", ".join(f"'{k}', coalesce(to_jsonb(l), to_jsonb(d)) -> '{k}'" for k in key)
    rows = await connection.execute(
        text(
            f"SELECT jsonb_build_object({told}) AS key,"
            " to_jsonb(l) - 'brand_id' AS found, to_jsonb(d) - 'brand_id' AS expected"
            f" FROM (SELECT * FROM {stored} WHERE brand_id = :brand AND ({scope})) AS l"
            f" FULL JOIN (SELECT * FROM {name} WHERE {scope}) AS d ON {_same_key(name, 'l', 'd')}"
            " WHERE ROW(l.*) IS DISTINCT FROM ROW(d.*) ORDER BY 1 LIMIT :most"
        ),
        {"brand": brand_id, "most": MOST},
    )
    return [Difference(name, row.key, row.found, row.expected) for row in rows]


async def _touch(connection: AsyncConnection, brand_id: int) -> None:
    """Mark the closed periods whose numbers the swap may move."""
    days: set[date] = set()
    for name, day in (("order_credit", "paid_day"), ("refund_credit", "refunded_day")):
        stored = await live(connection, name)
        found = await connection.execute(
            text(
                f"SELECT l.{day}, d.{day}"
                f" FROM (SELECT * FROM {stored} WHERE brand_id = :brand) AS l"
                f" FULL JOIN {name} AS d ON {_same_key(name, 'l', 'd')}"
                " WHERE ROW(l.*) IS DISTINCT FROM ROW(d.*) GROUP BY 1, 2"
            ),
            {"brand": brand_id},
        )
        days |= {day for row in found for day in row if day is not None}
    if not days:
        return
    cause = [{"type": "rebuild"}]
    # A first purchase is followed for 30 days, and may not be the first any more ever after.
    since = min(days) - timedelta(days=31)
    span = (datetime.now(UTC).date() - since).days
    following = (since + timedelta(days=n) for n in range(span))
    await touch(
        connection,
        brand_id,
        [Touched(day, "day", cause) for day in sorted(days)]
        + [Touched(day, "cohort", cause) for day in following],
    )


async def _fence(connection: AsyncConnection, brand_id: int) -> None:
    await connection.execute(
        text("SELECT 1 FROM work_lease WHERE brand_id = :brand FOR UPDATE"), {"brand": brand_id}
    )


async def _analyze(connection: AsyncConnection, names: Iterable[str]) -> None:
    for name in names:
        # Who has the table locked, as the rebuild of another brand, is at the same.
        await connection.execute(text(f"ANALYZE (SKIP_LOCKED) {name}"))


async def _pending(connection: AsyncConnection) -> int:
    await _analyze(connection, ("dirty_customer", "dirty_sum"))
    count = await connection.scalar(
        text("SELECT (SELECT count(*) FROM dirty_customer) + (SELECT count(*) FROM dirty_sum)")
    )
    return int(count or 0)


def _same_key(name: str, one: str, other: str) -> str:
    key = [column.name for column in metadata.tables[name].primary_key]
    return " AND ".join(f"{one}.{column} = {other}.{column}" for column in key)
