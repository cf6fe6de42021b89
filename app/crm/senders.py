"""Who sends, remembered by the web process: sources with their secrets, and brands' currencies.

Nothing is decided by what is remembered alone. The transaction that stores an event looks again
(app/ingest/group_commit.py), and whom it does not know here is looked up, so a secret that was
replaced or a source that was removed ends with the commit of that.
"""

from sqlalchemy.ext.asyncio import AsyncEngine

from app.core.db import transaction
from app.core.errors import NotFound, Problem
from app.crm import sources
from app.crm.sources import API, Source

MOST_KEPT = 10_000
"""Senders that a process remembers; the one that was looked up first is forgotten first."""


class Senders:
    """Looks a sender up once."""

    def __init__(self, pool: AsyncEngine) -> None:
        self._pool = pool
        self._known: dict[tuple[int, str], Source] = {}

    async def source(self, source_id: str, *, anew: bool = False) -> Source:
        """A webhook source.

        Raises:
            Problem: 404 where there is none of this id.
        """
        brand_id = sources.brand_of(source_id)
        found = None if brand_id is None else await self._find(brand_id, source_id, anew)
        if found is None:
            raise NotFound("webhook source")
        return found

    async def api(self, brand_id: int, *, anew: bool = False) -> Source:
        """What comes by a key of a brand.

        Raises:
            Problem: 401 where the brand was deleted just now, and nobody speaks for it any more.
        """
        found = await self._find(brand_id, API, anew)
        if found is None:
            raise Problem(401, "unauthenticated", "The brand is gone.")
        return found

    async def _find(self, brand_id: int, source_id: str, anew: bool) -> Source | None:
        key = (brand_id, source_id)
        found = self._known.get(key)
        if found is not None and not anew:
            return found
        async with transaction(self._pool, brand_id) as connection:
            found = (await sources.live(connection, brand_id, [source_id])).get(source_id)
        self._known.pop(key, None)
        if found is not None:
            if len(self._known) >= MOST_KEPT:
                del self._known[next(iter(self._known))]
            self._known[key] = found
        return found
