"""Groups: list and one."""

from typing import Any, Literal

import msgspec
from msgspec import UNSET
from sqlalchemy import Row, func, select
from sqlalchemy.ext.asyncio import AsyncConnection

from app.lists.condition import found_by, given, same
from app.lists.listing import Asked, By, Filter, Listing
from app.lists.names import Sparse, among, rows_of
from app.lists.search import Excerpt, Query
from app.models.tables import metadata

GROUP = metadata.tables["chat_group"]
MEMBERSHIP = metadata.tables["membership"]

GroupSort = Literal["group_id", "-group_id"]
ORDERS = {
    "group_id": By(("group_id",), (str,)),
    "-group_id": By(("group_id",), (str,), descending=True),
}


class Group(msgspec.Struct, frozen=True):
    """A group; `open_members` are the member ids in it now."""

    group_id: Sparse[str] = UNSET
    name: Sparse[str | None] = UNSET
    capacity: Sparse[int | None] = UNSET
    owner_member_id: Sparse[str | None] = UNSET
    owner_nickname: Sparse[str | None] = UNSET
    open_members: Sparse[int] = UNSET
    excerpt: Sparse[Excerpt | None] = UNSET


class GroupFilters(msgspec.Struct, frozen=True):
    """What groups are asked for."""

    owner_member_id: str | None = None
    q: Query | None = None

    def listing(self, brand_id: int) -> Listing:
        """These of a brand's groups."""
        return Listing(
            GROUP,
            (lambda t: t.c.brand_id == brand_id,),
            given(
                same("owner_member_id", self.owner_member_id),
                said("chat_group", "group_id", "name", self.q),
            ),
        )


def said(table: str, key: str, column: str, query: Query | None) -> Filter | None:
    """A column of the table has what is searched."""
    if query is None:
        return None
    return Filter(lambda t: query.within(t.c[column]), key, found_by(table, key, query), loose=True)


async def page(
    connection: AsyncConnection, brand_id: int, filters: GroupFilters, asked: Asked
) -> tuple[list[Group], str | None]:
    """A page of groups, and the cursor of the next."""
    found = await filters.listing(brand_id).page(connection, "groups", ORDERS, asked)
    return await dressed(connection, brand_id, found.rows, filters.q), found.next


async def one(connection: AsyncConnection, brand_id: int, group_id: str) -> Group | None:
    """A group by its id."""
    rows = await connection.execute(
        select(GROUP).where(GROUP.c.brand_id == brand_id, GROUP.c.group_id == group_id)
    )
    items = await dressed(connection, brand_id, rows.all(), None)
    return items[0] if items else None


async def dressed(
    connection: AsyncConnection, brand_id: int, rows: Any, query: Query | None
) -> list[Group]:
    """Rows with the names and counts that belong to them."""
    owners = await rows_of(
        connection, brand_id, "member", (row.owner_member_id for row in rows), "nickname"
    )
    m = MEMBERSHIP.c
    counted = await connection.execute(
        select(m.group_id, func.count().label("members"))
        .where(
            m.brand_id == brand_id,
            among(m.group_id, (row.group_id for row in rows)),
            m.left_at.is_(None),
        )
        .group_by(m.group_id)
    )
    members = {row.group_id: row.members for row in counted}

    def item(row: Row[Any]) -> Group:
        owner = owners.get(row.owner_member_id)
        return Group(
            group_id=row.group_id,
            name=row.name,
            capacity=row.capacity,
            owner_member_id=row.owner_member_id,
            owner_nickname=owner.nickname if owner else None,
            open_members=members.get(row.group_id, 0),
            excerpt=query.excerpt(row.name) if query else UNSET,
        )

    return [item(row) for row in rows]
