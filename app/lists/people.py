"""Which customers are asked for: by what they did, where they are, and what is said of them."""

from datetime import datetime
from typing import Any

import msgspec
from sqlalchemy import ColumnElement, Select, or_, select
from sqlalchemy.sql.expression import FromClause

from app.lists.condition import Range, found_by, given, ranged, same
from app.lists.listing import Filter
from app.lists.search import Query
from app.models.tables import metadata

IDENTITY = metadata.tables["identity"]
JOINING = metadata.tables["joining"]
MEMBER = metadata.tables["member"]
MEMBERSHIP = metadata.tables["membership"]
MESSAGE = metadata.tables["message"]
SEGMENT_MEMBER = metadata.tables["segment_member"]
TAGGING = metadata.tables["tagging"]


class CustomerFilters(msgspec.Struct, frozen=True):
    """What customers are asked for.

    `group_id`: in the group now. `note_id`: any of their memberships came by the note.
    `silent_since`: no message of theirs from that instant on. `q`: in a nickname.
    """

    is_member: bool | None = None
    joined: Range = Range()
    first_paid: Range = Range()
    last_paid: Range = Range()
    net: Range = Range()
    purchase_days: Range = Range()
    group_id: str | None = None
    note_id: str | None = None
    tag_id: str | None = None
    segment_id: str | None = None
    member_id: str | None = None
    buyer_id: str | None = None
    silent_since: datetime | None = None
    q: Query | None = None

    def of(self, brand_id: int) -> tuple[Filter, ...]:
        """The conditions on the rows of `customer`."""
        return given(
            same("is_member", self.is_member),
            ranged("first_joined_at", self.joined),
            ranged("first_paid_at", self.first_paid),
            ranged("last_paid_at", self.last_paid),
            ranged("net", self.net),
            ranged("purchase_days", self.purchase_days),
            self._in_group(brand_id),
            self._by_note(brand_id),
            self._tagged(brand_id),
            self._in_segment(brand_id),
            _owns(brand_id, "member", self.member_id),
            _owns(brand_id, "buyer", self.buyer_id),
            self._silent(brand_id),
            self._named(brand_id),
        )

    def _in_group(self, brand_id: int) -> Filter | None:
        if self.group_id is None:
            return None
        j = JOINING.c
        there = select(j.customer_id).where(
            j.brand_id == brand_id, j.group_id == self.group_id, j.left_at.is_(None)
        )
        return _among(there, j.customer_id)

    def _by_note(self, brand_id: int) -> Filter | None:
        if self.note_id is None:
            return None
        m = MEMBERSHIP.c
        lasted = or_(m.left_at.is_(None), m.left_at > m.joined_at)
        came = _with_identity(brand_id, "member", MEMBERSHIP, m.member_id).where(
            m.note_id == self.note_id, m.note_id.is_not(None), lasted
        )
        return _among(came, IDENTITY.c.customer_id)

    def _tagged(self, brand_id: int) -> Filter | None:
        if self.tag_id is None:
            return None
        i, g = IDENTITY.c, TAGGING.c
        tagged = (
            select(i.customer_id)
            .join(TAGGING, (g.brand_id == i.brand_id) & (g.space == i.space) & (g.id == i.id))
            .where(i.brand_id == brand_id, g.brand_id == brand_id, g.tag_id == self.tag_id)
        )
        return _among(tagged, i.customer_id)

    def _in_segment(self, brand_id: int) -> Filter | None:
        if self.segment_id is None:
            return None
        s = SEGMENT_MEMBER.c
        inside = select(s.customer_id).where(
            s.brand_id == brand_id, s.segment_id == self.segment_id
        )
        return _among(inside, s.customer_id)

    def _silent(self, brand_id: int) -> Filter | None:
        since = self.silent_since
        if since is None:
            return None
        m = MESSAGE.c
        spoke = _with_identity(brand_id, "member", MESSAGE, m.member_id).where(m.sent_at >= since)

        def holds(t: Any) -> ColumnElement[bool]:
            first = (
                spoke.where(IDENTITY.c.customer_id == t.c.customer_id)
                .limit(1)
                .correlate(t)
                .scalar_subquery()
            )
            return first.is_(None)

        return Filter(holds)

    def _named(self, brand_id: int) -> Filter | None:
        query = self.q
        if query is None:
            return None
        m, i = MEMBER.c, IDENTITY.c
        named = _with_identity(brand_id, "member", MEMBER, m.member_id).where(
            query.within(m.nickname)
        )
        hit = found_by("member", "member_id", query).subquery("named")
        led = (
            select(i.customer_id)
            .join(hit, hit.c.member_id == i.id)
            .where(i.brand_id == brand_id, i.space == "member")
        )
        return _among(named, i.customer_id, led)


def _with_identity(
    brand_id: int, space: str, table: FromClause, id_: ColumnElement[Any]
) -> Select[Any]:
    """The customers of a table's rows, by the identity that these are of."""
    i = IDENTITY.c
    return (
        select(i.customer_id)
        .join(table, (table.c.brand_id == i.brand_id) & (id_ == i.id))
        .where(i.brand_id == brand_id, table.c.brand_id == brand_id, i.space == space)
    )


def _among(
    these: Select[Any], customer_id: ColumnElement[Any], led: Select[Any] | None = None
) -> Filter:
    """The customer is one of these; `led` gives them and maybe more, sooner."""

    def holds(t: Any) -> ColumnElement[bool]:
        # A scalar subquery stays a look-up by customer, where EXISTS may become a join of all.
        one = these.where(customer_id == t.c.customer_id).limit(1).correlate(t).scalar_subquery()
        return one.is_not(None)

    return Filter(holds, "customer_id", these if led is None else led, loose=led is not None)


def _owns(brand_id: int, space: str, id_: str | None) -> Filter | None:
    if id_ is None:
        return None
    i = IDENTITY.c
    owner = select(i.customer_id).where(i.brand_id == brand_id, i.space == space, i.id == id_)
    return _among(owner, i.customer_id)
