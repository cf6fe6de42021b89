"""Group commit: requests that come at the same time share one transaction of their brand.

Each is answered after the commit that carries its events, and as if it had come by itself: what
one of them holds cannot spoil it for the others. A transaction is of one brand (row-level security
asks for it), so brands neither wait for each other's locks nor share a failure.
"""

import asyncio
import random
from collections.abc import Awaitable, Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager

import structlog
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from app.core.db import sqlstate, straight, unavailable
from app.ingest.inbox import Delivery, Receipt, take_in_all
from app.ingest.lanes import Basis, Lanes, Reading, Waiting
from app.telemetry.numbers import INTAKE_GROUP

ATTEMPTS = 5
AGAIN = {"40001", "40P01", "23505"}
"""SQLSTATEs after which the same transaction is tried again at once: it met another one, that of
23505 in an id that both store, and finds it stored the next time."""

Current = Callable[[AsyncConnection, int, Sequence[str]], Awaitable[Mapping[str, Basis]]]
"""What the sources of a brand are read by now, asked within the transaction."""

log = structlog.get_logger()


class Busy(Exception):
    """There is no room for another request; it may come again in a moment."""


class Outdated(Exception):
    """What the request was read by has changed since: its secrets, its currency, or it is gone."""


class GroupCommit:
    """Takes requests in; `running` transactions at once, each on a connection of the pool."""

    def __init__(
        self,
        pool: AsyncEngine,
        current: Current,
        on_commit: Callable[[], None],
        *,
        events: int,
        size: int,
        running: int,
    ) -> None:
        self._pool = pool
        self._current = current
        self._on_commit = on_commit
        self._most = max(1, running)
        self._lanes = Lanes(events, size, max(1, running // 2))
        self._working = 0
        self._hands: set[asyncio.Task[None]] = set()
        self._stopping = False

    def check_room(self, brand_id: int, events: int = 1, size: int = 0) -> None:
        """See that a request can wait here, before it is read and again before it is queued.

        Raises:
            Busy: where it cannot.
        """
        if self._stopping or not self._lanes.has_room(brand_id, events, size):
            raise Busy

    @contextmanager
    def reading(self) -> Iterator[Reading]:
        """While a request is read: its bytes take room as those that wait do."""
        reading = Reading(self._lanes)
        try:
            yield reading
        finally:
            reading.end()

    async def take_in(self, brand_id: int, delivery: Delivery, size: int, basis: Basis) -> Receipt:
        """The receipt of a request, once its events are committed.

        Who does not wait for it any longer changes nothing: what is queued is stored.

        Raises:
            Busy: where there is no room; nothing of it is stored.
            Outdated: where `basis` is no more what it would be read by; nothing of it is stored.
        """
        self.check_room(brand_id, len(delivery.events), size)
        done: asyncio.Future[Receipt] = asyncio.get_running_loop().create_future()
        self._lanes.add(Waiting(brand_id, delivery, size, basis, done))
        self._lend_a_hand()
        return await done

    async def stop(self) -> None:
        """Refuse what comes from now on, and commit what waits."""
        self._stopping = True
        while self._hands:
            await asyncio.wait(set(self._hands))

    def _lend_a_hand(self) -> None:
        if self._working < self._most and (group := self._lanes.take()) is not None:
            self._working += 1
            hand = asyncio.create_task(self._work(group))
            self._hands.add(hand)
            hand.add_done_callback(self._hands.discard)

    async def _work(self, group: list[Waiting] | None) -> None:
        """Commit one group after the other, as long as there are some, on one connection."""
        while group is not None:
            try:
                async with self._pool.connect() as opened:
                    connection = await opened.execution_options(isolation_level="AUTOCOMMIT")
                    while group is not None:
                        await self._commit(connection, group)
                        group = self._next(group)
            except Exception as error:
                if group is None:  # a connection that broke while it was given back
                    log.warning("connection_lost", error=type(error).__name__)
                    return
                _fail(group, error)
                group = self._next(group)

    def _next(self, group: list[Waiting]) -> list[Waiting] | None:
        self._lanes.end(group)
        following = self._lanes.take()
        if following is None:
            # At once: who comes while this hand gives its connection back needs another one.
            self._working -= 1
        else:
            self._lend_a_hand()
        return following

    async def _commit(self, connection: AsyncConnection, group: list[Waiting]) -> None:
        """Commit a group and answer it; where the database refuses it, each request by itself.

        Raises:
            Exception: where the database is away, which is no fault of any request.
        """
        for attempt in range(ATTEMPTS):
            try:
                receipts = await self._store(connection, group)
                break
            except Exception as error:
                if sqlstate(error) in AGAIN and attempt + 1 < ATTEMPTS:
                    await asyncio.sleep(random.uniform(0, 0.01 * 2**attempt))
                    continue
                if unavailable(error):
                    raise
                if len(group) == 1:
                    _fail(group, error)
                    return
                for one in group:
                    await self._commit(connection, [one])
                return
        self._on_commit()
        for one, receipt in zip(group, receipts, strict=True):
            if not one.done.done():
                if receipt is None:
                    one.done.set_exception(Outdated())
                else:
                    one.done.set_result(receipt)

    async def _store(
        self, connection: AsyncConnection, group: Sequence[Waiting]
    ) -> list[Receipt | None]:
        """Store a group in a transaction; a request that was read by what has changed has None."""
        brand_id = group[0].brand_id
        async with straight(connection, brand_id):
            current = await self._current(connection, brand_id, list({one.by for one in group}))
            valid = [one for one in group if current.get(one.by) == one.basis]
            stored = await take_in_all(
                connection, brand_id, [one.delivery for one in valid], again=True
            )
        INTAKE_GROUP.observe(len(valid))
        log.info(
            "events_taken_in",
            brand_id=brand_id,
            requests=len(valid),
            accepted=sum(receipt.accepted for receipt in stored),
            duplicates=sum(receipt.duplicates for receipt in stored),
            rejected=sum(len(receipt.rejected) for receipt in stored),
        )
        receipts = dict(zip(map(id, valid), stored, strict=True))
        return [receipts.get(id(one)) for one in group]


def _fail(group: Sequence[Waiting], error: Exception) -> None:
    """Tell the callers of a group that was not stored."""
    for one in group:
        if not one.done.done():
            one.done.set_exception(error)
