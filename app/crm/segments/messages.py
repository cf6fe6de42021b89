"""Messages: how many the customer sent, in which groups, of which kind, when."""

from typing import Annotated, Any

from msgspec import UNSET, Meta, UnsetType
from sqlalchemy import ColumnElement, func, select, true

from app.crm.segments.condition import Clock, Counted, Found, Keys, When
from app.derive.touched import Touched
from app.models.chat import ChatGroup, Message
from app.models.people import Identity
from app.payloads import MessageKind

Kinds = Annotated[list[MessageKind], Meta(min_length=1)]


class Messages(Counted, frozen=True, kw_only=True):
    """How many messages the customer sent in groups, recalled or not, by any of its members."""

    when: When | UnsetType = UNSET
    group_ids: Keys | UnsetType = UNSET
    kinds: Kinds | UnsetType = UNSET

    @property
    def reads(self) -> set[Touched]:
        """Messages."""
        return {"messages"}

    def find(self, clock: Clock) -> Found:
        """The customers of whom it holds."""
        sent = self._by_member(clock)
        key = Identity.customer_id
        conditions = [*clock.identities("member"), Identity.id == sent.c.member_id]
        if self.asks_for_any:
            return Found(select(key.label("customer_id")).where(*conditions))
        return self.grouped(key, func.sum(sent.c.messages), conditions)

    def _by_member(self, clock: Clock) -> Any:
        """Counts by member, group by group: the index of messages in time is by group."""
        conditions: list[ColumnElement[bool]] = [
            Message.brand_id == clock.brand_id,
            Message.sent_at.is_not(None),
        ]
        groups: list[ColumnElement[bool]] = [ChatGroup.brand_id == clock.brand_id]
        if self.group_ids is not UNSET:
            groups.append(ChatGroup.group_id.in_(self.group_ids))
        if self.when is not UNSET:
            conditions += self.when.of_instants(clock, Message.sent_at)
        if self.kinds is not UNSET:
            conditions.append(Message.kind.in_(self.kinds))
        if clock.among is not None:
            members = select(Identity.id).where(*clock.identities("member"))
            conditions.append(Message.member_id == func.any(func.array(members.scalar_subquery())))
        said = (
            select(Message.member_id, func.count().label("messages"))
            .where(*conditions, Message.group_id == ChatGroup.group_id)
            .group_by(Message.member_id)
            .lateral("said")
        )
        return (
            select(said.c.member_id, said.c.messages)
            .select_from(ChatGroup)
            .join(said, true())
            .where(*groups)
            .subquery("sent")
        )
