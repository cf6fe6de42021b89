"""Whatever happens: who was looked at again is in where all who are counted anew, and a plain
recount, are.
"""

import asyncio
from collections.abc import Iterator
from typing import Any

import msgspec
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import text

from app.core.db import transaction
from app.core.settings import Settings
from app.crm.segments import saved
from app.crm.segments.refresh import count_anew, refresh
from app.crm.segments.rule import Rule, check
from tests.oracle.customers import identity
from tests.oracle.world import World, build
from tests.properties.bench import Bench
from tests.properties.events import Event, an_event
from tests.properties.machine import SETTINGS
from tests.segments.drawn import rules
from tests.segments.oracle import holds

Members = list[set[str]]


class Desk:
    """A brand's segments, as workers keep them."""

    def __init__(self, bench: Bench, brand_id: int) -> None:
        self.bench, self.brand_id = bench, brand_id
        self.segments: list[str] = []

    def save(self, drawn: list[dict[str, Any]]) -> None:
        self.bench.runner.run(self._save(drawn))

    def refresh(self) -> Members:
        return self.bench.runner.run(self._refresh())

    def count_anew(self) -> Members:
        return self.bench.runner.run(self._count_anew())

    def replayed(self) -> Members:
        """The members as who entered and left says."""
        return self.bench.runner.run(self._replayed())

    async def _save(self, drawn: list[dict[str, Any]]) -> None:
        async with transaction(self.bench.pool, self.brand_id) as connection:
            for each in drawn:
                rule = msgspec.convert(each, Rule)
                check(rule, "")
                made = await saved.create(connection, self.brand_id, "test", "drawn", rule)
                self.segments.append(made)

    async def _refresh(self) -> Members:
        # Another worker may be at it as well.
        while not await self._is_current():
            await refresh(self.bench.pool, self.brand_id)
            await asyncio.sleep(0.02)
        return await self._members("SELECT customer_id FROM segment_member WHERE true")

    async def _is_current(self) -> bool:
        async with transaction(self.bench.pool, self.brand_id) as connection:
            found = await saved.page(connection, self.brand_id, 200, None)
        return all(each.is_current for each in found)

    async def _count_anew(self) -> Members:
        async with transaction(self.bench.pool, self.brand_id) as connection:
            for segment_id in self.segments:
                assert await count_anew(connection, self.brand_id, segment_id)
        return await self._refresh()

    async def _replayed(self) -> Members:
        return await self._members(
            "SELECT customer_id FROM (SELECT DISTINCT ON (segment_id, customer_id) *"
            " FROM segment_change ORDER BY segment_id, customer_id, at DESC) AS c WHERE entered"
        )

    async def _members(self, statement: str) -> Members:
        async with transaction(self.bench.pool, self.brand_id) as connection:
            found: Members = []
            for segment_id in self.segments:
                rows = await connection.execute(
                    text(f"{statement} AND brand_id = :brand AND segment_id = :segment"),
                    {"brand": self.brand_id, "segment": segment_id},
                )
                found.append({row.customer_id for row in rows})
                told = await saved.find(connection, self.brand_id, segment_id)
                assert told.members == len(found[-1])
        return found


@pytest.fixture(scope="module")
def bench(settings: Settings) -> Iterator[Bench]:
    made = Bench(settings)
    yield made
    made.close()


def customers(world: World, shared: bool, members: set[str]) -> set[Any]:
    """The recount's customers of these ids; no two are one."""
    spaces = {"m": "member", "b": "buyer"}
    found = {world.customer_of[identity(spaces[each[0]], each[2:], shared)] for each in members}
    assert len(found) == len(members)
    return found


@settings(
    max_examples=12, deadline=None, suppress_health_check=list(HealthCheck), derandomize=False
)
@given(
    chosen=SETTINGS,
    before=st.lists(an_event(), max_size=25),
    after=st.lists(an_event(), min_size=1, max_size=12),
    drawn=st.lists(rules, min_size=3, max_size=8),
)
def test_who_is_looked_at_again(
    bench: Bench,
    chosen: dict[str, Any],
    before: list[Event],
    after: list[Event],
    drawn: list[dict[str, Any]],
) -> None:
    brand_id = bench.brand(**chosen)
    desk = Desk(bench, brand_id)
    said: dict[tuple[str, str], Event] = {}
    for events in (before, after):
        new = {(e["source"], e["id"]): e for e in reversed(events)}
        new = {key: event for key, event in new.items() if key not in said}
        if new:
            bench.take_in(brand_id, list(new.values()))
            said |= new
        bench.work(brand_id)
        if not desk.segments:
            desk.save(drawn)
        looked_at = desk.refresh()
    assert desk.count_anew() == looked_at
    assert desk.replayed() == looked_at
    shared = chosen["identity_mode"] == "shared"
    world = build(said.values(), {"source": "bot"} | chosen)
    for rule, members in zip(drawn, looked_at, strict=True):
        assert customers(world, shared, members) == holds(world, shared, rule), rule
