"""What waits to be committed: a lane a brand, served in turn, and bounded before memory is."""

import asyncio
from collections import deque
from typing import Protocol

import msgspec

from app.ingest.inbox import Delivery, Receipt

FULL = 500
"""Events that are worth a transaction of their own, though another one of the brand is running."""

MOST_BYTES = 4 * 1_048_576
"""Of the bodies that share a transaction."""


class Basis(Protocol):
    """What a request was read by: who sent it, and all that was taken for granted of that."""

    @property
    def source_id(self) -> str: ...


class Waiting(msgspec.Struct, eq=False):
    """A request whose events wait for their commit; `basis` is what it was read by.

    `done` gets its receipt, or why there is none.
    """

    brand_id: int
    delivery: Delivery
    size: int
    basis: Basis
    done: asyncio.Future[Receipt]

    @property
    def events(self) -> int:
        return len(self.delivery.events)

    @property
    def by(self) -> str:
        return self.basis.source_id


class Lane(msgspec.Struct, eq=False):
    """The requests of one brand: those that wait, in the order in which they came, and counts."""

    waiting: deque[Waiting]
    events: int = 0
    running: int = 0
    held_events: int = 0
    held_bytes: int = 0


class Lanes:
    """Who is next. A brand has one transaction running, or another where that would be full.

    So requests that come while one is running gather for the next, and one that comes alone does
    not wait at all. A brand may hold half of the room, so that one that floods is refused before
    others are.
    """

    def __init__(self, events: int, size: int, running: int) -> None:
        self.most_events = events
        self.most_bytes = size
        self.most_running = running
        self.events = 0
        self.bytes = 0
        self.read = 0
        """Bytes of requests that are being read, and wait for nothing yet."""
        self._lanes: dict[int, Lane] = {}
        self._turns: deque[int] = deque()

    def has_room(self, brand_id: int, events: int = 1, size: int = 0) -> bool:
        """Whether a request may wait; one that finds nothing before it always may."""
        if not self.events:
            return True
        if self.events + events > self.most_events or self.held + size > self.most_bytes:
            return False
        lane = self._lanes.get(brand_id)
        return (
            lane is None
            or not lane.held_events
            or (
                lane.held_events + events <= self.most_events // 2
                and lane.held_bytes + size <= self.most_bytes // 2
            )
        )

    def add(self, one: Waiting) -> None:
        """Let a request wait for its turn."""
        lane = self._lanes.get(one.brand_id)
        if lane is None:
            lane = self._lanes[one.brand_id] = Lane(deque())
        if not lane.waiting:
            self._turns.append(one.brand_id)
        lane.waiting.append(one)
        lane.events += one.events
        lane.held_events += one.events
        lane.held_bytes += one.size
        self.events += one.events
        self.bytes += one.size

    def take(self) -> list[Waiting] | None:
        """The requests of the next transaction, all of one brand; None where none may begin now."""
        for _ in range(len(self._turns)):
            brand_id = self._turns.popleft()
            lane = self._lanes[brand_id]
            if lane.running == 0 or (lane.running < self.most_running and lane.events >= FULL):
                group = self._filled(lane)
                lane.running += 1
                if lane.waiting:
                    self._turns.append(brand_id)
                return group
            self._turns.append(brand_id)
        return None

    def end(self, group: list[Waiting]) -> None:
        """The transaction of these is over."""
        brand_id = group[0].brand_id
        lane = self._lanes[brand_id]
        lane.running -= 1
        events, size = sum(one.events for one in group), sum(one.size for one in group)
        lane.held_events -= events
        lane.held_bytes -= size
        self.events -= events
        self.bytes -= size
        if not lane.waiting and not lane.running:
            del self._lanes[brand_id]

    @property
    def held(self) -> int:
        """Bytes of all requests that are here."""
        return self.bytes + self.read

    @property
    def empty(self) -> bool:
        """Whether nothing waits and nothing is running."""
        return not self._lanes

    def _filled(self, lane: Lane) -> list[Waiting]:
        group: list[Waiting] = []
        events = size = 0
        while lane.waiting:
            one = lane.waiting[0]
            if group and (events + one.events > FULL or size + one.size > MOST_BYTES):
                break
            group.append(lane.waiting.popleft())
            events += one.events
            size += one.size
        lane.events -= events
        return group


class Reading:
    """A request that is being read: how much of it is here.

    Nobody knows yet whose it is, so all of them have half of the room.
    """

    def __init__(self, lanes: Lanes) -> None:
        self.size = 0
        self.refused = False
        self._lanes = lanes

    def keep(self, size: int) -> bool:
        """Whether there is room for more of it; one that finds no other always has."""
        lanes = self._lanes
        others = lanes.held > self.size
        self.refused = self.refused or (
            others
            and (lanes.held + size > lanes.most_bytes or lanes.read + size > lanes.most_bytes // 2)
        )
        if self.refused:
            self.end()
        else:
            self.size += size
            lanes.read += size
        return not self.refused

    def end(self) -> None:
        """It takes no room any longer."""
        self._lanes.read -= self.size
        self.size = 0
