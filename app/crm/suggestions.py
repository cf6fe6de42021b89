"""Suggestions: identities that are probably one person, and why."""

from typing import Literal

import msgspec
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection

from app.core.sql import sql
from app.crm import merges
from app.crm.effects import Effect, effect
from app.crm.people import Person, pair

Why = Literal["same_id", "same_phone"]

LOOKED = 2_000
"""So many ids a request looks at; where none of them is anybody's twin the page is empty."""

SHARED = 5
"""A phone of more member ids than this says nothing of any of them."""

PHASES: tuple[Why, ...] = ("same_id", "same_phone")


class Side(msgspec.Struct, frozen=True):
    """One of two identities, its customer, and how many GMV orders and joinings that has."""

    space: Literal["member", "buyer"]
    id: str
    customer_id: str
    orders: int
    joinings: int


class Suggestion(msgspec.Struct, frozen=True):
    """Two identities of different customers. `effect`: what merging them would do, if asked for.

    why: `same_id`, the same id as a member and as a buyer; `same_phone`, the same phone.
    """

    why: Why
    a: Side
    b: Side
    effect: Effect | None


class Found(msgspec.Struct, frozen=True):
    """Some suggestions, and the place to go on from; None at the end."""

    items: list[tuple[Why, Person, Person]]
    following: tuple[Why, str] | None


async def look(
    connection: AsyncConnection, brand_id: int, after: tuple[Why, str] | None, most: int
) -> Found:
    """The suggestions that come next in a fixed order: by id, then by phone."""
    why, place = after or (PHASES[0], "")
    items: list[tuple[Why, Person, Person]] = []
    for phase in PHASES[PHASES.index(why) :]:
        found = await _look(connection, brand_id, phase, place, most - len(items))
        items += found.items
        if found.following is not None:
            return Found(items, found.following)
        place = ""
    return Found(items, None)


async def _look(
    connection: AsyncConnection, brand_id: int, why: Why, place: str, most: int
) -> Found:
    """The suggestions of one kind that come next."""
    # The planner takes what is looked at for all that there is, and would sort it.
    for method in ("sort", "bitmapscan"):
        await connection.execute(text(f"SET LOCAL enable_{method} = off"))
    rows = (
        await connection.execute(
            sql("crm", f"suggest_{why}"),
            {
                "brand": brand_id,
                "after": place,
                "looked": LOOKED,
                "most": most,
                **({"shared": SHARED} if why == "same_phone" else {}),
            },
        )
    ).all()
    for method in ("sort", "bitmapscan"):
        await connection.execute(text(f"SET LOCAL enable_{method} TO DEFAULT"))
    items = [
        (
            why,
            Person(row.one_space, row.one_id, row.one_customer),
            Person(row.other_space, row.other_id, row.other_customer),
        )
        for row in rows
        if row.one_id is not None
    ]
    if len(items) == most:
        return Found(items, (why, rows[-1].place if most else place))
    return Found(items, (why, rows[0].last) if rows[0].looked == LOOKED else None)


async def described(
    connection: AsyncConnection, brand_id: int, found: Found, effects: bool, actor: str
) -> list[Suggestion]:
    """Suggestions with what their customers have and, if asked for, what merging would do.

    For effects the caller holds the brand's lease.
    """
    customers = {side.customer_id for _, *sides in found.items for side in sides}
    rows = await connection.execute(
        sql("crm", "holdings"), {"brand": brand_id, "customers": sorted(customers)}
    )
    holdings = {row.customer_id: (row.orders, row.joinings) for row in rows}

    def side(one: Person) -> Side:
        return Side(one.space, one.id, one.customer_id, *holdings[one.customer_id])

    return [
        Suggestion(
            why,
            side(one),
            side(other),
            await _effect(connection, brand_id, one, other, actor) if effects else None,
        )
        for why, one, other in found.items
    ]


async def _effect(
    connection: AsyncConnection, brand_id: int, one: Person, other: Person, actor: str
) -> Effect:
    async def act() -> merges.Outcome:
        return await merges.state(connection, brand_id, "merge", one, other, None, actor)

    concerned = {one.customer_id, other.customer_id}
    _, found = await effect(connection, brand_id, concerned, act)
    return found


async def dismiss(
    connection: AsyncConnection, brand_id: int, one: Person, other: Person, actor: str
) -> None:
    """Suggest these two no more."""
    await connection.execute(
        text(
            "INSERT INTO identity_dismissal"
            " (brand_id, one_space, one_id, other_space, other_id, made_by)"
            " VALUES (:brand, :one_space, :one, :other_space, :other, :actor)"
            " ON CONFLICT DO NOTHING"
        ),
        _given(brand_id, one, other) | {"actor": actor},
    )


async def admit(connection: AsyncConnection, brand_id: int, one: Person, other: Person) -> None:
    """Suggest these two again."""
    await connection.execute(
        text(
            "DELETE FROM identity_dismissal WHERE brand_id = :brand"
            " AND one_space = :one_space AND one_id = :one"
            " AND other_space = :other_space AND other_id = :other"
        ),
        _given(brand_id, one, other),
    )


def _given(brand_id: int, one: Person, other: Person) -> dict[str, str | int]:
    first, second = pair(one.identity, other.identity)
    return {
        "brand": brand_id,
        "one_space": first[0],
        "one": first[1],
        "other_space": second[0],
        "other": second[1],
    }
