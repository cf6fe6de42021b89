"""Whom an operator means: a customer is named by any one of its identities."""

from collections.abc import Iterable, Sequence

import msgspec
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection

from app.core.errors import NotFound
from app.core.sql import sql
from app.projection.batch import Space
from app.projection.identities import Identity, customer_id

MOST_IDENTITIES = 1_000
SPACES: dict[str, Space] = {"m:": "member", "b:": "buyer"}


class Named(msgspec.Struct, frozen=True, order=True):
    """An identity: a member id (space `member`) or a buyer id (space `buyer`)."""

    space: Space
    id: str


class Person(msgspec.Struct, frozen=True):
    """An identity that some event names, and the customer it belongs to now."""

    space: Space
    id: str
    customer_id: str

    @property
    def identity(self) -> Identity:
        return self.space, self.id


class Customer(msgspec.Struct, frozen=True):
    """A customer with its identities, member ids last; MOST_IDENTITIES of all at most."""

    customer_id: str
    identities: list[Named]


def identity_of(customer: str) -> Identity | None:
    """The identity that a customer_id names; None where it is none."""
    space = SPACES.get(customer[:2])
    return None if space is None or len(customer) == 2 else (space, customer[2:])


async def find(connection: AsyncConnection, brand_id: int, identity: Identity) -> Person | None:
    """An identity and its customer; None where no event names it."""
    space, id_ = identity
    found = await connection.scalar(
        text(
            "SELECT customer_id FROM identity"
            " WHERE brand_id = :brand AND space = :space AND id = :id"
        ),
        {"brand": brand_id, "space": space, "id": id_},
    )
    return None if found is None else Person(space, id_, found)


async def named(connection: AsyncConnection, brand_id: int, customer: str) -> Person:
    """Who is meant by a customer_id, of now or from before a merge.

    Raises:
        NotFound: where it names no identity of the brand.
    """
    identity = identity_of(customer)
    person = None if identity is None else await find(connection, brand_id, identity)
    if person is None:
        raise NotFound("customer")
    return person


async def several(
    connection: AsyncConnection, brand_id: int, customers: Iterable[str]
) -> list[Person]:
    """Those who are meant by customer_ids; who is not known is left out."""
    identities = sorted({one for each in customers if (one := identity_of(each)) is not None})
    rows = await connection.execute(
        sql("crm", "identities"),
        {
            "brand": brand_id,
            "spaces": [space for space, _ in identities],
            "ids": [id_ for _, id_ in identities],
        },
    )
    return [Person(row.space, row.id, row.customer_id) for row in rows]


async def with_identities(
    connection: AsyncConnection, brand_id: int, customers: Iterable[str]
) -> list[Customer]:
    """These customers, as far as they exist, by customer_id."""
    rows = await connection.execute(
        text(
            "SELECT customer_id, space, id FROM identity"
            " WHERE brand_id = :brand AND customer_id = ANY(CAST(:customers AS text[]))"
            ' ORDER BY customer_id COLLATE "C", space, id LIMIT :most'
        ),
        {"brand": brand_id, "customers": sorted(customers), "most": MOST_IDENTITIES},
    )
    found: dict[str, list[Named]] = {}
    for row in rows:
        found.setdefault(row.customer_id, []).append(Named(row.space, row.id))
    return [Customer(customer, identities) for customer, identities in found.items()]


def alone(identity: Identity) -> str:
    """The customer_id that names this identity."""
    return customer_id([identity])


def pair(one: Identity, other: Identity) -> Sequence[Identity]:
    """Two identities in their fixed order."""
    return sorted((one, other))
