"""The pump: takes brands in turn and moves what is due through projection and derivation."""

import asyncio
import time
from collections.abc import Awaitable, Callable
from typing import Protocol, TypeVar

import structlog
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from app.core import lease
from app.core.db import transaction, unavailable
from app.core.settings import SettingsError
from app.derive.customers import derive, put_off
from app.derive.sums import count_sums, put_off_sum
from app.ingest.dead_letters import bury
from app.projection.project import claim, project
from app.projection.queue import MOST_ATTEMPTS, count_attempt, postpone
from app.telemetry import traces
from app.telemetry.numbers import DEAD_LETTERS, PUMP_FAILURES, TURNS, batch
from workers.pace import Pace
from workers.refresh import refresh
from workers.statistics import Statistics

TURN_SECONDS = 1.0
"""How long a brand may be served before the others have their turn; where it is seen that somebody
waits who had less, until the stage in hand is done.
"""

LOOK_SECONDS = 0.06
"""How often it is looked for others, between two stages."""

CUSTOMERS = 1_500
"""How many dirty customers are derived in one transaction."""

SUMS = 200
"""How many dirty sums are counted in one transaction."""

LOAD_SECONDS = 10.0
"""Of a brand that never rests customers are derived so often at most by one worker; of others once
nothing else is due, so that a load is not derived again and again.
"""

SUMS_SECONDS = 30.0
SUMS_REST = 9
"""So long, or so many times as long as it took the last time, does the counting of sums rest then:
a load marks the same ones again and again, and the longer the history is the longer they take.
"""

STAGES = ("project", "derive", "count_sums")
"""In this order: each makes the next ones due."""

T = TypeVar("T")


class Stage(Protocol):
    """Takes up to so many rows of a brand's queue; gives how many there were."""

    __name__: str

    def __call__(
        self, connection: AsyncConnection, brand_id: int, most: int, /
    ) -> Awaitable[int]: ...


log = structlog.get_logger()


