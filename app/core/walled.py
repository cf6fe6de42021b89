"""A connection whose transactions are of one brand; its commits and errors are counted."""

from time import perf_counter
from typing import Any

import asyncpg

from app.core.measured import count_error


class Walled(asyncpg.Connection):  # type: ignore[misc]
    """A connection whose transactions are of `brand`, told with BEGIN in one round trip.

    Behind a pooler that also tells what a session would be asked for at its start (`said`), and
    statements are prepared without a name, for one use. Errors and commits are counted also where
    asyncpg is used without SQLAlchemy.
    """

    brand: int | None = None
    pooled: bool = False
    said: str = ""
    commits: Any = None

    async def execute(self, query: str, *args: Any, **options: Any) -> str:
        """As asyncpg does; it begins and commits each transaction by this."""
        if query.startswith("BEGIN"):
            begin, _, more = query.partition(";")
            brand = "" if self.brand is None else f"SET LOCAL app.brand = '{self.brand:d}';"
            query = f"{begin}; {self.said} {brand} {more}"
        began = perf_counter()
        try:
            status: str = await super().execute(query, *args, **options)
        except asyncpg.PostgresError as error:
            count_error(error)
            raise
        if query.startswith("COMMIT") and self.commits is not None:
            self.commits.observe(perf_counter() - began)
        return status

    async def prepare(self, query: str, **options: Any) -> Any:
        """As asyncpg does; a name would outlive the transaction, where others may meet it."""
        if self.pooled:
            options["name"] = ""
        return await super().prepare(query, **options)

    async def fetch(self, *args: Any, **options: Any) -> Any:
        """As asyncpg does."""
        try:
            return await super().fetch(*args, **options)
        except asyncpg.PostgresError as error:
            count_error(error)
            raise

    async def copy_from_query(self, *args: Any, **options: Any) -> Any:
        """As asyncpg does."""
        try:
            return await super().copy_from_query(*args, **options)
        except asyncpg.PostgresError as error:
            count_error(error)
            raise
