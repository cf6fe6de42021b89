"""Verifying derived tables: what is stored against what the facts, or the rows below, say."""

import datetime
from collections.abc import Callable

import msgspec
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection

from app.core.sql import sql
from app.derive import beside
from app.derive.beside import BY_CUSTOMER, QUEUES, SUMS, Difference
from app.derive.hidden import hide, uncover

Sum = tuple[str, str, datetime.date]
Progress = Callable[[str, int, int], None]
"""Told what is compared (customers, sums), how many are done, and of how many."""

SHOWN = 50


class SettingsPending(Exception):
    """A change of settings is under way: everything is about to be derived anew."""


class Pending(msgspec.Struct, frozen=True):
    """What is still to be derived, and so no difference."""

    customers: frozenset[str]
    sums: frozenset[Sum]

    def covers(self, difference: Difference) -> bool:
        """Whether a difference may just not have been worked on yet."""
        rows = [row for row in (difference.found, difference.expected) if row is not None]
        if difference.table in BY_CUSTOMER:
            return any(row["customer_id"] in self.customers for row in rows)
        key = difference.key
        if difference.table == "live_sum":
            return any(s[:2] == ("live", key["live_id"]) for s in self.sums)
        start = datetime.date.fromisoformat(key["start"])
        if difference.table == "group_sum":
            return ("group", key["group_id"], start.replace(day=1)) in self.sums
        if key["grain"] == "day":
            return ("day", "", start) in self.sums
        return any(s[0] == "day" and s[2].replace(day=1) == start for s in self.sums)


class Sample(msgspec.Struct, frozen=True):
    """These customers, and so many of the sums, others for each seed."""

    customers: list[str]
    sums: int
    seed: str


class Report(msgspec.Struct):
    """How much was compared, how many rows differ, and the first of them."""

    customers: int = 0
    sums: int = 0
    differences: int = 0
    first: list[Difference] = []


async def verify(
    connection: AsyncConnection,
    brand_id: int,
    progress: Progress,
    sample: Sample | None = None,
) -> Report:
    """Compare all of a brand, or a sample of it, in a new transaction.

    Facts, derived rows and queues are those of one instant, and nothing is changed; what is
    pending is no difference. Roll back afterwards.

    Raises:
        SettingsPending: where the queue has a change of settings.
    """
    pending = await _begin(connection, brand_id)
    report = Report()
    # Rows are derived from the facts, sums from the rows as they are stored.
    for what, tables in (("customers", BY_CUSTOMER), ("sums", SUMS)):
        await hide(connection, brand_id, (*tables, *QUEUES))
        given = {"brand": brand_id, "cause": None} if what == "customers" else {"brand": brand_id}
        await connection.execute(sql("derive", f"mark_{what}"), given)
        total = await _ask(connection, sample)
        setattr(report, what, total)
        done = 0
        async for more in beside.steps(connection, brand_id):
            done += more
            progress(what, done, total)
        for table in tables:
            for each in await beside.compare(connection, brand_id, table, SCOPES[table]):
                if not pending.covers(each):
                    report.differences += 1
                    if len(report.first) < SHOWN:
                        report.first.append(each)
        await uncover(connection, (*tables, *QUEUES, "asked"))
    return report


OF_CUSTOMERS = "customer_id IN (SELECT key FROM asked WHERE kind = 'customer')"
OF_DAYS = (
    "(grain = 'month' AND (SELECT whole FROM asked LIMIT 1))"
    " OR (grain = 'day' AND start IN (SELECT start FROM asked WHERE kind = 'day'))"
)
SCOPES = {
    **dict.fromkeys(BY_CUSTOMER, OF_CUSTOMERS),
    "sale_sum": OF_DAYS,
    "purchase_sum": OF_DAYS,
    "group_sum": "(group_id, CAST(date_trunc('month', CAST(start AS timestamp)) AS date))"
    " IN (SELECT key, start FROM asked WHERE kind = 'group')",
    "live_sum": "live_id IN (SELECT key FROM asked WHERE kind = 'live')",
}
"""Which rows of a table are compared; of months of sales only where all their days are."""


async def _begin(connection: AsyncConnection, brand_id: int) -> Pending:
    await connection.execute(text("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ"))
    # From before the instant on that is looked at no month of messages is detached.
    await connection.execute(text("LOCK TABLE ONLY message IN ACCESS SHARE MODE"))
    given = {"brand": brand_id}
    if await connection.scalar(
        text("SELECT EXISTS (SELECT FROM dirty_brand WHERE brand_id = :brand)"), given
    ):
        raise SettingsPending
    customers = await connection.execute(
        text("SELECT customer_id FROM dirty_customer WHERE brand_id = :brand"), given
    )
    sums = await connection.execute(
        text("SELECT kind, key, start FROM dirty_sum WHERE brand_id = :brand"), given
    )
    return Pending(
        frozenset(row.customer_id for row in customers),
        frozenset((row.kind, row.key, row.start) for row in sums),
    )


async def _ask(connection: AsyncConnection, sample: Sample | None) -> int:
    """Keep all marks, or those of a sample, and list them; gives how many."""
    if sample is not None:
        await connection.execute(
            text(
                "DELETE FROM dirty_customer WHERE customer_id <> ALL (CAST(:customers AS text[]))"
            ),
            {"customers": sample.customers},
        )
        await connection.execute(
            text(
                "DELETE FROM dirty_sum WHERE (kind, key, start) NOT IN"
                " (SELECT kind, key, start FROM dirty_sum"
                " ORDER BY md5(concat(kind, key, start, CAST(:seed AS text))) LIMIT :most)"
            ),
            {"seed": sample.seed, "most": sample.sums},
        )
    await connection.execute(
        text(
            "CREATE TEMPORARY TABLE asked AS"
            " SELECT 'customer' AS kind, customer_id AS key, CAST('-infinity' AS date) AS start,"
            " CAST(:whole AS boolean) AS whole FROM dirty_customer"
            " UNION ALL SELECT kind, key, start, CAST(:whole AS boolean) FROM dirty_sum"
        ),
        {"whole": sample is None},
    )
    for table in ("dirty_customer", "dirty_sum", "asked"):
        await connection.execute(text(f"ANALYZE {table}"))
    return int(await connection.scalar(text("SELECT count(*) FROM asked")) or 0)
