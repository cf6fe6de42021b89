"""Identities: which member ids and buyer ids are one customer.

A customer is a connected component: of the links, of operators' merges that stand and, with
`identity_mode = shared`, of equal ids in both spaces. Only identities that some event names are
joined. Its id is a function of its identities alone (see `customer_id`).
"""

from collections.abc import Iterable, Mapping, Sequence, Set

import msgspec
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection

from app.core.sql import sql
from app.projection.batch import SPACES, Space

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
    """What became of it: the identities that were not known before, the customers that were
    merged, old and new, and those of the identities that were known.
    """

    new: Sequence[Identity] = ()
    merged: Set[str] = frozenset()
    customers: Mapping[Identity, str] = {}


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
    asked = {(space, id_) for _, id_ in named for space in SPACES} if shared else named
    before = await _known(connection, brand_id, asked)
    new = sorted(named - before.keys())
    known = before | {identity: customer_id([identity]) for identity in new}
    components = Components()
    # What operators merged before one of the two had a name here.
    merges = await _merges(connection, brand_id, {id_ for _, id_ in new})
    ends = {identity for merge in merges for identity in merge}
    known |= await _known(connection, brand_id, ends - known.keys())
    for one, other in merges:
        if one in known and other in known:
            components.join(known[one], known[other])
    for member_id, buyer_id in links:
        components.join(known["member", member_id], known["buyer", buyer_id])
    if shared:
        for _, id_ in named:
            if ("member", id_) in known and ("buyer", id_) in known:
                components.join(known["member", id_], known["buyer", id_])
    await _write(connection, brand_id, new, known, links, components)
    merged = {c for c in components.parent if c != components.find(c)}
    now = {identity: components.find(c) if c in merged else c for identity, c in before.items()}
    return Put(new, merged | {components.find(c) for c in merged}, now)


async def _known(
    connection: AsyncConnection, brand_id: int, identities: Set[Identity]
) -> dict[Identity, str]:
    """The customers of those of these identities that are known."""
    if not identities:
        return {}
    rows = await connection.execute(
        sql("projection", "known_identities"),
        {
            "brand": brand_id,
            "members": sorted(id_ for space, id_ in identities if space == "member"),
            "buyers": sorted(id_ for space, id_ in identities if space == "buyer"),
        },
    )
    return {(space, id_): customer for space, id_, customer in rows}


async def _merges(
    connection: AsyncConnection, brand_id: int, ids: Set[str]
) -> list[tuple[Identity, Identity]]:
    """The merges that stand and name one of these ids, in either space."""
    if not ids:
        return []
    rows = await connection.execute(
        sql("projection", "live_merges"), {"brand": brand_id, "ids": sorted(ids)}
    )
    return [((row.one_space, row.one_id), (row.other_space, row.other_id)) for row in rows]


async def _put(
    connection: AsyncConnection, brand_id: int, customers: Mapping[Identity, str]
) -> None:
    """Store the customers of identities, given in the order of their keys."""
    if customers:
        await connection.execute(
            sql("projection", "put_identities"),
            {
                "brand": brand_id,
                "spaces": [space for space, _ in customers],
                "ids": [id_ for _, id_ in customers],
                "customers": list(customers.values()),
            },
        )


async def _write(
    connection: AsyncConnection,
    brand_id: int,
    new: list[Identity],
    known: dict[Identity, str],
    links: Set[tuple[str, str]],
    components: Components,
) -> None:
    await _put(connection, brand_id, {each: components.find(known[each]) for each in new})
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


async def regroup_these(
    connection: AsyncConnection, brand_id: int, shared: bool, customers: Set[str]
) -> set[str]:
    """Work out some customers anew, after a statement about them was made or taken back.

    The statements left must join none of them with any other. Gives those that changed, old and
    new.
    """
    rows = await connection.execute(
        text(
            "SELECT space, id, customer_id FROM identity"
            " WHERE brand_id = :brand AND customer_id = ANY(CAST(:customers AS text[]))"
        ),
        {"brand": brand_id, "customers": sorted(customers)},
    )
    known: dict[Identity, str] = {(row.space, row.id): row.customer_id for row in rows}
    links = await connection.execute(
        text(
            "SELECT member_id, buyer_id FROM identity_link"
            " WHERE brand_id = :brand AND member_id = ANY(CAST(:members AS text[]))"
        ),
        {"brand": brand_id, "members": sorted(id_ for space, id_ in known if space == "member")},
    )
    pairs: list[tuple[Identity, Identity]] = [
        (("member", row.member_id), ("buyer", row.buyer_id)) for row in links
    ]
    pairs += await _merges(connection, brand_id, {id_ for _, id_ in known})
    if shared:
        pairs += [(("member", id_), ("buyer", id_)) for _, id_ in known]
    components = Components()
    for one, other in pairs:
        if one in known and other in known:
            components.join(customer_id([one]), customer_id([other]))
    now = {identity: components.find(customer_id([identity])) for identity in known}
    moved = sorted(identity for identity in known if now[identity] != known[identity])
    await _put(connection, brand_id, {identity: now[identity] for identity in moved})
    return {customer for identity in moved for customer in (known[identity], now[identity])}


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
    merges = await connection.execute(sql("projection", "all_merges"), {"brand": brand_id})
    for row in merges:
        components.join(row.one, row.other)
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
