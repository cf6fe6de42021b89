"""Which customers are asked for: by what they did, where they are, and what is said of them."""

from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any

import msgspec
from sqlalchemy import ColumnElement, Select, func, literal, or_, select
from sqlalchemy.ext.asyncio import AsyncConnection
from sqlalchemy.sql.expression import FromClause

from app.lists.condition import Range, found_by, given, ranged, same
from app.lists.listing import Filter
from app.lists.search import Query
from app.metrics.lifecycle import Stage, days_of, in_stage
from app.metrics.rfm import COLUMNS, Cuts, Measure, cuts_of, scored
from app.models.tables import metadata

IDENTITY = metadata.tables["identity"]
JOINING = metadata.tables["joining"]
MEMBER = metadata.tables["member"]
MEMBERSHIP = metadata.tables["membership"]
SPEECH = metadata.tables["member_speech"]
SEGMENT_MEMBER = metadata.tables["segment_member"]
TAGGING = metadata.tables["tagging"]


class CustomerFilters(msgspec.Struct, frozen=True):
    """What customers are asked for.

    `group_id`: in the group now. `note_id`: any of their memberships came by the note.
    `silent_since`: no message of theirs from that instant on. `q`: in a nickname. `now`: what
    lifecycles and scores are of, the present where it is left out.
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
    lifecycle: Stage | None = None
    scores: tuple[tuple[Measure, int], ...] = ()
    q: Query | None = None
    now: datetime | None = None

    def of(self, brand_id: int, rules: Sequence[Filter] = ()) -> tuple[Filter, ...]:
        """The conditions on the rows of `customer`; `rules` are those of the brand."""
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
            *rules,
        )

    async def rules(self, connection: AsyncConnection, brand_id: int) -> tuple[Filter, ...]:
        """The conditions that depend on the brand's rules, as these are now."""
        now = self.now or datetime.now(UTC)
        made: list[Filter] = []
        asked = self.lifecycle
        if asked is not None:
            days = await days_of(connection, brand_id)
            made.append(Filter(lambda t: in_stage(asked, t, days, now)))
        if self.scores:
            cuts = await cuts_of(connection, brand_id, now)
            made += [_scored(measure, cuts, score) for measure, score in self.scores]
        return tuple(made)

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
        # Of one person the few memberships are looked at, not the many of the note.
        theirs = func.coalesce(m.note_id, "") == self.note_id
        return _of_identity(brand_id, MEMBERSHIP, "member", m.member_id, theirs & lasted, came)

    def _tagged(self, brand_id: int) -> Filter | None:
        if self.tag_id is None:
            return None
        i, g = IDENTITY.c, TAGGING.c
        tagged = (
            select(i.customer_id)
            .join(TAGGING, (g.brand_id == i.brand_id) & (g.space == i.space) & (g.id == i.id))
            .where(i.brand_id == brand_id, g.brand_id == brand_id, g.tag_id == self.tag_id)
        )
        this = (g.tag_id == self.tag_id) & (g.space == i.space)
        return _of_identity(brand_id, TAGGING, None, g.id, this, tagged)

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
        s = SPEECH.c
        spoke = _with_identity(brand_id, "member", SPEECH, s.member_id).where(
            s.last_spoke_at >= since
        )

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
        hit = found_by("member", "member_id", query).subquery("named")
        led = (
            select(i.customer_id)
            .join(hit, hit.c.member_id == i.id)
            .where(i.brand_id == brand_id, i.space == "member")
        )
        said = query.within(m.nickname)
        return _of_identity(brand_id, MEMBER, "member", m.member_id, said, led, loose=True)


def _scored(measure: Measure, cuts: Cuts, score: int) -> Filter:
    return Filter(lambda t: scored(measure, t, cuts, score, score), COLUMNS[measure])


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


def _of_identity(
    brand_id: int,
    table: FromClause,
    space: str | None,
    id_: ColumnElement[Any],
    condition: ColumnElement[bool],
    these: Select[Any],
    loose: bool = False,
) -> Filter:
    """An identity of the customer's has a row of a table; `these` are all such customers."""
    i = IDENTITY.c
    one = (
        select(literal(True))
        .select_from(table)
        .where(table.c.brand_id == brand_id, id_ == i.id, condition)
        .limit(1)
        .correlate(IDENTITY)
        .scalar_subquery()
    )

    def holds(t: Any) -> ColumnElement[bool]:
        own = select(literal(True)).where(
            i.brand_id == brand_id, i.customer_id == t.c.customer_id, one.is_not(None)
        )
        if space is not None:
            own = own.where(i.space == space)
        # Look-ups one inside the other: as a join it may begin with all rows of the condition.
        return own.limit(1).correlate(t).scalar_subquery().is_not(None)

    return Filter(holds, "customer_id", these, loose)


def _among(these: Select[Any], customer_id: ColumnElement[Any]) -> Filter:
    """The customer is one of these."""

    def holds(t: Any) -> ColumnElement[bool]:
        # A scalar subquery stays a look-up by customer, where EXISTS may become a join of all.
        one = these.where(customer_id == t.c.customer_id).limit(1).correlate(t).scalar_subquery()
        return one.is_not(None)

    return Filter(holds, "customer_id", these)


def _owns(brand_id: int, space: str, id_: str | None) -> Filter | None:
    if id_ is None:
        return None
    i = IDENTITY.c
    owner = select(i.customer_id).where(i.brand_id == brand_id, i.space == space, i.id == id_)
    return _among(owner, i.customer_id)
