"""Whom a batch concerns, and by which of its events."""

from collections.abc import Iterable, Set
from datetime import datetime
from typing import Any

import msgspec

from app.projection.apply import Arrival
from app.projection.attributes import Change
from app.projection.batch import SPACES, Batch, EventKey, Key, MembershipLine, Space
from app.projection.entities import Entities

MOST_CAUSES = 5


class Told(msgspec.Struct, frozen=True):
    """An event of the batch, and when it was received."""

    arrival: Arrival
    received_at: datetime


class Concerned:
    """Collects persons and customers with the events that concern them, the first ones."""

    def __init__(self, batch: Batch, events: dict[EventKey, Told]) -> None:
        self.batch = batch
        self.events = events
        self.people: dict[tuple[Space, str], list[EventKey]] = {}
        self.customers: dict[str, list[EventKey]] = {}
        self._texts: dict[EventKey, str] = {}

    def by_memberships(self, changed: set[tuple[str, str]]) -> None:
        """The members whose intervals changed, by the lines about them or their whole group.

        Or else by any of the group: a late join can let a snapshot close somebody else's.
        """
        if not changed:
            return
        lines: dict[tuple[str, str | None], list[MembershipLine]] = {}
        of_group: dict[str, list[MembershipLine]] = {}
        for line in self.batch.memberships:
            lines.setdefault((line.group_id, line.member_id), []).append(line)
            of_group.setdefault(line.group_id, []).append(line)
        for group_id, member_id in sorted(changed):
            told = (*lines.get((group_id, member_id), ()), *lines.get((group_id, None), ()))
            keys = [(line.event_id, line.event_source) for line in told or of_group[group_id]]
            self._add("member", member_id, keys)

    def by_clicks(self) -> None:
        """The members who clicked."""
        for click in self.batch.clicks:
            self._add("member", click.member_id, [(click.event_id, click.event_source)])

    def by_views(self) -> None:
        """The members who came to a live."""
        for view in self.batch.views:
            self._add("member", view.member_id, [(view.event_id, view.event_source)])

    def by_orders(self, orders: dict[Key, Change]) -> None:
        """The buyers of orders that changed, before and after."""
        for key, change in orders.items():
            rows = (row for row in (change.before, change.after) if row is not None)
            for buyer in {row.values["buyer_id"] for row in rows if "buyer_id" in row.values}:
                self._add("buyer", buyer, self._told(key))

    def by_refunds(self, refunds: dict[Key, Change], buyers: dict[str, str]) -> None:
        """The buyers, by order, of refunds that changed."""
        for key in refunds:
            if key[0] in buyers:
                self._add("buyer", buyers[key[0]], self._told(key))

    def by_names(self, new: Iterable[tuple[Space, str]]) -> None:
        """Who is named for the first time. That alone moves no number, so no event is told."""
        for identity in new:
            self.people.setdefault(identity, [])

    def by_merges(self, merged: Set[str]) -> None:
        """Customers that became one: by links or, where there are none, by who named their ids."""
        if not merged:
            return
        for (member_id, buyer_id), key in self.batch.links.items():
            self._add("member", member_id, [key])
            self._add("buyer", buyer_id, [key])
        linked = list(self.batch.links.values())
        named = self.batch.identities
        for customer in merged:
            keys: list[EventKey] = []
            for space in SPACES:
                identity = (space, customer[2:])
                if identity in named and not linked:
                    keys += self.people.get(identity) or [named[identity]]
            # One that no event of the batch names was merged by a chain of others.
            self.customers[customer] = (keys or linked or [self.batch.event])[:MOST_CAUSES]

    def parameters(self) -> dict[str, Any]:
        """As the parameters of mark_customers.sql: one array a column."""
        people, customers = sorted(self.people), sorted(self.customers)
        return {
            "spaces": [space for space, _ in people],
            "ids": [id_ for _, id_ in people],
            "causes": [self._json(self.people[person]) for person in people],
            "customers": customers,
            "customer_causes": [self._json(self.customers[customer]) for customer in customers],
        }

    def _told(self, key: Key) -> list[EventKey]:
        """The events that spoke of an order (key of one id) or a refund (of two)."""
        kind = Entities.ORDER if len(key) == 1 else Entities.REFUND
        return [seen.stamp[1:] for seen in self.batch.entities[kind][key]]

    def _add(self, space: Space, id_: str, keys: Iterable[EventKey]) -> None:
        known = self.people.setdefault((space, id_), [])
        for key in keys:
            if len(known) == MOST_CAUSES:
                return
            if key not in known:
                known.append(key)

    def _json(self, keys: list[EventKey]) -> str | None:
        return ",".join([self._text(key) for key in keys]) or None

    def _text(self, key: EventKey) -> str:
        """An event as it is told to whoever asks why a number moved; see app/derive/stale.py."""
        text = self._texts.get(key)
        if text is None:
            told = self.events[key]
            event = told.arrival.event
            cause = {
                "type": type(event).__struct_config__.tag,
                "id": key[0],
                "source": key[1],
                "received_at": told.received_at,
            }
            order_id = getattr(event.data, "order_id", None)
            if order_id is not None:
                cause["order_id"] = order_id
            text = self._texts[key] = msgspec.json.encode(cause).decode()
        return text
