"""Stand-in."""

from collections.abc import Awaitable, Callable
from pathlib import Path

import pyarrow as pa
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncEngine

from app.core.db import transaction
from app.crm import brands
from app.exports.asked import Run
from app.exports.content import Content
from app.exports.frame import Column, Spec, frame_of

SPEC = Spec(
    "orders",
    "订单",
    "Orders",
    (Column("order_id", "id", "订单", "Order"), Column("amount", "money", "金额", "Amount")),
    ("order_id",),
    people=True,
)


class Disagree(Exception):
    """Stand-in."""

    def __init__(self, sentences: list[str]) -> None:
        super().__init__("; ".join(sentences))
        self.sentences = sentences


class NotReady(Exception):
    """Stand-in."""


async def read(
    pool: AsyncEngine, run: Run, folder: Path, told: Callable[[str, int], Awaitable[None]]
) -> Content:
    """Stand-in."""
    await told("orders", 10)
    async with transaction(pool, run.brand_id) as connection:
        brand = await brands.get(connection, run.brand_id)
        found = await connection.execute(
            text(
                "SELECT order_id, amount, now() AS now FROM shop_order WHERE brand_id = :brand"
                " AND paid_at < :as_of ORDER BY order_id"
            ),
            {"brand": run.brand_id, "as_of": run.as_of},
        )
        rows = found.all()
        now = (await connection.execute(text("SELECT now()"))).scalar_one()
    table = pa.table(
        {"order_id": [r.order_id for r in rows], "amount": [r.amount for r in rows]},
        schema=SPEC.schema,
    )
    await told("orders", 100)
    return Content(
        run=run,
        brand_name=brand.name,
        timezone=brand.timezone,
        currency=brand.currency,
        rule_version=1,
        read_at=now,
        settings={},
        sums={"orders": len(rows)},
        frames={"orders": frame_of(SPEC, table)},
    )
