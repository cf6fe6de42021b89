"""What a change of settings asks for: the customers anew, and every order's credit."""

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection

from app.derive.customers import mark_all
from app.projection.identities import regroup


async def refresh(connection: AsyncConnection, brand_id: int) -> bool:
    """Take a brand's changed settings off the queue and mark what depends on them."""
    taken = await connection.execute(
        text("DELETE FROM dirty_brand WHERE brand_id = :brand"), {"brand": brand_id}
    )
    if not taken.rowcount:
        return False
    mode = await connection.scalar(
        text("SELECT identity_mode FROM brand WHERE brand_id = :brand"), {"brand": brand_id}
    )
    await regroup(connection, brand_id, mode == "shared")
    await mark_all(connection, brand_id)
    return True
