"""A world in the database: taken in and worked on batch by batch, without HTTP."""

import asyncio
import contextlib
from collections.abc import Iterable
from datetime import UTC, datetime
from typing import Any

from sqlalchemy import text

from app.core import lease
from app.core.backlog import backlog
from app.core.brand_secret import BrandSecret, secret_of
from app.core.clock import microseconds
from app.core.db import open_pool, transaction
from app.core.settings import Settings
from app.crm import brands, keys, merges, people
from app.crm.effects import effect
from app.crm.tokens import random_text
from app.derive.customers import derive
from app.derive.sums import count_sums
from app.ingest.decode import Sender
from app.ingest.inbox import Receipt, take_in
from app.models import chat, content, credit, customer, joining, shop, sums
from app.models import people as people_
from app.models.base import Base
from app.models.tables import metadata
from app.projection.identities import Identity
from app.projection.project import claim, project
from tests.make import lines
from tests.properties.events import Event
from workers.pump import Pump

ROOMS = (chat, content, shop, people_, credit, joining, sums, customer)
BESIDE = {"identity_merge", "identity_dismissal", "dirty_sum"}
TABLES = sorted(
    name
    for mapper in Base.registry.mappers
    if mapper.class_.__module__ in {room.__name__ for room in ROOMS}
    and (name := mapper.class_.__tablename__) not in BESIDE
)
"""Every table that is a function of the events and of what operators merged."""

Pair = tuple[Identity, Identity]


class Crash(Exception):
    """The worker dies here."""


