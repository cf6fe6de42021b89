"""What the rows looked at so far have shown, for those that only follow from them."""

import re
from collections.abc import Collection, Sequence
from datetime import datetime
from typing import Any
from urllib.parse import quote

from app.exports.revision.causes import Evidence, act

MOST = 50_000
"""So much is remembered of each kind: a machine's memory is none of what grows with a table."""

_surrogate = re.compile(r"(?:[mb]:)?erased-([a-z2-9]{12})-[0-9]+")

Joining = tuple[str, str, datetime]


class Known:
    """What happened, by order, by membership, by customer.

    settings: names of those that differ. windows: of both revisions, where the days begin at
    other instants.
    """

    def __init__(
        self,
        settings: Collection[str] = (),
        new_rules: bool = False,
        windows: Sequence[tuple[datetime, datetime]] = (),
    ) -> None:
        self.settings = settings
        self.new_rules = new_rules
        self.windows = windows
        self.joinings: dict[Joining, Evidence] = {}
        self.stays: dict[str, list[Evidence]] = {}
        self.refunds: dict[str, list[Evidence]] = {}
        self.orders: dict[str, Evidence] = {}
        self.people: dict[str, Evidence] = {}
        self.purchases: dict[str, list[Evidence]] = {}

    def remember(self, where: dict[Any, list[Evidence]], key: Any, evidence: Evidence) -> None:
        """Keep it under a key, while there is room."""
        if key is not None and len(where) < MOST:
            kept = where.setdefault(key, [])
            if evidence not in kept:
                kept.append(evidence)

    def by_setting(self, *names: str) -> Evidence | None:
        """The first of these settings that is another one."""
        found = next((name for name in names if name in self.settings), None)
        return None if found is None else setting(found)

    def at_last(self, otherwise: Evidence) -> Evidence:
        """What is left where no row says why: other settings, other rules, or else this."""
        if self.settings:
            return setting(sorted(self.settings)[0])
        return Evidence("rule_version", "rule_version") if self.new_rules else otherwise

    def outside(self, at: datetime | None) -> Evidence | None:
        """Where the days begin at other instants than before: whether that moved it in or out."""
        if at is None or all(start <= at < end for start, end in self.windows):
            return None
        return self.by_setting("timezone")

    def customer(self, before: str | None, after: str | None) -> Evidence | None:
        """Why a row is another customer's: people were joined or parted, or somebody erased.

        A customer's id is the smallest of its identities, a member's before a buyer's: so it
        becomes smaller where people are joined, and larger where they are parted.
        """
        if before == after or before is None or after is None:
            return None
        if (token := erased(after)) and not erased(before):
            return Evidence("erased", token)
        if (by := self.by_setting("identity_mode")) is not None:
            return by
        if _rank(after) < _rank(before):
            return self._people("people_joined", before, after)
        return self._people("people_parted", after, before)

    def _people(self, cause: Any, part: str, whole: str) -> Evidence:
        found = Evidence(cause, act(part, whole), link=f"/v1/customers/{quote(whole, safe='')}")
        if len(self.people) < MOST:
            self.people.setdefault(whole, found)
            self.people.setdefault(part, found)
        return found


UNEXPLAINED = Evidence("unexplained", "")


def setting(name: str) -> Evidence:
    """That a setting is another one."""
    return Evidence("setting", name, name)


def erased(id_: str | None) -> str | None:
    """What the surrogates of one erasure have in common; None for an id that is none."""
    found = None if id_ is None else _surrogate.fullmatch(id_)
    return None if found is None else found[1]


def _rank(customer: str) -> tuple[bool, str]:
    return not customer.startswith("m:"), customer
