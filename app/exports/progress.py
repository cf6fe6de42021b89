"""How far a run is, as those hear it who wait for it."""

import asyncio
import threading
import time
from collections.abc import Awaitable, Callable
from typing import TypeVar

from sqlalchemy.ext.asyncio import AsyncEngine

from app.exports.hand import InHand, Lost, get_on

SECONDS = 0.5
"""So often it is written at most."""

Told = Callable[[str, int], Awaitable[None]]
T = TypeVar("T")


class Progress:
    """Writes the steps of a run into its row, now and then.

    Each way to tell raises Lost where the run is not in hand any more.
    """

    def __init__(self, pool: AsyncEngine, one: InHand) -> None:
        self._pool, self._one = pool, one
        self._next = 0.0

    def between(self, low: int, high: int) -> Told:
        """Told of a part that runs from one percentage of the whole to another."""

        async def told(step: str, percent: int) -> None:
            if time.monotonic() >= self._next:
                self._next = time.monotonic() + SECONDS
                await get_on(self._pool, self._one, step, low + (high - low) * percent // 100)

        return told


async def in_thread(act: Callable[[Callable[[str, int], None]], T], told: Told) -> T:
    """Act in a thread that tells how far it is; it has ended when this ends, however that is."""
    stopped = threading.Event()
    latest: list[tuple[str, int]] = []

    def hear(step: str, percent: int) -> None:
        if stopped.is_set():
            raise Lost
        latest[:] = [(step, percent)]

    acting = asyncio.ensure_future(asyncio.to_thread(act, hear))
    try:
        while not acting.done():
            await asyncio.wait([acting], timeout=SECONDS)
            for step, percent in latest[:]:
                await told(step, percent)
        return acting.result()
    finally:
        stopped.set()
        await asyncio.wait([acting])
        if not acting.cancelled():
            acting.exception()
