"""Whose turn it is, and how much of a brand is taken at once, where one of them floods."""

import asyncio
import math
from collections.abc import Iterator

import pytest

from app.core.db import open_pool
from app.core.settings import Settings
from tests.make import Brand, Service
from tests.stack import Stack, migrated_database, stack_on
from tests.workers.events import counted, order
from workers.pace import (
    ALONE_SECONDS,
    BEHIND_SLICES,
    LEAST,
    SLICE_SECONDS,
    TELLING,
    UNKNOWN,
    Pace,
)
from workers.pump import Pump

FLOODER, QUIET, OTHER = 1, 2, 3


class Clock:
    """A clock that a test sets."""

    def __init__(self) -> None:
        self.now = 1_000.0

    def __call__(self) -> float:
        return self.now


def test_who_had_least_goes_first() -> None:
    clock = Clock()
    pace = Pace(clock)
    assert pace.order([FLOODER, QUIET, OTHER]) == [FLOODER, QUIET, OTHER]
    pace.spent(FLOODER, 0.4)
    pace.spent(QUIET, 0.1)
    assert pace.order([FLOODER, QUIET, OTHER]) == [OTHER, QUIET, FLOODER]
    assert pace.yields(FLOODER, [QUIET])
    assert not pace.yields(QUIET, [FLOODER])
    assert not pace.yields(FLOODER, [])
    # What was had fades: 0.4 s are 0.4/e after five seconds, and less than 0.2 that are new.
    clock.now += 5
    assert pace.had(FLOODER) == pytest.approx(0.4 / math.e)
    pace.spent(QUIET, 0.2)
    assert pace.order([QUIET, FLOODER]) == [FLOODER, QUIET]
    clock.now += 60
    pace.spent(OTHER, 0.1)
    assert pace.had(FLOODER) == 0


def test_alone_full_batches_and_else_what_a_slice_holds() -> None:
    clock = Clock()
    pace = Pace(clock)
    pace.spent(FLOODER, 0.4)
    pace.took(FLOODER, "project", 2_000, 0.8)
    assert pace.most(FLOODER, "project", 2_000) == 2_000
    pace.spent(QUIET, 0.1)
    # 2,500 a second are so many in a slice.
    assert pace.most(FLOODER, "project", 2_000) == 2_500 * SLICE_SECONDS
    assert pace.most(FLOODER, "derive", 500) == UNKNOWN
    assert pace.most(FLOODER, "derive", 20) == 20
    pace.took(FLOODER, "project", 3, 0.3)  # tells nothing of many
    assert pace.most(FLOODER, "project", 2_000) == 2_500 * SLICE_SECONDS
    pace.took(FLOODER, "project", 200, 20)
    assert pace.most(FLOODER, "project", 2_000) == LEAST
    clock.now += ALONE_SECONDS
    assert pace.most(FLOODER, "project", 2_000) == 2_000
    assert pace.most(FLOODER, "project", 2_000, alone=True) == TELLING
    # Of whom nothing was heard for long, nothing is remembered.
    clock.now += 60
    pace.spent(QUIET, 0.1)
    assert pace.most(FLOODER, "project", 2_000) == UNKNOWN


def test_longer_where_everybody_has_a_backlog() -> None:
    pace = Pace(Clock())
    for brand_id in (FLOODER, QUIET, OTHER):
        pace.spent(brand_id, 0.1)
        pace.ended(brand_id, left=brand_id != QUIET)
    pace.took(FLOODER, "project", 1_000, 1.0)
    assert pace.most(FLOODER, "project", 2_000) == LEAST
    pace.ended(QUIET, left=True)
    assert pace.most(FLOODER, "project", 2_000) == 1_000 * SLICE_SECONDS * BEHIND_SLICES
    assert pace.most(FLOODER, "project", 2_000, alone=True) == 1_000 * SLICE_SECONDS
    # Somebody came for a little, or has caught up.
    pace.ended(OTHER, left=False)
    assert pace.most(FLOODER, "project", 2_000) == LEAST


@pytest.fixture(scope="module")
def stack(settings: Settings) -> Iterator[Stack]:
    with migrated_database(settings) as empty, stack_on(empty) as started:
        yield started


class Watched(Pump):
    """A pump that tells whom it served."""

    turns: list[int]

    async def _serve(self, brand_id: int) -> bool | None:
        self.turns.append(brand_id)
        return await super()._serve(brand_id)


async def turns_of_the_flooder(service: Service, flooder: Brand, quiet: Brand) -> list[int]:
    """How many turns a flooder has from when a quiet brand's event is there to its turn."""
    pool = open_pool(service.settings, "hongqun test")
    pump = Watched(pool, "test", 20)
    pump.turns = []
    pumping = asyncio.create_task(pump.run_until_idle())
    found = []
    try:
        for n in range(3):
            before = len(pump.turns)
            while flooder.brand_id not in pump.turns[before:]:
                await asyncio.sleep(0.005)
            await asyncio.to_thread(quiet.post, [order(n)])
            there = len(pump.turns)
            while quiet.brand_id not in pump.turns[before:]:
                assert not pumping.done(), "it was to be in the middle"
                await asyncio.sleep(0.005)
            served = before + pump.turns[before:].index(quiet.brand_id)
            found.append(pump.turns[there:served].count(flooder.brand_id))
        await pumping
        return found
    finally:
        pumping.cancel()
        await pool.dispose()


def test_a_quiet_brand_is_served_next(stack: Stack) -> None:
    service = stack.web()
    flooder, quiet = service.brand(), service.brand()
    flooder.post([order(n, buyers=3_000) for n in range(6_000)])
    # The one that was being chosen as the event came, and no other.
    assert max(asyncio.run(turns_of_the_flooder(service, flooder, quiet))) <= 1
    assert (counted(flooder), counted(quiet)) == (6_000, 3)
