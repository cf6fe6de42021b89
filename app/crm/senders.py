"""Who sends, remembered by the web process: sources and keys, their secrets, brands' currencies.

Nothing is decided by what is remembered alone. The transaction that stores an event looks again
(app/ingest/group_commit.py), and whom it does not know here is looked up, so a secret that was
replaced, a key that was revoked or a source that was removed ends with the commit of that.
"""

import time

from sqlalchemy.ext.asyncio import AsyncEngine

from app.core.db import transaction
from app.core.errors import NotFound, Problem
from app.crm import sources
from app.crm.sources import API, KEY, Source
from app.crm.tokens import Token

MOST_KEPT = 10_000
"""Senders that a process remembers; the one that was looked up first is forgotten first."""

KEY_SECONDS = 60
"""A key is authenticated anew after so long, which notes that it is used."""


class Senders:
    """Looks a sender up once."""

    def __init__(self, pool: AsyncEngine) -> None:
        self._pool = pool
        self._known: dict[tuple[int, str], Source] = {}
        self._keys: dict[Token, tuple[Source, float]] = {}

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
        """What comes by a session of a brand.

        Raises:
            Problem: 401 where the brand was deleted just now, and nobody speaks for it any more.
        """
        found = await self._find(brand_id, API, anew)
        if found is None:
            raise Problem(401, "unauthenticated", "The brand is gone.")
        return found

    def key(self, token: Token) -> Source | None:
        """What comes by a key; None where it was not authenticated just now."""
        source, until = self._keys.get(token, (None, 0.0))
        return source if time.monotonic() < until else None

    async def remember(self, token: Token) -> Source | None:
        """What comes by a key that was found to be good; None where it is so no more."""
        self._keys.pop(token, None)
        by = KEY + token.id
        async with transaction(self._pool, token.brand_id) as connection:
            found = (await sources.live(connection, token.brand_id, [by])).get(by)
        if found is None or found.secrets != (token.sha256.hex(),):
            return None
        if len(self._keys) >= MOST_KEPT:
            del self._keys[next(iter(self._keys))]
        self._keys[token] = found, time.monotonic() + KEY_SECONDS
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
