"""Who is in a group: now, at an instant, or ever; one row a membership."""

from datetime import datetime
from typing import Any, Literal

import msgspec
from msgspec import UNSET
from sqlalchemy import Row, or_, select
from sqlalchemy.ext.asyncio import AsyncConnection

from app.lists.condition import Range, found_by, given, ranged, same
from app.lists.listing import Asked, By, Filter, Listing, Probe
from app.lists.names import Sparse, customers_of, names_of
from app.lists.search import Excerpt, Query
from app.models.tables import metadata

MEMBERSHIP = metadata.tables["membership"]
MEMBER = metadata.tables["member"]

MemberSort = Literal["-joined_at", "joined_at"]
_columns = ("joined_at", "member_id", "n")
_kinds = (datetime, str, int)
ORDERS = {
    "-joined_at": By(_columns, _kinds, descending=True),
    "joined_at": By(_columns, _kinds),
}


class Member(msgspec.Struct, frozen=True):
    """A membership of a group and whose it is; `role` is as it was told with the join."""

    member_id: Sparse[str] = UNSET
    customer_id: Sparse[str | None] = UNSET
    nickname: Sparse[str | None] = UNSET
    joined_at: Sparse[datetime] = UNSET
    left_at: Sparse[datetime | None] = UNSET
    join_inferred: Sparse[bool] = UNSET
    leave_inferred: Sparse[bool] = UNSET
    leave_reason: Sparse[str | None] = UNSET
    role: Sparse[str | None] = UNSET
    source_kind: Sparse[str | None] = UNSET
    note_id: Sparse[str | None] = UNSET
    note_title: Sparse[str | None] = UNSET
    live_id: Sparse[str | None] = UNSET
    inviter_member_id: Sparse[str | None] = UNSET
    inviter_nickname: Sparse[str | None] = UNSET
    excerpt: Sparse[Excerpt | None] = UNSET


class MemberFilters(msgspec.Struct, frozen=True):
    """Whose memberships are asked for; `at` is an instant, or now or ever."""

    at: datetime | Literal["now", "ever"] = "now"
    joined: Range = Range()
    note_id: str | None = None
    live_id: str | None = None
    source_kind: str | None = None
    role: str | None = None
    inviter_member_id: str | None = None
    q: Query | None = None

    def listing(self, brand_id: int, group_id: str | None) -> Listing:
        """These memberships of a group, or of all."""
        within: list[Probe] = [lambda t: t.c.brand_id == brand_id]
        if group_id is not None:
            within.append(lambda t: t.c.group_id == group_id)
        if self.at == "now":
            within.append(lambda t: t.c.left_at.is_(None))
        elif self.at == "ever":
            within.append(lambda t: or_(t.c.left_at.is_(None), t.c.left_at > t.c.joined_at))
        else:
            at = self.at
            within.append(lambda t: t.c.joined_at <= at)
            within.append(lambda t: or_(t.c.left_at.is_(None), t.c.left_at > at))
        return Listing(
            MEMBERSHIP,
            tuple(within),
            given(
                ranged("joined_at", self.joined),
                same("note_id", self.note_id),
                same("live_id", self.live_id),
                same("source_kind", self.source_kind),
                same("role", self.role),
                same("inviter_member_id", self.inviter_member_id),
                None if self.q is None else _nickname(brand_id, self.q),
            ),
        )


def _nickname(brand_id: int, query: Query) -> Filter:
    def holds(t: Any) -> Any:
        known = (
            select(MEMBER.c.nickname)
            .where(MEMBER.c.brand_id == brand_id, MEMBER.c.member_id == t.c.member_id)
            .correlate(t)
            .scalar_subquery()
        )
        return query.within(known)

    return Filter(holds, "member_id", found_by("member", "member_id", query), loose=True)


async def page(
    connection: AsyncConnection,
    brand_id: int,
    group_id: str,
    filters: MemberFilters,
    asked: Asked,
) -> tuple[list[Member], str | None]:
    """A page of memberships, and the cursor of the next."""
    listing = filters.listing(brand_id, group_id)
    found = await listing.page(connection, "members", ORDERS, asked)
    rows = found.rows
    people = {row.member_id for row in rows} | {row.inviter_member_id for row in rows}
    nicknames = await names_of(connection, brand_id, "member", people, "nickname")
    titles = await names_of(connection, brand_id, "note", (row.note_id for row in rows), "title")
    customers = await customers_of(connection, brand_id, "member", (row.member_id for row in rows))
    query = filters.q

    def item(row: Row[Any]) -> Member:
        nickname = nicknames.get(row.member_id)
        return Member(
            member_id=row.member_id,
            customer_id=customers.get(row.member_id),
            nickname=nickname,
            joined_at=row.joined_at,
            left_at=row.left_at,
            join_inferred=row.join_inferred,
            leave_inferred=row.leave_inferred,
            leave_reason=row.leave_reason,
            role=row.role,
            source_kind=row.source_kind,
            note_id=row.note_id,
            note_title=titles.get(row.note_id),
            live_id=row.live_id,
            inviter_member_id=row.inviter_member_id,
            inviter_nickname=nicknames.get(row.inviter_member_id),
            excerpt=query.excerpt(nickname or "") if query else UNSET,
        )

    return [item(row) for row in rows], found.next
