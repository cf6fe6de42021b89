"""Identities: which member ids and buyer ids are one customer.

A customer is a connected component: of the links and, with `identity_mode = shared`, of equal
ids in both spaces. Its id is a function of its identities alone (see `customer_id`).
"""

from collections.abc import Iterable, Sequence, Set

import msgspec
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection

from app.core.sql import sql
from app.projection.batch import Space

Identity = tuple[Space, str]


def customer_id(identities: Iterable[Identity]) -> str:
    """The smallest member id as `m:<id>` or, where there is none, the smallest buyer's `b:<id>`."""
    space, id_ = min((space != "member", id_) for space, id_ in identities)
    return f"{'b' if space else 'm'}:{id_}"


class Components:
    """A union-find over customers; the smallest customer id names the merged one."""

    def __init__(self) -> None:
        self.parent: dict[str, str] = {}

    def find(self, customer: str) -> str:
        root = customer
        while self.parent.get(root, root) != root:
            root = self.parent[root]
        while self.parent.get(customer, customer) != root:
            self.parent[customer], customer = root, self.parent[customer]
        return root

    def join(self, one: str, other: str) -> None:
        a, b = self.find(one), self.find(other)
        if a != b:
            keep, lose = sorted((a, b), key=lambda c: (c[0] != "m", c))
            self.parent[lose] = keep
            self.parent.setdefault(keep, keep)


class Put(msgspec.Struct, frozen=True):
    """What became of it: the identities that were not known before, and the customers that were
    merged, old and new.
    """

    new: Sequence[Identity] = ()
    merged: Set[str] = frozenset()


async def put(
    connection: AsyncConnection,
    brand_id: int,
    shared: bool,
    named: Set[Identity],
    links: Set[tuple[str, str]],
) -> Put:
    """Store the named identities and links."""
    if not named:
        return Put()
    rows = await connection.execute(
        text(
            "SELECT space, id, customer_id FROM identity"
            " WHERE brand_id = :brand AND id = ANY(CAST(:ids AS text[]))"
        ),
        {"brand": brand_id, "ids": sorted({id_ for _, id_ in named})},
    )
    known: dict[Identity, str] = {(row.space, row.id): row.customer_id for row in rows}
    new = sorted(named - known.keys())
    known |= {identity: customer_id([identity]) for identity in new}
    components = Components()
    for member_id, buyer_id in links:
        components.join(known["member", member_id], known["buyer", buyer_id])
    if shared:
        for _, id_ in named:
            if ("member", id_) in known and ("buyer", id_) in known:
                components.join(known["member", id_], known["buyer", id_])
    await _write(connection, brand_id, new, known, links, components)
    merged = {c for c in components.parent if c != components.find(c)}
    return Put(new, merged | {components.find(c) for c in merged})


async def _write(
    connection: AsyncConnection,
    brand_id: int,
    new: list[Identity],
    known: dict[Identity, str],
    links: Set[tuple[str, str]],
    components: Components,
) -> None:
    if new:
        await connection.execute(
            sql("projection", "put_identities"),
            {
                "brand": brand_id,
                "spaces": [space for space, _ in new],
                "ids": [id_ for _, id_ in new],
                "customers": [components.find(known[identity]) for identity in new],
            },
        )
    moved = sorted(c for c in components.parent if components.find(c) != c)
    if moved:
        await connection.execute(
            sql("projection", "move_identities"),
            {
                "brand": brand_id,
                "from_ids": moved,
                "into_ids": [components.find(c) for c in moved],
            },
        )
    if links:
        await connection.execute(
            text(
                "INSERT INTO identity_link (brand_id, member_id, buyer_id)"
                " SELECT :brand, * FROM unnest(CAST(:members AS text[]), CAST(:buyers AS text[]))"
                " ON CONFLICT DO NOTHING"
            ),
            {
                "brand": brand_id,
                "members": [member for member, _ in sorted(links)],
                "buyers": [buyer for _, buyer in sorted(links)],
            },
        )


async def regroup(connection: AsyncConnection, brand_id: int, shared: bool) -> None:
    """Work out every customer of a brand anew, as after a change of its identity_mode."""
    await connection.execute(
        text(
            "UPDATE identity SET customer_id = left(space, 1) || ':' || id WHERE brand_id = :brand"
        ),
        {"brand": brand_id},
    )
    links = await connection.execute(
        text("SELECT member_id, buyer_id FROM identity_link WHERE brand_id = :brand"),
        {"brand": brand_id},
    )
    components = Components()
    for row in links:
        components.join(f"m:{row.member_id}", f"b:{row.buyer_id}")
    if shared:
        both = await connection.execute(
            text(
                "SELECT m.id FROM identity AS m JOIN identity AS b"
                " ON b.brand_id = m.brand_id AND b.space = 'buyer' AND b.id = m.id"
                " WHERE m.brand_id = :brand AND m.space = 'member'"
            ),
            {"brand": brand_id},
        )
        for row in both:
            components.join(f"m:{row.id}", f"b:{row.id}")
    moved = sorted(c for c in components.parent if components.find(c) != c)
    await connection.execute(
        sql("projection", "move_identities"),
        {"brand": brand_id, "from_ids": moved, "into_ids": [components.find(c) for c in moved]},
    )
