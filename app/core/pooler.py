"""What stands before PostgreSQL: nothing, or a pooler such as PgBouncer in transaction mode.

Behind one each transaction may come to another session of the server: nothing of one may be relied
on in the next. It is noticed by itself: it refuses parameters at the start, or it gives another
process id than the server that answers.
"""

from collections.abc import Awaitable, Callable
from typing import Any

import asyncpg


class Front:
    """Opens connections with the settings that each of their transactions needs.

    Behind a pooler these are said with each BEGIN, and no statement is given a name.
    """

    def __init__(self, application: str, settings: dict[str, str]) -> None:
        self._known = {"application_name": application, "timezone": "UTC"}
        """What a pooler keeps for each of its clients."""
        self._settings = settings
        self.pooled = False

    async def open(self, connect: Callable[..., Awaitable[Any]]) -> Any:
        """Open a connection by `connect`, which takes these options of asyncpg's."""
        if not self.pooled:
            try:
                opened = await connect(server_settings=self._known | self._settings)
            except asyncpg.ProtocolViolationError as error:
                if "startup parameter" not in str(error):
                    raise
            else:
                if await _straight(opened):
                    return opened
                opened.terminate()
            self.pooled = True
        opened = await connect(server_settings=self._known, statement_cache_size=0)
        opened.pooled = True
        opened.said = " ".join(
            f"SET LOCAL {name} = '{value}';" for name, value in self._settings.items()
        )
        return opened


async def _straight(opened: Any) -> bool:
    """Whether the one that let us in is the server that answers."""
    try:
        async with opened.transaction():
            statement = await opened.prepare("SELECT pg_backend_pid()", name="")
            return bool(await statement.fetchval() == opened.get_server_pid())
    except BaseException:
        opened.terminate()
        raise
