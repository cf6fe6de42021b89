"""What a batch of events says, sorted by the table that it goes to."""

from collections import defaultdict
from datetime import datetime
from typing import Any, Literal

import msgspec

from app.payloads import Card, JoinSource, MessageData
from app.projection.entities import Entities, Stamp

Key = tuple[str, ...]
EventKey = tuple[str, str]
"""Which event: (its id, its source)."""
Space = Literal["member", "buyer"]
SPACES: tuple[Space, ...] = ("member", "buyer")


class Observation(msgspec.Struct, frozen=True):
    """What one event says of one entity: values by column, and times by column."""

    stamp: Stamp
    values: dict[str, Any]
    times: dict[str, datetime]


class Saying(msgspec.Struct, frozen=True, gc=False):
    """What one event says of a message: how it was `sent` or, without that, its recall."""

    stamp: Stamp
    at: datetime
    sent: MessageData | None


class MembershipLine(msgspec.Struct, frozen=True, kw_only=True):
    """One line of a group's history; `member_id` is None for what concerns all members."""

    group_id: str
    at: datetime
    event_id: str
    event_source: str
    kind: Literal["leave", "dismissal", "join", "snapshot"]
    member_id: str | None = None
    member_ids: list[str] | None = None
    source: JoinSource | None = None
    role: str | None = None
    reason: str | None = None


class Click(msgspec.Struct, frozen=True):
    """One click, keyed by its event."""

    event_id: str
    event_source: str
    group_id: str
    member_id: str
    clicked_at: datetime
    message_id: str | None
    card: Card


class View(msgspec.Struct, frozen=True):
    """One arrival in a live, keyed by its event."""

    event_id: str
    event_source: str
    live_id: str
    member_id: str
    group_id: str | None
    viewed_at: datetime


class Measurement(msgspec.Struct, frozen=True):
    """One reading of a note's totals, keyed by its event."""

    event_id: str
    event_source: str
    note_id: str
    measured_at: datetime
    totals: dict[str, int | None]


class Batch:
    """The collected contents of the events of one transaction."""

    def __init__(self) -> None:
        self.entities: dict[Entities, dict[Key, list[Observation]]] = defaultdict(dict)
        self.messages: dict[Key, list[Saying]] = {}
        self.memberships: list[MembershipLine] = []
        self.clicks: list[Click] = []
        self.views: list[View] = []
        self.measurements: list[Measurement] = []
        self.live_ends: set[tuple[str, datetime]] = set()
        # Of these, each with the event that told it first.
        self.identities: dict[tuple[Space, str], EventKey] = {}
        self.links: dict[tuple[str, str], EventKey] = {}
        self.event: EventKey = ("", "")

    def see(
        self,
        entity: Entities,
        key: Key,
        stamp: Stamp,
        values: dict[str, Any] | None = None,
        times: dict[str, datetime] | None = None,
    ) -> None:
        """Note what an event says of an entity; a value of None is absent."""
        present = {k: v for k, v in (values or {}).items() if v is not None}
        self.entities[entity].setdefault(key, []).append(Observation(stamp, present, times or {}))

    def name(self, entity: Entities, *ids: str | None) -> None:
        """Note that entities exist, because an event names them."""
        for id_ in ids:
            if id_ is not None:
                self.entities[entity].setdefault((id_,), [])

    def person(self, space: Space, *ids: str | None) -> None:
        """Note that member ids or buyer ids are named."""
        for id_ in ids:
            if id_ is not None:
                self.identities.setdefault((space, id_), self.event)
