"""Stage 3: the credits of each dirty customer are derived anew from the facts."""

from collections.abc import Mapping
from typing import Any

import msgspec
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection

from app.core.sql import sql
from app.derive.stale import touch_moved


class Difference(msgspec.Struct, frozen=True):
    """A derived row that is not what a rebuild gives; None where there is no such row."""

    table: str
    order_id: str
    customer_id: str
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


async def derive(connection: AsyncConnection, brand_id: int, most: int) -> int:
    """Take up to `most` dirty customers off the queue and derive their orders' credits.

    Gives how many there were; the caller commits.
    """
    claimed = await connection.execute(sql("derive", "claim"), {"brand": brand_id, "most": most})
    causes = {row.customer_id: row.causes or "[]" for row in claimed}
    if causes:
        await derive_customers(connection, brand_id, list(causes), causes)
    return len(causes)


async def put_off(connection: AsyncConnection, brand_id: int) -> str | None:
    """Put off by ten seconds the customer that `derive` would take next; the others go on."""
    put = await connection.execute(
        text(
            "UPDATE dirty_customer SET since = now() + interval '10 seconds'"
            " WHERE brand_id = :brand AND customer_id = ("
            "  SELECT customer_id FROM dirty_customer WHERE brand_id = :brand AND since <= now()"
            "  ORDER BY customer_id LIMIT 1) RETURNING customer_id"
        ),
        {"brand": brand_id},
    )
    customer_id: str | None = put.scalar_one_or_none()
    return customer_id


async def derive_customers(
    connection: AsyncConnection,
    brand_id: int,
    customers: list[str],
    causes: Mapping[str, str],
) -> None:
    """Derive the credits of these customers under the brand's settings of now.

    causes: why, by customer, as a JSON list; what was kept and moves tells it (see `stale`).
    """
    given = await _given(connection, brand_id, customers)
    orders = await connection.execute(sql("derive", "order_credit", "order_credit_write"), given)
    refunds = await connection.execute(sql("derive", "refund_credit", "refund_credit_write"), given)
    await touch_moved(connection, brand_id, orders.all(), refunds.all(), causes)


async def compare_customers(
    connection: AsyncConnection, brand_id: int, customers: list[str]
) -> list[Difference]:
    """Where these customers' derived rows are not what the facts and settings say."""
    given = await _given(connection, brand_id, customers)
    found: list[Difference] = []
    for table in ("order_credit", "refund_credit"):
        rows = await connection.execute(sql("derive", table, f"{table}_compare"), given)
        found += [Difference(*row) for row in rows]
    return found


async def _given(
    connection: AsyncConnection, brand_id: int, customers: list[str]
) -> dict[str, Any]:
    # For the rest of the transaction, which does nothing else; see order_credit.sql.
    await connection.execute(text("SET LOCAL enable_nestloop = off"))
    settings = await connection.execute(
        text("SELECT timezone, touch_hours FROM brand WHERE brand_id = :brand"),
        {"brand": brand_id},
    )
    brand = settings.one()
    return {
        "brand": brand_id,
        "customers": customers,
        "timezone": brand.timezone,
        "touch_hours": brand.touch_hours,
    }


async def all_customers(connection: AsyncConnection, brand_id: int) -> list[str]:
    """Every customer that has, or should have, derived rows."""
    rows = await connection.execute(sql("derive", "customers"), {"brand": brand_id})
    return [row.customer_id for row in rows]


async def mark_all(connection: AsyncConnection, brand_id: int) -> None:
    """Mark every customer that may have orders, as after a change of settings."""
    await connection.execute(
        text(
            "INSERT INTO dirty_customer (brand_id, customer_id, cause)"
            " SELECT :brand, customer_id, jsonb_build_array(jsonb_build_object('type', 'settings'))"
            f" FROM ({sql('derive', 'customers').text}) AS buyer"
            " ON CONFLICT DO NOTHING"
        ),
        {"brand": brand_id},
    )
