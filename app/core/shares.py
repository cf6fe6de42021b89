"""Shares of a pool: a brand that asks for much leaves connections for the others."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import msgspec
from sqlalchemy.exc import TimeoutError as PoolTimeoutError


class Gate(msgspec.Struct):
    """Where the transactions of a brand wait for one of its own to end."""

    semaphore: asyncio.Semaphore
    inside: int = 0


class Shares:
    """Lets each brand hold all connections but one of the half that is not for events."""

    def __init__(self, size: int, seconds: float) -> None:
        self.most = max(1, size - size // 2 - 1)
        self.seconds = seconds
        self._gates: dict[int, Gate] = {}

    @asynccontextmanager
    async def one(self, brand_id: int | None) -> AsyncIterator[None]:
        """Hold one connection of a brand's share; what is of no brand has no limit.

        Raises:
            sqlalchemy.exc.TimeoutError: where none comes free, as the pool does.
        """
        if brand_id is None:
            yield
            return
        gate = self._gates.setdefault(brand_id, Gate(asyncio.Semaphore(self.most)))
        gate.inside += 1
        try:
            try:
                await asyncio.wait_for(gate.semaphore.acquire(), self.seconds)
            except TimeoutError:
                raise PoolTimeoutError("the brand holds its whole share of the pool") from None
            try:
                yield
            finally:
                gate.semaphore.release()
        finally:
            gate.inside -= 1
            if not gate.inside:
                del self._gates[brand_id]