class Pump:
    """Moves the queues of all brands; any number of pumps can run at once."""

    def __init__(self, pool: AsyncEngine, holder: str, batch_events: int) -> None:
        self.pool = pool
        self.holder = holder
        self.batch_events = batch_events
        self.statistics = Statistics(pool)
        self.pace = Pace()
        self._next: dict[int, tuple[int, bool]] = {}
        """Where in STAGES a brand goes on after its turn, and whether events are behind."""
        self._rests: dict[tuple[int, str], float] = {}
        """Until when a stage waits for the ones before it, of a brand that never rests."""

    async def run_until_idle(self, stopping: asyncio.Event | None = None) -> None:
        """Serve brands in turn until nothing is due, or until asked to stop."""
        served = True
        while served:
            served = False
            self.statistics.refresh_beside()
            for brand_id in self.pace.order(await lease.brands_with_work(self.pool)):
                if stopping is not None and stopping.is_set():
                    return
                try:
                    left = await self._serve(brand_id)
                except Exception as error:
                    TURNS.labels("failed").inc()
                    if unavailable(error):
                        raise
                    # Its lease runs out, and then it is tried again; the others go on.
                    log.exception("turn_failed", brand_id=brand_id)
                    continue
                served |= left is not None
                if left:
                    break  # who came meanwhile may go before those who are left

    async def _serve(self, brand_id: int) -> bool | None:
        """Give one brand its turn: whether something is left, None where another worker has it."""
        crashes = await lease.take(self.pool, brand_id, self.holder)
        if crashes is None:
            TURNS.labels("held").inc()
            return None
        if crashes:
            log.warning("batch_interrupted", brand_id=brand_id, times=crashes)
        # What killed the last holder is isolated by ever smaller batches, down to one event.
        sizes = [max(1, full >> (4 * crashes)) for full in (self.batch_events, CUSTOMERS, SUMS)]
        blame = crashes > 0 and sizes[0] == 1
        began = looked = time.monotonic()
        left, idle, due = True, 0, [False, True, True]
        stage, behind = self._next.pop(brand_id, (0, False)) if not crashes else (0, False)
        try:
            while (now := time.monotonic()) < began + TURN_SECONDS:
                if now >= looked + LOOK_SECONDS:
                    self.pace.spent(brand_id, now - looked)
                    looked = now
                    if self.pace.yields(brand_id, await lease.brands_with_work(self.pool)):
                        self._next[brand_id] = stage, behind
                        break
                if stage == 0 or idle:
                    seen = await lease.due(self.pool, brand_id)
                    if not seen or idle == len(STAGES):  # or somebody else has all of it locked
                        left = False
                        break
                    if seen.settings:
                        await self._in_hand(brand_id, refresh)
                        continue
                    due = [seen.events, seen.customers, seen.sums]
                    behind &= seen.events
                while not due[stage]:
                    stage = self._after(brand_id, stage, behind)
                if stage == 0 and blame:
                    await self._in_hand(brand_id, self._count_attempt)
                    blame = False
                taken, more, sizes[stage] = await self._act(brand_id, stage, sizes[stage])
                idle = 0 if taken else idle + 1
                behind = more or (stage == 1 and behind)
                # What was done may have made what comes after it due.
                due = [False, *(each or taken for each in due[1:])]
                stage = self._after(brand_id, stage, behind)
            else:
                self._next[brand_id] = stage, behind
        except lease.LeaseLost:
            TURNS.labels("lost").inc()
            log.warning("lease_lost", brand_id=brand_id)
            return False
        finally:
            self.pace.spent(brand_id, time.monotonic() - looked)
        self.pace.ended(brand_id, left)
        await lease.release(self.pool, brand_id, self.holder)
        if not left:
            for act in (derive, count_sums):
                self._rests.pop((brand_id, act.__name__), None)
        TURNS.labels("served").inc()
        return left

    async def _act(self, brand_id: int, stage: int, most: int) -> tuple[bool, bool, int]:
        """One batch of a stage: whether there was one, may be more, how large the next may be."""
        if stage == 0:
            return await self._project(brand_id, most)
        if stage == 1:
            return await self._stage(brand_id, derive, put_off, most, CUSTOMERS)
        return await self._stage(brand_id, count_sums, put_off_sum, most, SUMS)

    def _after(self, brand_id: int, stage: int, behind: bool) -> int:
        """The stage that comes next: while events are behind, one waits until it is overdue."""
        if stage == 0 and (not behind or self._overdue(brand_id, derive)):
            return 1
        if stage < 2 and (not behind or self._overdue(brand_id, count_sums)):
            return 2
        return 0

    async def _in_hand(
        self, brand_id: int, act: Callable[[AsyncConnection, int], Awaitable[T]]
    ) -> T:
        """Act in one transaction that only the holder of the brand's lease can commit."""
        async with transaction(self.pool, brand_id) as connection:
            await lease.fence(connection, brand_id, self.holder)
            return await act(connection, brand_id)

    async def _project(self, brand_id: int, size: int) -> tuple[bool, bool, int]:
        """Project one batch: whether there was one, there may be more, how large the next may be.

        A batch that fails is tried again in smaller ones until the event that fails is alone;
        that one is put off, and after MOST_ATTEMPTS it becomes a dead letter.
        """
        claimed = []
        most = min(size, self.pace.most(brand_id, "project", self.batch_events))
        began = time.monotonic()
        try:
            with batch("project") as done:
                async with transaction(self.pool, brand_id) as connection:
                    await lease.fence(connection, brand_id, self.holder)
                    claimed = await claim(connection, brand_id, most)
                    if claimed:
                        with traces.span("project", brand_id=brand_id, events=len(claimed)):
                            await project(connection, brand_id, claimed)
                done.rows = len(claimed)
        except Exception as error:
            # Without the key that they ask for, events wait; no number of attempts helps.
            if unavailable(error) or not claimed or isinstance(error, SettingsError):
                raise
            PUMP_FAILURES.labels("project").inc()
            if len(claimed) > 1:
                return True, True, max(1, len(claimed) // 8)
            await self._fail(brand_id, claimed[0].event_no, claimed[0].attempts + 1, error)
            return True, True, size
        self.pace.took(brand_id, "project", len(claimed), time.monotonic() - began)
        return bool(claimed), len(claimed) == most, min(size * 2, self.batch_events)

    def _overdue(self, brand_id: int, stage: Stage) -> bool:
        """Whether a stage that waits for the ones before it has waited long enough."""
        now = time.monotonic()
        return now > self._rests.setdefault((brand_id, stage.__name__), now + LOAD_SECONDS)

    async def _stage(
        self,
        brand_id: int,
        act: Stage,
        put_off: Callable[[AsyncConnection, int], Awaitable[None]],
        most: int,
        full: int,
    ) -> tuple[bool, bool, int]:
        """Derive one batch: whether there was one, there may be more, and how many may be next.

        A batch that fails is tried again in smaller ones until what fails is alone; that is put
        off, stays pending, and stops nothing else.
        """
        # To count sums takes longest and matters least: events that come meanwhile go before.
        alone = act is count_sums
        paced = min(most, self.pace.most(brand_id, act.__name__, full, alone=alone))
        began = time.monotonic()
        try:
            with batch(act.__name__) as done, traces.span(act.__name__, brand_id=brand_id):
                taken = await self._in_hand(brand_id, lambda c, b: act(c, b, paced))
                traces.tell(rows=taken)
                done.rows = taken
        except lease.LeaseLost:
            raise
        except Exception as error:
            if unavailable(error):
                raise
            PUMP_FAILURES.labels(act.__name__).inc()
            if most == 1:
                log.exception("derivation_failed", brand_id=brand_id)
                await self._in_hand(brand_id, put_off)
            return True, True, max(1, most // 8)
        finally:
            now = time.monotonic()
            if alone:
                rest = max(SUMS_SECONDS, SUMS_REST * (now - began))
            else:  # what was taken in part comes again the sooner
                rest = LOAD_SECONDS * (paced / full if paced < most else 1)
            self._rests[(brand_id, act.__name__)] = now + rest
        self.pace.took(brand_id, act.__name__, taken, now - began)
        return taken > 0, taken >= paced, min(most * 2, full)

    async def _fail(self, brand_id: int, event_no: int, attempts: int, error: Exception) -> None:
        reason = f"{type(error).__name__}: {str(error).splitlines()[0] if str(error) else ''}"[:500]
        log.error("event_failed", brand_id=brand_id, event_no=event_no, attempts=attempts)
        async with transaction(self.pool, brand_id) as connection:
            await lease.fence(connection, brand_id, self.holder)
            if attempts >= MOST_ATTEMPTS:
                await bury(connection, brand_id, event_no, reason)
            else:
                await postpone(connection, brand_id, event_no, attempts, reason)
        if attempts >= MOST_ATTEMPTS:
            DEAD_LETTERS.labels("projection_failed").inc()

    async def _count_attempt(self, connection: AsyncConnection, brand_id: int) -> None:
        """Count an attempt before it is made, since it may take this process or the server down."""
        await connection.execute(text("SET LOCAL synchronous_commit = on"))
        if (counted := await count_attempt(connection, brand_id)) is not None:
            event_no, before = counted
            if before >= MOST_ATTEMPTS:
                await bury(connection, brand_id, event_no, "Workers died while projecting it")
