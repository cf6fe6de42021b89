"""Stage 3, by customer: credits, purchases, joinings and what all of it comes to, anew."""

from collections.abc import Mapping
from typing import Any

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection

from app.core.sql import sql
from app.derive.stale import touch_moved
from app.derive.touched import touch
from app.derive.write import Derivation, replace

PLAN = text(
    "SELECT set_config('plan_cache_mode', :mode, true),"
    " set_config('enable_nestloop', :nested, true),"
    " set_config('enable_seqscan', :whole, true), set_config('enable_bitmapscan', :whole, true)"
)
"""How statements are planned: once a connection, and again when a table was analysed. To plan them
takes milliseconds each, and of lists of keys a plan knows no more when it knows the keys. While
tables are small, to read all of a brand looks as good as to look keys up; nor is that to last.
"""

OF_THESE = ("unnest(CAST(:customers AS text[])) AS k (id)", 't.customer_id = k.id COLLATE "C"')

ROWS = (
    Derivation(
        statement="order_credit",
        table="order_credit",
        scopes=(OF_THESE, ("gmv_order AS k", "t.order_id = k.order_id")),
        marks=True,
        tells=True,
    ),
    Derivation(
        statement="refund_credit",
        table="refund_credit",
        scopes=(OF_THESE, ("credited AS k", "t.order_id = k.order_id")),
        marks=True,
        tells=True,
    ),
    Derivation(statement="purchase_day", table="purchase_day", scopes=(OF_THESE,), marks=True),
    Derivation(
        statement="joining",
        table="joining",
        scopes=(OF_THESE, ("person AS k", "t.member_id = k.id")),
        marks=True,
    ),
    Derivation(statement="customer", table="customer", scopes=(OF_THESE,)),
)
"""In this order: each reads those before it."""


async def derive(
    connection: AsyncConnection, brand_id: int, most: int, *, mark: bool = True
) -> int:
    """Take up to `most` dirty customers off the queue and derive what is theirs.

    Gives how many there were; the caller commits.
    """
    claimed = await connection.execute(sql("derive", "claim"), {"brand": brand_id, "most": most})
    causes = {row.customer_id: row.causes or "[]" for row in claimed}
    if causes:
        await derive_customers(connection, brand_id, causes, mark=mark)
    return len(causes)


async def derive_customers(
    connection: AsyncConnection, brand_id: int, causes: Mapping[str, str], *, mark: bool = True
) -> None:
    """Derive what is these customers', under the brand's settings of now.

    causes: why, by customer, as a JSON list; what was kept and moves tells it (see `stale`).
    Without `mark` the sums that hang on their rows are not marked: all are to be counted anyway.
    """
    # See order_credit.sql. Temporary tables, beside the live ones, grow from nothing.
    mode, whole = ("force_generic_plan", "off") if mark else ("force_custom_plan", "on")
    await connection.execute(PLAN, {"mode": mode, "nested": "off", "whole": whole})
    settings = await connection.execute(
        text(
            "SELECT timezone, touch_hours, live_grace_hours, messages_since() AS messages_since"
            " FROM brand WHERE brand_id = :brand"
        ),
        {"brand": brand_id},
    )
    given: dict[str, Any] = {
        "brand": brand_id,
        "customers": list(causes),
        "mark": mark,
        **settings.one()._mapping,
    }
    orders, refunds, *_ = [await replace(connection, derivation, given) for derivation in ROWS]
    await connection.execute(PLAN, {"mode": "force_custom_plan", "nested": "on", "whole": "on"})
    if mark:
        await touch_moved(connection, brand_id, orders, refunds, causes)
        await touch(connection, brand_id, "facts", list(causes))


async def put_off(connection: AsyncConnection, brand_id: int) -> None:
    """Put off by ten seconds the customer that `derive` would take next; the others go on."""
    await connection.execute(
        text(
            "UPDATE dirty_customer SET since = now() + interval '10 seconds'"
            " WHERE brand_id = :brand AND customer_id = ("
            "  SELECT customer_id FROM dirty_customer WHERE brand_id = :brand AND since <= now()"
            "  ORDER BY customer_id LIMIT 1)"
        ),
        {"brand": brand_id},
    )


async def mark_all(connection: AsyncConnection, brand_id: int) -> None:
    """Mark every customer and every sum of a brand, as after a change of settings."""
    await connection.execute(
        sql("derive", "mark_customers"), {"brand": brand_id, "cause": '[{"type": "settings"}]'}
    )
    await connection.execute(sql("derive", "mark_sums"), {"brand": brand_id})
