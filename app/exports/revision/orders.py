"""Orders of two revisions: late ones, corrections, and why others are credited otherwise."""

from collections.abc import Iterable
from typing import Any

from app.exports.revision.before import Pair
from app.exports.revision.causes import Cause, Evidence, act
from app.exports.revision.change import Changes
from app.exports.revision.known import MOST, Known, erased
from app.exports.revision.memberships import by_creator
from app.exports.revision.merge import Row
from app.exports.revision.reach import of_credit, of_order, of_refunded
from app.exports.revision.refunds import explained
from app.exports.revision.tally import Tally, Touch

OWN = ("amount", "kind", "paid_at", "buyer_id")
CREDIT = (
    *("cell", "reason", "group_id", "note_id", "first_note_id", "creator_id", "mcn", "live_id"),
    *("source_kind", "matched", "member_id", "joined_at", "click_event_id", "click_source"),
)
COLUMNS = ("customer_id", "refunded", *OWN, *CREDIT)
MEMBER_CELLS = ("member_and_touch", "member_only")
HELD = 4_000


class Orders:
    """Goes through the rows that differ. Those whose reason only other rows may show wait."""

    def __init__(self, pair: Pair, known: Known, changes: Changes, tally: Tally) -> None:
        self.pair = pair
        self.known = known
        self.changes = changes
        self.tally = tally
        self.waiting: list[tuple[Row, Row]] = []

    def read(self) -> None:
        for before, after in self.pair.differing():
            if before is None or after is None:
                self._one(before, after)
                continue
            self._own(before, after)
            self._refunded(before, after)
            if any(before.get(name) != after.get(name) for name in (*CREDIT, "customer_id")):
                self.waiting.append((before, after))
                self.known.customer(before.get("customer_id"), after.get("customer_id"))
            if len(self.waiting) > HELD:
                self.settle()

    def settle(self) -> None:
        """Tell of the credits, by what is known now."""
        for before, after in self.waiting:
            self._credit(before, after)
        self.waiting = []

    def _one(self, before: Row | None, after: Row | None) -> None:
        row = after or before or {}
        cause: Cause = "late_order" if before is None else "order_gone"
        evidence = self.known.outside(row["paid_at"]) or _of(cause, row)
        touches = of_order(row)
        self._tell(evidence, before, after, [None], touches, once=evidence.cause == cause)
        self._remember(row, evidence)

    def _own(self, before: Row, after: Row) -> None:
        fields = [name for name in OWN if before.get(name) != after.get(name)]
        if "buyer_id" in fields and erased(after.get("buyer_id")):
            fields.remove("buyer_id")
        if fields:
            evidence = _of("order_corrected", after)
            touches: set[Touch] = {("match",)}
            if fields != ["buyer_id"]:
                touches = of_order(before, after)
            self._tell(evidence, before, after, fields, touches, once=True)
            self._remember(after, evidence)

    def _refunded(self, before: Row, after: Row) -> None:
        if before.get("refunded") == after.get("refunded"):
            return
        touches = of_refunded(before, after)
        refunds = self.known.refunds.get(after["order_id"], ())
        for evidence in refunds:
            self.tally.add(evidence, touches)
            self.known.remember(self.known.purchases, after.get("customer_id"), evidence)
        if not refunds and before.get("amount") == after.get("amount"):
            evidence = _of("refund_corrected", after)
            self._tell(evidence, before, after, ["refunded"], touches)

    def _credit(self, before: Row, after: Row) -> None:
        """Tell of each field why it is another; what one cause explains is told together."""
        told: dict[Evidence, list[str]] = {}
        for field in ("customer_id", *CREDIT):
            if before.get(field) != after.get(field):
                for evidence in self._why(field, before, after):
                    told.setdefault(evidence, []).append(field)
        touches = of_credit(before, after)
        for evidence, fields in told.items():
            self._tell(evidence, before, after, fields, touches)
            if "customer_id" in fields and evidence.cause != "erased":
                for row in (before, after):
                    self.known.remember(self.known.purchases, row.get("customer_id"), evidence)

    def _why(self, field: str, before: Row, after: Row) -> list[Evidence]:
        """What changed a field of a credit, as the row shows it or else the rows it rests on."""
        other = self.known.customer(before.get("customer_id"), after.get("customer_id"))
        if field == "customer_id" or (other is not None and other.cause != "erased"):
            return [other or _of("order_corrected", after)]
        if any(before.get(name) != after.get(name) for name in ("paid_at", "buyer_id", "kind")):
            return [_of("order_corrected", after)] if other is None else [other]
        if field in ("click_event_id", "click_source"):
            return [self._click(before, after)]
        if field in ("first_note_id", "matched"):
            return self._customer(after) or [self.known.at_last(_of("credited_otherwise", after))]
        if field == "live_id":
            return [
                self.known.by_setting("live_grace_hours")
                or self.known.at_last(_of("credited_otherwise", after))
            ]
        if field in ("creator_id", "mcn") and (by := by_creator(before, after)) is not None:
            return [by[0]]
        found = list(dict.fromkeys((*self._touch(before, after), *self._stay(before, after))))
        return found or [
            self.known.at_last(_of("credited_otherwise", after)) if other is None else other
        ]

    def _touch(self, before: Row, after: Row) -> list[Evidence]:
        """Where the order is touched otherwise: by what it says itself, or by a click."""
        reasons = (before.get("reason"), after.get("reason"))
        if reasons[0] != reasons[1] and "touch_by_order" in reasons:
            return [_of("order_corrected", after)]
        if before.get("click_event_id") != after.get("click_event_id"):
            return [self._click(before, after)]
        return []

    def _click(self, before: Row, after: Row) -> Evidence:
        if after.get("click_event_id") is None and after.get("reason") == "touch_by_order":
            return _of("order_corrected", after)
        if (by := self.known.by_setting("touch_hours")) is not None:
            return by
        gone, new = before.get("click_event_id"), after.get("click_event_id")
        click = gone if new is None else new
        link = explained(after["order_id"])
        return Evidence("click_gone" if new is None else "late_click", f"{click}", link=link)

    def _stay(self, before: Row, after: Row) -> list[Evidence]:
        """Where the order rests on another membership, or one of another source."""
        was, now = _membership(before), _membership(after)
        if _is_member(before) == _is_member(after) and was == now:
            own = self.known.joinings.get(now) if now is not None else None
            return [own] if own is not None and own.cause == "source_changed" else []
        rows = [self.known.joinings.get(each) for each in (now, was) if each is not None]
        found = [each for each in rows if each is not None]
        if found or (found := self._customer(after)):
            return found
        if was is not None and (token := erased(after.get("member_id"))):
            return [Evidence("erased", token)]
        if now is not None and now != was:
            return [_by_membership("late_join", after)]
        if _is_member(before) and not _is_member(after):
            return [_by_membership("late_leave", before)]
        return []

    def _customer(self, row: Row) -> list[Evidence]:
        """What is known to have happened to the memberships of a customer, or to the customer."""
        customer = row.get("customer_id") or ""
        joined = self.known.people.get(customer)
        return self.known.stays.get(customer) or ([] if joined is None else [joined])

    def _tell(
        self,
        evidence: Evidence,
        before: Row | None,
        after: Row | None,
        fields: Iterable[str | None],
        touches: set[Touch],
        once: bool = False,
    ) -> None:
        for field in fields:
            self.changes.add(
                evidence, self.pair.spec.name, self.pair.spec.key, before, after, field
            )
        self.tally.add(evidence, touches, once)

    def _remember(self, row: Row, evidence: Evidence) -> None:
        if len(self.known.orders) < MOST:
            self.known.orders[row["order_id"]] = evidence
        self.known.remember(self.known.purchases, row.get("customer_id"), evidence)


def _of(cause: Cause, row: Row) -> Evidence:
    return Evidence(cause, row["order_id"], row["order_id"], explained(row["order_id"]))


def _by_membership(cause: Cause, row: Row) -> Evidence:
    what = act(row.get("group_id"), row.get("member_id"), row.get("joined_at"))
    return Evidence(cause, what, link=explained(row["order_id"]))


def _membership(row: Row) -> Any:
    """The membership that is credited, as (group, member, since)."""
    if row.get("member_id") is None:
        return None
    return row.get("group_id"), row["member_id"], row.get("joined_at")


def _is_member(row: Row) -> bool:
    return row.get("cell") in MEMBER_CELLS
