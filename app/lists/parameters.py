"""By what each list is filtered: the parameters of its route, which exports of it take as well."""

from datetime import datetime, timedelta
from typing import Annotated, Any, Literal

import msgspec
from msgspec import Meta

from app.lists.condition import Range
from app.lists.creators import CreatorFilters, CreatorKind
from app.lists.credited import OrderCell, OrderFilters, OrderKind, OrderStatus, Refunded
from app.lists.groups import GroupFilters
from app.lists.lives import LiveFilters
from app.lists.members import MemberFilters
from app.lists.moments import Moments
from app.lists.notes import NoteFilters
from app.lists.people import CustomerFilters
from app.lists.search import Query, asked
from app.metrics.lifecycle import Stage
from app.metrics.rfm import MEASURES
from app.payloads import SourceKind

Id = Annotated[str, Meta(max_length=300)]
Words = Annotated[str, Meta(min_length=1, max_length=100)]
Number = Annotated[int, Meta(ge=-(2**53), le=2**53)]
Score = Annotated[int, Meta(ge=1, le=5)]
Days = Annotated[int, Meta(ge=1, le=3_650)]

Role = Literal["owner", "admin", "member"]


class Parameters(
    msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, omit_defaults=True
):
    """What is left out filters nothing; `…_from` is included, `…_until` is not."""

    @property
    def dates(self) -> tuple[str | None, ...]:
        """What was given as a local date or an instant."""
        ends = ("_from", "_until")
        return tuple(getattr(self, name) for name in self.__struct_fields__ if name.endswith(ends))

    def filters(self, reader: Moments) -> Any:
        """What is asked for, as the list has it.

        Raises:
            BadParameter: where a date or an instant is none.
        """
        raise NotImplementedError


class OrderParameters(Parameters, frozen=True):
    """Of GET /v1/orders."""

    status: OrderStatus | None = None
    kind: OrderKind | None = None
    customer_id: Id | None = None
    buyer_id: Id | None = None
    cell: OrderCell | None = None
    refunded: Refunded | None = None
    group_id: Id | None = None
    note_id: Id | None = None
    creator_id: Id | None = None
    live_id: Id | None = None
    paid_from: str | None = None
    paid_until: str | None = None
    placed_from: str | None = None
    placed_until: str | None = None
    min_amount: Number | None = None
    max_amount: Number | None = None

    def filters(self, reader: Moments) -> OrderFilters:
        """Which orders are asked for."""
        return OrderFilters(
            status=self.status,
            kind=self.kind,
            customer_id=self.customer_id,
            buyer_id=self.buyer_id,
            cell=self.cell,
            refunded=self.refunded,
            group_id=self.group_id,
            note_id=self.note_id,
            creator_id=self.creator_id,
            live_id=self.live_id,
            paid=reader.range("paid", self.paid_from, self.paid_until),
            placed=reader.range("placed", self.placed_from, self.placed_until),
            amount=_up_to(self.min_amount, self.max_amount),
        )


class CustomerParameters(Parameters, frozen=True):
    """Of GET /v1/customers."""

    is_member: bool | None = None
    joined_from: str | None = None
    joined_until: str | None = None
    first_paid_from: str | None = None
    first_paid_until: str | None = None
    last_paid_from: str | None = None
    last_paid_until: str | None = None
    min_net: Number | None = None
    max_net: Number | None = None
    min_purchase_days: Number | None = None
    group_id: Id | None = None
    note_id: Id | None = None
    tag_id: Id | None = None
    segment_id: Id | None = None
    member_id: Id | None = None
    buyer_id: Id | None = None
    silent_days: Days | None = None
    lifecycle: Stage | None = None
    recency: Score | None = None
    frequency: Score | None = None
    monetary: Score | None = None
    q: Words | None = None

    def filters(self, reader: Moments) -> CustomerFilters:
        """Which customers are asked for."""
        days = self.silent_days
        scores = zip(MEASURES, (self.recency, self.frequency, self.monetary), strict=True)
        return CustomerFilters(
            is_member=self.is_member,
            joined=reader.range("joined", self.joined_from, self.joined_until),
            first_paid=reader.range("first_paid", self.first_paid_from, self.first_paid_until),
            last_paid=reader.range("last_paid", self.last_paid_from, self.last_paid_until),
            net=_up_to(self.min_net, self.max_net),
            purchase_days=Range(self.min_purchase_days),
            group_id=self.group_id,
            note_id=self.note_id,
            tag_id=self.tag_id,
            segment_id=self.segment_id,
            member_id=self.member_id,
            buyer_id=self.buyer_id,
            silent_since=None if days is None else reader.now - timedelta(days=days),
            lifecycle=self.lifecycle,
            scores=tuple((measure, score) for measure, score in scores if score is not None),
            q=query(self.q),
            now=reader.now,
        )


