"""Messages: how many the customer sent, in which groups, of which kind, when."""

from typing import Annotated, Any

from msgspec import UNSET, Meta, UnsetType
from sqlalchemy import ColumnElement, Select, any_, func, select

from app.crm.segments.condition import Clock, Counted, Found, Keys, Reads, When
from app.models.chat import MemberSpeech, Message
from app.models.people import Identity
from app.payloads import MessageKind

Kinds = Annotated[list[MessageKind], Meta(min_length=1)]


class Messages(Counted, frozen=True, kw_only=True):
    """How many messages the customer sent in groups, recalled or not, by any of its members."""

    when: When | UnsetType = UNSET
    group_ids: Keys | UnsetType = UNSET
    kinds: Kinds | UnsetType = UNSET

    @property
    def reads(self) -> set[Reads]:
        """Messages."""
        return {"messages"}

    def find(self, clock: Clock) -> Found:
        """The customers of whom it holds."""
        if self._asks_since():
            since = (
                []
                if self.when is UNSET
                else self.when.of_instants(clock, MemberSpeech.last_spoke_at)
            )
            return Found(self._customers(clock, MemberSpeech.member_id, *since), self.holds_at_zero)
        conditions = [*self._conditions(clock), *self._of_members(clock)]
        if self.asks_for_any:
            return Found(self._customers(clock, Message.member_id, *conditions))
        sent = (
            select(Message.member_id, func.count().label("messages"))
            .where(Message.brand_id == clock.brand_id, *conditions)
            .group_by(Message.member_id)
            .subquery("sent")
        )
        return self.grouped(
            Identity.customer_id,
            func.sum(sent.c.messages),
            [*clock.identities("member"), Identity.id == sent.c.member_id],
        )

    def _asks_since(self) -> bool:
        """Whether it only asks if there is one since some time: when each last spoke is kept."""
        ends = self.when is not UNSET and self.when.until is not UNSET
        plain = self.group_ids is UNSET and self.kinds is UNSET and not ends
        return plain and (self.asks_for_any or (self.at_least is UNSET and self.at_most == 0))

    def _customers(self, clock: Clock, member_id: Any, *conditions: Any) -> Select[Any]:
        return select(Identity.customer_id.label("customer_id")).where(
            *clock.identities("member"),
            Identity.id == member_id,
            member_id.class_.brand_id == clock.brand_id,
            *conditions,
        )

    def _conditions(self, clock: Clock) -> list[ColumnElement[bool]]:
        conditions: list[ColumnElement[bool]] = []
        if self.when is not UNSET:
            conditions += self.when.of_instants(clock, Message.sent_at)
        if self.group_ids is not UNSET:
            conditions.append(Message.group_id.in_(self.group_ids))
        if self.kinds is not UNSET:
            conditions.append(Message.kind.in_(self.kinds))
        return conditions

    def _of_members(self, clock: Clock) -> list[ColumnElement[bool]]:
        """Of few customers the messages are looked up, not gone through."""
        if clock.among is None:
            return []
        members = select(Identity.id).where(*clock.identities("member")).scalar_subquery()
        return [Message.member_id == any_(func.array(members))]
