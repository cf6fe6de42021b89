"""One page of a list: where its order or one of its filters leads, whichever finds it sooner.

A filter that holds for many is found soon by walking the order. One that holds for few is
found soon by looking these up and sorting them. Which of them it is nobody knows beforehand: so a
stretch of the order is walked first, and only where that does not fill the page do the filters
lead.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import datetime
from typing import Any

import msgspec
from sqlalchemy import ColumnElement, FromClause, Row, Select, and_, any_, func, select, text
from sqlalchemy.ext.asyncio import AsyncConnection

from app.core.page import MOST, Part, Sort, parts, read_cursor, write_cursor

WALK = 50
"""Rows of the order that are looked at for each row of the page, before filters lead."""

WALKED = 30_000
"""Where some were found in a stretch, one in which all may be found is walked up to here."""

COUNTED = 10_000
"""Rows are counted up to here."""

FEW = 1_000
"""A filter of at most so many rows leads at once."""

COMPARED = 20_000
"""Of several filters that of the fewest rows leads; they are counted up to here."""

WALKING = text(
    "SELECT set_config('enable_sort', :on, true), set_config('enable_bitmapscan', :on, true),"
    " set_config('enable_seqscan', :on, true)"
)
"""An order is walked on its index: that a brand has few rows is a guess which would cost all."""

Probe = Callable[[Any], ColumnElement[bool]]
"""The condition on the columns of a table or of a part of it."""


class By(msgspec.Struct, frozen=True):
    """A named order: columns of one direction, of which the last tells any two rows apart."""

    columns: tuple[str, ...]
    kinds: tuple[type[str] | type[int] | type[datetime], ...]
    descending: bool = False
    nullable: bool = False

    def of(self, table: Any) -> list[Sort]:
        """The columns of a table to sort by; the first alone may be null."""
        return [
            Sort(table.c[name], kind, self.descending, self.nullable and at == 0)
            for at, (name, kind) in enumerate(zip(self.columns, self.kinds, strict=True))
        ]


class Filter(msgspec.Struct, frozen=True):
    """A condition on a row. With `among`, the values of the column `on` for which it holds, it can
    lead; without, it is a range of that column, which an order by it begins with. `loose`: it does
    not hold for all of these values, so each is looked at. `indexed`: they are found on an index.
    """

    holds: Probe
    on: str = ""
    among: Select[Any] | None = None
    loose: bool = False
    indexed: bool = True

    def leads(self, table: Any) -> ColumnElement[bool]:
        """The same condition, looked up from its values."""
        assert self.among is not None
        found: ColumnElement[bool] = table.c[self.on] == any_(
            func.array(self.among.scalar_subquery())
        )
        return and_(found, self.holds(table)) if self.loose else found


class Count(msgspec.Struct, frozen=True):
    """How many there are; `at_least`: they were counted up to 10,000."""

    value: int
    at_least: bool


class Asked(msgspec.Struct, frozen=True):
    """Which page: the name of its order, the cursor, and how many rows."""

    sort: str
    cursor: str | None
    limit: int


class Found(msgspec.Struct, frozen=True):
    """The rows of a page, and the cursor of the following one."""

    rows: list[Row[Any]]
    next: str | None


class Step(msgspec.Struct, frozen=True):
    """Keys that were looked up, as a source of rows: its table, and how a row is joined to it."""

    keys: FromClause
    joins: Probe


Steps = Callable[[bool, Sequence[Any] | None], list[Step]]
"""The steps of an order, descending or not, from a cursor's values on."""


class Listing(msgspec.Struct, frozen=True):
    """Rows of a table: `within` are the conditions that its indexes begin with.

    `steps` look rows up in stretches of the order, from a cursor's values on.
    """

    table: FromClause
    within: tuple[Probe, ...]
    filters: tuple[Filter, ...] = ()
    steps: Steps | None = None

    async def page(
        self, connection: AsyncConnection, name: str, orders: Mapping[str, By], asked: Asked
    ) -> Found:
        """The page asked for.

        Raises:
            BadParameter: where the cursor is none of this list and order.
        """
        by = orders[asked.sort]
        key = f"{name} {asked.sort}"
        values = None
        if asked.cursor is not None:
            values = read_cursor(key, asked.cursor, by.of(self.table))
        ranges = [each for each in self.filters if each.among is None and each.on == by.columns[0]]
        filters = tuple(each for each in self.filters if each not in ranges)
        walk = Walk(
            self.table,
            (*self.within, *(each.holds for each in ranges)),
            filters,
            by,
            values,
            None if self.steps else await leading(connection, filters, FEW),
        )
        rows: list[Row[Any]] = []
        wanted = min(asked.limit, MOST) + 1
        for at in range(len(parts(by.of(self.table), values))):
            rows += await walk.fetch(connection, at, wanted - len(rows), self.steps)
            if len(rows) >= wanted:
                break
        items = rows[: asked.limit]
        if len(rows) <= asked.limit:
            return Found(items, None)
        last = items[-1]._mapping
        return Found(items, write_cursor(key, [last[name] for name in by.columns]))

    async def whole(self, connection: AsyncConnection) -> Select[Any]:
        """The statement of all rows, in no order: for whoever reads all of them in one go."""
        leader = await leading(connection, self.filters)
        rows: Select[Any] = select(self.table).where(*(each(self.table) for each in self.within))
        return rows.where(*met(self, leader))

    async def count(self, connection: AsyncConnection) -> Count:
        """How many rows there are, up to 10,000."""
        await connection.execute(WALKING, {"on": "on"})
        some = select(self.table).where(*(each(self.table) for each in self.within))
        if self.steps is not None:
            found = 0
            every = some.where(*(each.holds(self.table) for each in self.filters))
            for step in self.steps(True, None):
                matching = every.join(step.keys, step.joins(self.table))
                found += await _counted(connection, matching, COUNTED + 1 - found)
                if found > COUNTED:
                    break
        else:
            leader = await leading(connection, self.filters)
            found = await _counted(connection, some.where(*met(self, leader)), COUNTED + 1)
        return Count(min(found, COUNTED), found > COUNTED)


