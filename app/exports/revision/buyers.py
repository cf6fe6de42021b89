"""The cohort behind the 30-day repurchase, in two revisions."""

from urllib.parse import quote

from app.exports.revision.before import Pair
from app.exports.revision.causes import Cause, Evidence, act
from app.exports.revision.change import Changes
from app.exports.revision.known import UNEXPLAINED, Known
from app.exports.revision.merge import Row
from app.exports.revision.reach import of_buyer
from app.exports.revision.refunds import explained
from app.exports.revision.tally import Tally

COLUMNS = (
    *("segment", "anchor_order_id", "anchor_at", "second_at", "second_order_id"),
    *("mature", "repeat"),
)
COUNTED = ("segment", "mature", "repeat")
HELD = 10_000


class Buyers:
    """Goes through the rows that differ. One first purchase under two names is one buyer's."""

    def __init__(self, pair: Pair, known: Known, changes: Changes, tally: Tally) -> None:
        self.pair = pair
        self.known = known
        self.changes = changes
        self.tally = tally
        self.found: list[tuple[Row | None, Row | None]] = []

    def read(self) -> None:
        """Hold the rows back, to pair them by their first purchases."""
        gone: dict[str, Row] = {}
        new: list[Row] = []
        for before, after in self.pair.differing():
            if before is not None and after is not None:
                self._hold(before, after)
            elif before is not None and len(gone) < HELD:
                gone[before["anchor_order_id"]] = before
            elif after is not None and len(new) < HELD:
                new.append(after)
            else:
                self._hold(before, after)
        for row in new:
            self._hold(gone.pop(row["anchor_order_id"], None), row)
        for row in gone.values():
            self._hold(row, None)

    def settle(self) -> None:
        """Tell of them, by all that is known."""
        for before, after in self.found:
            self._tell(before, after)
        self.found = []

    def _hold(self, before: Row | None, after: Row | None) -> None:
        if before is not None and after is not None:
            self.known.customer(before["customer_id"], after["customer_id"])
        if len(self.found) < 2 * HELD:
            self.found.append((before, after))
        else:
            self._tell(before, after)

    def _tell(self, before: Row | None, after: Row | None) -> None:
        rows = [row for row in (before, after) if row is not None]
        fields: list[str | None] = [None]
        if before is not None and after is not None:
            names = ("customer_id", *COLUMNS)
            fields = [name for name in names if before.get(name) != after.get(name)]
            if not fields:
                return
        counts = None in fields or any(field in COUNTED for field in fields)
        touches = of_buyer(*rows) if counts else set()
        for evidence in self._why(before, after):
            for field in fields:
                key = self.pair.spec.key
                self.changes.add(evidence, self.pair.spec.name, key, before, after, field)
            if evidence != UNEXPLAINED:
                self.tally.add(evidence, touches)

    def _why(self, before: Row | None, after: Row | None) -> list[Evidence]:
        """What changed a buyer: people, or purchases that are new, or that no longer count."""
        if before is not None and after is not None:
            other = self.known.customer(before["customer_id"], after["customer_id"])
            if other is not None:
                return [other]
        found: list[Evidence] = []
        was, now = _purchases(before), _purchases(after)
        for order_id in sorted(was ^ now):
            found += self._of_order(order_id)
        if found:
            return list(dict.fromkeys(found))
        for row in (after, before):
            if row is not None and (by := self.known.people.get(row["customer_id"])) is not None:
                return [by]
        if before is None or after is None:
            row = after or before or {}
            customer, anchor = row["customer_id"], row["anchor_order_id"]
            link = explained(anchor)
            return [
                self.known.by_setting("timezone") or Evidence("first_purchase", customer, link=link)
            ]
        if was != now:
            return [self._by_purchases(was, now)]
        if before.get("segment") != after.get("segment"):
            return self.known.stays.get(after["customer_id"]) or [self._segment(before, after)]
        return [self.known.at_last(UNEXPLAINED)]

    def _of_order(self, order_id: str) -> list[Evidence]:
        own = self.known.orders.get(order_id)
        return [own] if own is not None else self.known.refunds.get(order_id, [])

    def _by_purchases(self, was: set[str], now: set[str]) -> Evidence:
        """A purchase that is new is a late order; else one went that was there."""
        new = sorted(now - was)
        cause: Cause = "late_order" if new else "purchase_gone"
        order_id = new[0] if new else min(was - now)
        return Evidence(cause, order_id, order_id, explained(order_id))

    def _segment(self, before: Row, after: Row) -> Evidence:
        """The first purchase lies in a member cell now, or no longer does."""
        if self.known.settings or self.known.new_rules:
            return self.known.at_last(UNEXPLAINED)
        cause: Cause = "late_join" if after["segment"] == "group" else "late_leave"
        customer = after["customer_id"]
        link = f"/v1/customers/{quote(customer, safe='')}/timeline"
        return Evidence(cause, act(before["anchor_order_id"], customer), link=link)


def _purchases(row: Row | None) -> set[str]:
    if row is None:
        return set()
    return {row[name] for name in ("anchor_order_id", "second_order_id") if row.get(name)}