class Bench:
    """Makes brands and moves events through all stages, in one event loop."""

    def __init__(self, settings: Settings) -> None:
        self.runner = asyncio.Runner()
        self.pool = self.runner.run(_open(settings))
        self.pump = Pump(self.pool, "property test", 7)

    def close(self) -> None:
        self.runner.run(self.pool.dispose())
        self.runner.close()

    def brand(self, **settings: Any) -> int:
        return self.runner.run(self._brand(settings))

    def change(self, brand_id: int, **settings: Any) -> None:
        self.runner.run(self._change(brand_id, settings))

    def key(self, brand_id: int) -> str:
        return self.runner.run(self._key(brand_id))

    def take_in(self, brand_id: int, events: list[Event]) -> Receipt:
        return self.runner.run(self._take_in(brand_id, events))

    def crash(self, brand_id: int) -> None:
        """Do a batch of work and lose it before it is committed."""
        with contextlib.suppress(Crash):
            self.runner.run(self._crash(brand_id))

    def merge(self, brand_id: int, pair: Pair, dry_run: bool) -> str | None:
        """Merge two identities; None where nothing came of it."""
        return self.runner.run(self._merge(brand_id, pair, dry_run))

    def undo(self, brand_id: int, merge_id: str, dry_run: bool) -> None:
        self.runner.run(self._undo(brand_id, merge_id, dry_run))

    def foretell(self, brand_id: int, pairs: Iterable[Pair]) -> None:
        """State merges of identities that nobody has named yet."""
        for one, other in pairs:
            statement = (
                "INSERT INTO identity_merge (brand_id, merge_id, kind, one_space, one_id,"
                " other_space, other_id, made_by) VALUES (:brand, :merge, 'merge', :one_space,"
                " :one, :other_space, :other, 'test')"
            )
            given = {
                "brand": brand_id,
                "merge": random_text(16),
                "one_space": one[0],
                "one": one[1],
                "other_space": other[0],
                "other": other[1],
            }
            self.runner.run(self._execute(statement, given))

    def work(self, brand_id: int) -> None:
        """Work until nothing of the brand is pending; another worker may be at it as well."""
        self.runner.run(self._work(brand_id))

    def tables(self, brand_id: int) -> dict[str, list[tuple[Any, ...]]]:
        """All rows of a brand that are a function of its events, in a fixed order."""
        return self.runner.run(self._tables(brand_id))

    def intervals(self, brand_id: int) -> list[tuple[Any, ...]]:
        """The memberships of a brand, times in microseconds."""
        rows = self.runner.run(
            self._rows(
                "SELECT group_id, member_id, joined_at, left_at, source_kind, note_id,"
                " join_inferred, leave_inferred FROM membership WHERE brand_id = :brand",
                brand_id,
            )
        )
        return sorted(
            (
                (g, m, microseconds(joined), None if left is None else microseconds(left), *rest)
                for g, m, joined, left, *rest in rows
            ),
            key=repr,
        )

    def suspects(self, brand_id: int) -> set[tuple[Any, ...]]:
        """The suspect snapshots, by event id and source."""
        columns, condition = "event_id, event_source", "brand_id = :brand AND suspect"
        statement = f"SELECT {columns} FROM membership_event WHERE {condition}"
        return set(self.runner.run(self._rows(statement, brand_id)))

    async def _rows(self, statement: str, brand_id: int) -> list[Any]:
        async with transaction(self.pool) as connection:
            found = await connection.execute(text(statement), {"brand": brand_id})
            return [tuple(row) for row in found]

    async def _execute(self, statement: str, given: dict[str, Any]) -> None:
        async with transaction(self.pool) as connection:
            await connection.execute(text(statement), given)

    async def _merge(self, brand_id: int, pair: Pair, dry_run: bool) -> str | None:
        async with transaction(self.pool, brand_id) as connection:
            await lease.hold(connection, brand_id)
            one, other = [await people.find(connection, brand_id, each) for each in pair]
            if one is None or other is None or one.customer_id == other.customer_id:
                return None

            async def act() -> merges.Outcome:
                assert one is not None
                assert other is not None
                return await merges.state(
                    connection, brand_id, "merge", one, other, None, "key:test"
                )

            if dry_run:
                await effect(connection, brand_id, {one.customer_id, other.customer_id}, act)
                return None
            return (await act()).merge.merge_id

    async def _undo(self, brand_id: int, merge_id: str, dry_run: bool) -> None:
        async with transaction(self.pool, brand_id) as connection:
            await lease.hold(connection, brand_id)
            merge = await merges.find(connection, brand_id, merge_id)
            person = await people.find(connection, brand_id, (merge.a.space, merge.a.id))
            assert person is not None
            customer = person.customer_id

            async def act() -> merges.Outcome:
                return await merges.undo(connection, brand_id, merge, customer, "key:test")

            if dry_run:
                await effect(connection, brand_id, {customer}, act)
            else:
                await act()

    async def _brand(self, settings: dict[str, Any]) -> int:
        async with transaction(self.pool) as connection:
            brand_id = await brands.create(
                connection, "test", settings.get("timezone", "Asia/Tokyo")
            )
        await self._change(brand_id, settings)
        return brand_id

    async def _key(self, brand_id: int) -> str:
        async with transaction(self.pool) as connection:
            return await keys.create(connection, brand_id, "property test")

    async def _change(self, brand_id: int, settings: dict[str, Any]) -> None:
        async with transaction(self.pool) as connection:
            before = await brands.find(connection, brand_id)
            assert before is not None
            await brands.change(connection, before, settings)

    async def _take_in(self, brand_id: int, events: list[Event]) -> Receipt:
        async with transaction(self.pool) as connection:
            return await take_in(
                connection, brand_id, Sender("bot", "CNY"), lines(events), datetime.now(UTC)
            )

    async def _work(self, brand_id: int) -> None:
        while True:
            await self.pump.run_until_idle()
            async with transaction(self.pool) as connection:
                left = await backlog(connection, brand_id)
            if not left.pending_events and not left.pending_recomputes:
                return
            await asyncio.sleep(0.02)

    async def _crash(self, brand_id: int) -> None:
        async with transaction(self.pool) as connection:
            if claimed := await claim(connection, brand_id, 5):
                await project(connection, brand_id, claimed)
            await derive(connection, brand_id, 2)
            await count_sums(connection, brand_id, 2)
            raise Crash

    async def _tables(self, brand_id: int) -> dict[str, list[tuple[Any, ...]]]:
        found = {}
        async with transaction(self.pool) as connection:
            secret = await secret_of(connection, brand_id)
            for name in TABLES:
                columns = [
                    c.name
                    for c in metadata.tables[name].columns
                    if c.name not in ("brand_id", "phone_index")
                ]
                rows = await connection.execute(
                    text(f"SELECT {', '.join(columns)} FROM {name} WHERE brand_id = :brand"),
                    {"brand": brand_id},
                )
                found[name] = sorted((plain(row, secret) for row in rows), key=repr)
        return found


def plain(row: Any, secret: BrandSecret) -> tuple[Any, ...]:
    """A row whose phone is opened: each brand seals otherwise, and each time."""
    cipher = row._mapping.get("phone_cipher")
    return tuple(secret.open(cipher) if v is not None and v is cipher else v for v in row)


async def _open(settings: Settings) -> Any:
    return open_pool(settings, "hongqun property test")
