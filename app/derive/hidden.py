"""Live tables hidden behind temporary ones of the same names, which go with the session."""

from collections.abc import Iterable

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection

OF_MESSAGES = {
    "joining": "joined_at < :since",
    "group_sum": "start <= CAST(CAST(:since AS timestamptz) AT TIME ZONE 'UTC' AS date)",
}
"""The rows that may count messages of before an instant."""


async def hide(connection: AsyncConnection, brand_id: int, names: Iterable[str]) -> None:
    """Hide tables behind empty ones of this session.

    What was counted of messages that are detached cannot be derived: those rows are there.
    """
    since = await connection.scalar(text("SELECT messages_since()"))
    for name in names:
        stored = await live(connection, name)
        await connection.execute(
            text(f"CREATE TEMPORARY TABLE {name} (LIKE {stored} INCLUDING ALL)")
        )
        if since is not None and name in OF_MESSAGES:
            await connection.execute(
                text(
                    f"INSERT INTO {name} SELECT * FROM {stored}"
                    f" WHERE brand_id = :brand AND {OF_MESSAGES[name]}"
                ),
                {"brand": brand_id, "since": since},
            )


async def uncover(connection: AsyncConnection, names: Iterable[str]) -> None:
    """Drop the tables that hide the live ones."""
    for name in names:
        await connection.execute(text(f"DROP TABLE pg_temp.{name}"))


async def live(connection: AsyncConnection, name: str) -> str:
    """The name of the live table, hidden or not."""
    schema = await connection.scalar(text("SELECT quote_ident(current_schema())"))
    return f"{schema}.{name}"
