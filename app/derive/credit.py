"""Stage 3: the credits of each dirty customer are derived anew from the facts."""

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection

from app.core.sql import sql


async def derive(connection: AsyncConnection, brand_id: int, most: int) -> int:
    """Take up to `most` dirty customers off the queue and derive their orders' credits.

    Gives how many there were; the caller commits.
    """
    claimed = await connection.execute(sql("derive", "claim"), {"brand": brand_id, "most": most})
    customers = [row.customer_id for row in claimed]
    if customers:
        await derive_customers(connection, brand_id, customers)
    return len(customers)


async def derive_customers(
    connection: AsyncConnection, brand_id: int, customers: list[str]
) -> None:
    """Derive the credits of these customers under the brand's settings of now."""
    settings = await connection.execute(
        text("SELECT timezone, touch_hours FROM brand WHERE brand_id = :brand"),
        {"brand": brand_id},
    )
    brand = settings.one()
    given = {"brand": brand_id, "customers": customers}
    await connection.execute(
        sql("derive", "order_credit"),
        given | {"timezone": brand.timezone, "touch_hours": brand.touch_hours},
    )
    await connection.execute(sql("derive", "refund_credit"), given)


async def mark_all(connection: AsyncConnection, brand_id: int) -> None:
    """Mark every customer that may have orders, as after a change of settings."""
    await connection.execute(
        text(
            "INSERT INTO dirty_customer (brand_id, customer_id)"
            " SELECT DISTINCT brand_id, customer_id FROM ("
            "  SELECT brand_id, customer_id FROM identity"
            "   WHERE brand_id = :brand AND space = 'buyer'"
            "  UNION ALL"
            "  SELECT brand_id, customer_id FROM order_credit WHERE brand_id = :brand"
            " ) AS buyer ORDER BY 1, 2 ON CONFLICT DO NOTHING"
        ),
        {"brand": brand_id},
    )