class Walk(msgspec.Struct, frozen=True):
    """An order of a listing, from its beginning or from a cursor's values on.

    `few`: the filter that leads, where it is known to hold for few.
    """

    table: FromClause
    within: tuple[Probe, ...]
    filters: tuple[Filter, ...]
    by: By
    values: Sequence[Any] | None
    few: Filter | None

    async def fetch(
        self,
        connection: AsyncConnection,
        at: int,
        need: int,
        steps: Steps | None,
    ) -> Sequence[Row[Any]]:
        """The next rows of one part of the order."""
        if self.few is not None:
            return await self._sorted(connection, self._matching(at, self.few), at, need)
        await connection.execute(WALKING, {"on": "off"})
        rows, stretch = await self._walked(connection, at, need, need * WALK)
        if 0 < len(rows) < need and self.filters and stretch <= WALKED:
            rows, _ = await self._walked(connection, at, need, stretch)
        if len(rows) >= need or not self.filters:
            return rows
        await connection.execute(WALKING, {"on": "on"})
        if steps is not None:
            return await self._stepwise(
                connection, at, need, steps(self.by.descending, self.values)
            )
        leader = await leading(connection, self.filters)
        return await self._sorted(connection, self._matching(at, leader), at, need)

    async def _walked(
        self, connection: AsyncConnection, at: int, need: int, stretch: int
    ) -> tuple[Sequence[Row[Any]], int]:
        """What a stretch of the order has, and how long a one might have all that is needed."""
        walked = self._base(at).order_by(*self._part(self.table, at).order)
        if self.filters:
            part = walked.limit(stretch).subquery("walked")
            walked = select(part).where(*(each.holds(part) for each in self.filters))
            walked = walked.order_by(*self._part(part, at).order)
        rows = (await connection.execute(walked.limit(need))).all()
        return rows, stretch * need * 2 // max(len(rows), 1)

    async def _stepwise(
        self, connection: AsyncConnection, at: int, need: int, steps: list[Step]
    ) -> Sequence[Row[Any]]:
        rows: list[Row[Any]] = []
        for step in steps:
            matching = self._matching(at, None).join(step.keys, step.joins(self.table))
            rows += await self._sorted(connection, matching, at, need - len(rows))
            if len(rows) >= need:
                break
        return rows

    async def _sorted(
        self, connection: AsyncConnection, matching: Select[Any], at: int, need: int
    ) -> Sequence[Row[Any]]:
        # OFFSET 0 keeps the planner from walking the order after all.
        found = matching.offset(0).subquery("found")
        best = select(found).order_by(*self._part(found, at).order).limit(need)
        return (await connection.execute(best)).all()

    def _part(self, table: Any, at: int) -> Part:
        return parts(self.by.of(table), self.values)[at]

    def _base(self, at: int) -> Select[Any]:
        found: Select[Any] = select(self.table).where(*(each(self.table) for each in self.within))
        holds = self._part(self.table, at).holds
        return found if holds is None else found.where(holds)

    def _matching(self, at: int, leader: Filter | None) -> Select[Any]:
        return self._base(at).where(*met(self, leader))


def met(listing: "Listing | Walk", leader: Filter | None) -> Iterator[ColumnElement[bool]]:
    """The conditions of all filters, of which one may lead."""
    for each in listing.filters:
        yield each.leads(listing.table) if each is leader else each.holds(listing.table)


async def _counted(connection: AsyncConnection, rows: Select[Any], most: int) -> int:
    some = rows.limit(most).subquery("counted")
    found = await connection.execute(select(func.count()).select_from(some))
    return int(found.scalar_one())


async def leading(
    connection: AsyncConnection, filters: Sequence[Filter], few: int | None = None
) -> Filter | None:
    """The filter whose values are fewest; None where none can be looked up, or none has so few."""
    # What was searched is found all at once, so counting it is as dear as looking it up.
    able = [each for each in filters if each.among is not None and each.indexed and not each.loose]
    if few is None and len(able) < 2:
        others = [each for each in filters if each.among is not None]
        return able[0] if able else others[0] if others else None
    most = COMPARED if few is None else few + 1
    sizes = [
        await _counted(connection, each.among, most) for each in able if each.among is not None
    ]
    if not able or (few is not None and min(sizes) > few):
        return None
    return able[sizes.index(min(sizes))]
