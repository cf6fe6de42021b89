"""Customers: the list of them. A phone is never in it."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any, Literal

import msgspec
from msgspec import UNSET
from sqlalchemy import Row, select
from sqlalchemy.ext.asyncio import AsyncConnection

from app.lists.listing import Asked, By, Listing
from app.lists.names import Sparse, among, names_of
from app.lists.people import CustomerFilters
from app.lists.search import Excerpt, Query
from app.models.tables import metadata

CUSTOMER = metadata.tables["customer"]
IDENTITY = metadata.tables["identity"]
MEMBER = metadata.tables["member"]
TAG = metadata.tables["tag"]
TAGGING = metadata.tables["tagging"]

CustomerSort = Literal[
    "customer_id",
    "-customer_id",
    "first_joined_at",
    "-first_joined_at",
    "first_paid_at",
    "-first_paid_at",
    "last_paid_at",
    "-last_paid_at",
    "net",
    "-net",
    "purchase_days",
    "-purchase_days",
]


def _both(column: str, kind: type[Any], nullable: bool) -> dict[str, By]:
    columns, kinds = (column, "customer_id"), (kind, str)
    return {
        column: By(columns, kinds, nullable=nullable),
        f"-{column}": By(columns, kinds, descending=True, nullable=nullable),
    }


ORDERS = {
    "customer_id": By(("customer_id",), (str,)),
    "-customer_id": By(("customer_id",), (str,), descending=True),
    **_both("first_joined_at", datetime, nullable=True),
    **_both("first_paid_at", datetime, nullable=True),
    **_both("last_paid_at", datetime, nullable=True),
    **_both("net", int, nullable=False),
    **_both("purchase_days", int, nullable=False),
}


class Label(msgspec.Struct, frozen=True):
    """A tag."""

    tag_id: str
    name: str


class Customer(msgspec.Struct, frozen=True):
    """A customer at a glance; money is of GMV orders, purchases are those not fully refunded."""

    customer_id: Sparse[str] = UNSET
    nickname: Sparse[str | None] = UNSET
    member_ids: Sparse[list[str]] = UNSET
    buyer_ids: Sparse[list[str]] = UNSET
    is_member: Sparse[bool] = UNSET
    first_joined_at: Sparse[datetime | None] = UNSET
    first_group_id: Sparse[str | None] = UNSET
    first_group_name: Sparse[str | None] = UNSET
    first_note_id: Sparse[str | None] = UNSET
    first_note_title: Sparse[str | None] = UNSET
    memberships: Sparse[int] = UNSET
    open_memberships: Sparse[int] = UNSET
    orders: Sparse[int] = UNSET
    gmv: Sparse[int] = UNSET
    refunded: Sparse[int] = UNSET
    net: Sparse[int] = UNSET
    purchases: Sparse[int] = UNSET
    purchase_days: Sparse[int] = UNSET
    first_paid_at: Sparse[datetime | None] = UNSET
    last_paid_at: Sparse[datetime | None] = UNSET
    tags: Sparse[list[Label]] = UNSET
    excerpt: Sparse[Excerpt | None] = UNSET


async def listing(connection: AsyncConnection, brand_id: int, filters: CustomerFilters) -> Listing:
    """These of a brand's customers."""
    rules = await filters.rules(connection, brand_id)
    return Listing(CUSTOMER, (lambda t: t.c.brand_id == brand_id,), filters.of(brand_id, rules))


async def page(
    connection: AsyncConnection, brand_id: int, filters: CustomerFilters, asked: Asked
) -> tuple[list[Customer], str | None]:
    """A page of customers, and the cursor of the next."""
    these = await listing(connection, brand_id, filters)
    found = await these.page(connection, "customers", ORDERS, asked)
    return await _dressed(connection, brand_id, found.rows, filters.q), found.next


async def _dressed(
    connection: AsyncConnection, brand_id: int, rows: Sequence[Row[Any]], query: Query | None
) -> list[Customer]:
    ids = [row.customer_id for row in rows]
    i, m = IDENTITY.c, MEMBER.c
    known = await connection.execute(
        select(i.customer_id, i.space, i.id, m.nickname)
        .outerjoin(
            MEMBER,
            (m.brand_id == i.brand_id) & (m.member_id == i.id) & (i.space == "member"),
        )
        .where(i.brand_id == brand_id, among(i.customer_id, ids))
        .order_by(i.customer_id, i.space, i.id)
    )
    people: dict[str, list[Any]] = {}
    for each in known:
        people.setdefault(each.customer_id, []).append(each)
    tags = await _tags(connection, brand_id, ids)
    groups = await names_of(
        connection, brand_id, "chat_group", (row.first_group_id for row in rows), "name"
    )
    notes = await names_of(
        connection, brand_id, "note", (row.first_note_id for row in rows), "title"
    )

    def item(row: Row[Any]) -> Customer:
        own = people.get(row.customer_id, [])
        nicknames = [each.nickname for each in own if each.nickname is not None]
        return Customer(
            customer_id=row.customer_id,
            nickname=nicknames[0] if nicknames else None,
            member_ids=[each.id for each in own if each.space == "member"],
            buyer_ids=[each.id for each in own if each.space == "buyer"],
            is_member=row.is_member,
            first_joined_at=row.first_joined_at,
            first_group_id=row.first_group_id,
            first_group_name=groups.get(row.first_group_id),
            first_note_id=row.first_note_id,
            first_note_title=notes.get(row.first_note_id),
            memberships=row.memberships,
            open_memberships=row.open_memberships,
            orders=row.orders,
            gmv=int(row.gmv),
            refunded=int(row.refunded),
            net=int(row.net),
            purchases=row.purchases,
            purchase_days=row.purchase_days,
            first_paid_at=row.first_paid_at,
            last_paid_at=row.last_paid_at,
            tags=tags.get(row.customer_id, []),
            excerpt=query.best_excerpt(nicknames) if query else UNSET,
        )

    return [item(row) for row in rows]


async def _tags(
    connection: AsyncConnection, brand_id: int, ids: Sequence[str]
) -> dict[str, list[Label]]:
    i, t, g = IDENTITY.c, TAG.c, TAGGING.c
    found = await connection.execute(
        select(i.customer_id, t.tag_id, t.name)
        .distinct()
        .join(TAGGING, (g.brand_id == i.brand_id) & (g.space == i.space) & (g.id == i.id))
        .join(TAG, (t.brand_id == g.brand_id) & (t.tag_id == g.tag_id))
        .where(i.brand_id == brand_id, among(i.customer_id, ids))
        .order_by(i.customer_id, t.name, t.tag_id)
    )
    tags: dict[str, list[Label]] = {}
    for row in found:
        tags.setdefault(row.customer_id, []).append(Label(row.tag_id, row.name))
    return tags
