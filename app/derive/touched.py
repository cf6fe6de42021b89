"""Telling segments whom a change touches: their members are looked at again soon."""

from collections.abc import Sequence
from typing import Literal

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection

from app.core.sql import sql

Touched = Literal["facts", "messages", "profile", "tags", "notes"]
"""What is told to have changed of a customer; facts: whatever is derived."""

EVERYBODY = ""

RULE = "rule"
"""What is told to have changed where segments are to be counted wholly."""


async def touch(
    connection: AsyncConnection, brand_id: int, touched: Touched, customers: Sequence[str]
) -> None:
    """Tell that something changed of these customers, in the transaction that changes it.

    Where they are very many, or not known, tell that it was everybody.
    """
    await connection.execute(
        sql("derive", "touch_segments"),
        {"brand": brand_id, "customers": list(customers), "touched": touched},
    )


async def ask_for_counting(connection: AsyncConnection, brand_id: int) -> None:
    """Say that a segment is to be counted wholly, in the transaction that makes it so."""
    await connection.execute(
        text(
            "INSERT INTO dirty_segment (brand_id, customer_id, touched)"
            " VALUES (:brand, :nobody, :rule) ON CONFLICT DO NOTHING"
        ),
        {"brand": brand_id, "nobody": EVERYBODY, "rule": RULE},
    )