class MemberParameters(Parameters, frozen=True):
    """Of GET /v1/groups/{group_id}/members; those of all groups where none is named."""

    group_id: Id | None = None
    at: str = "now"
    joined_from: str | None = None
    joined_until: str | None = None
    note_id: Id | None = None
    live_id: Id | None = None
    source_kind: SourceKind | None = None
    role: Role | None = None
    inviter_member_id: Id | None = None
    q: Words | None = None

    def filters(self, reader: Moments) -> MemberFilters:
        """Which memberships are asked for."""
        when: datetime | Literal["now", "ever"]
        when = "now" if self.at == "now" else "ever" if self.at == "ever" else reader.at(self.at)
        return MemberFilters(
            at=when,
            joined=reader.range("joined", self.joined_from, self.joined_until),
            note_id=self.note_id,
            live_id=self.live_id,
            source_kind=self.source_kind,
            role=self.role,
            inviter_member_id=self.inviter_member_id,
            q=query(self.q),
        )


class GroupParameters(Parameters, frozen=True):
    """Of GET /v1/groups."""

    owner_member_id: Id | None = None
    q: Words | None = None

    def filters(self, reader: Moments) -> GroupFilters:
        """Which groups are asked for."""
        return GroupFilters(owner_member_id=self.owner_member_id, q=query(self.q))


class NoteParameters(Parameters, frozen=True):
    """Of GET /v1/notes."""

    creator_id: Id | None = None
    mcn: Id | None = None
    group_id: Id | None = None
    published_from: str | None = None
    published_until: str | None = None
    q: Words | None = None

    def filters(self, reader: Moments) -> NoteFilters:
        """Which notes are asked for."""
        return NoteFilters(
            creator_id=self.creator_id,
            mcn=self.mcn,
            group_id=self.group_id,
            published=reader.range("published", self.published_from, self.published_until),
            q=query(self.q),
        )


class CreatorParameters(Parameters, frozen=True):
    """Of GET /v1/creators."""

    kind: CreatorKind | None = None
    mcn: Id | None = None
    q: Words | None = None

    def filters(self, reader: Moments) -> CreatorFilters:
        """Which creators are asked for."""
        return CreatorFilters(kind=self.kind, mcn=self.mcn, q=query(self.q))


class LiveParameters(Parameters, frozen=True):
    """Of GET /v1/lives."""

    creator_id: Id | None = None
    mcn: Id | None = None
    running: bool | None = None
    started_from: str | None = None
    started_until: str | None = None
    q: Words | None = None

    def filters(self, reader: Moments) -> LiveFilters:
        """Which lives are asked for."""
        return LiveFilters(
            creator_id=self.creator_id,
            mcn=self.mcn,
            running=self.running,
            started=reader.range("started", self.started_from, self.started_until),
            q=query(self.q),
        )


def query(q: str | None) -> Query | None:
    """What is searched; None where nothing is."""
    return None if q is None else asked(q)


def _up_to(least: int | None, most: int | None) -> Range:
    """Both are included."""
    return Range(least, None if most is None else most + 1)
