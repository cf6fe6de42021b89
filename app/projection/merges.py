"""Merges by operators: what they say of identities is followed as what events say of them."""

from collections.abc import Set

import msgspec
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection

from app.core.sql import sql
from app.projection.identities import regroup_these
from app.projection.marks import mark_merged


async def follow(
    connection: AsyncConnection, brand_id: int, customers: Set[str], cause: dict[str, str]
) -> set[str]:
    """Work these customers out anew after a merge of them was stated or undone, and mark it.

    cause: what numbers of closed days that move because of it will tell. Gives the customers
    that changed, old and new. The caller holds the brand's lease.
    """
    mode = await connection.scalar(
        text("SELECT identity_mode FROM brand WHERE brand_id = :brand"), {"brand": brand_id}
    )
    # Whom a customer loses can be seen before, whom one gains afterwards.
    await mark_merged(connection, brand_id, set(customers))
    changed = await regroup_these(connection, brand_id, mode == "shared", customers)
    await mark_merged(connection, brand_id, changed)
    if changed:
        told = msgspec.json.encode(cause).decode()
        await connection.execute(
            sql("projection", "mark_customers"),
            {
                "brand": brand_id,
                **{name: [] for name in ("spaces", "ids", "causes")},
                "customers": sorted(changed),
                "customer_causes": [told] * len(changed),
            },
        )
    return changed
