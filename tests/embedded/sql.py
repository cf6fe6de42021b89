"""Short questions to a database."""

import asyncio
import time
from typing import Any

import asyncpg


def ask(url: str, *statements: str) -> Any:
    """The value that the last statement yields."""

    async def asked() -> Any:
        connection = await asyncpg.connect(url, timeout=10)
        try:
            for statement in statements[:-1]:
                await connection.execute(statement)
            return await connection.fetchval(statements[-1])
        finally:
            await connection.close()

    return asyncio.run(asked())


def ask_until_answered(url: str, statement: str) -> Any:
    """The same, by a client that tries again while the server is away."""
    deadline = time.monotonic() + 20
    while True:
        try:
            return ask(url, statement)
        except (OSError, asyncpg.PostgresError):
            if time.monotonic() > deadline:
                raise
            time.sleep(0.1)
