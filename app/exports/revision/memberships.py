"""Memberships of two revisions: late joins and leaves, other sources, other people."""

from typing import Any
from urllib.parse import quote

from app.exports.revision.before import Pair
from app.exports.revision.causes import Cause, Evidence, act
from app.exports.revision.change import Changes
from app.exports.revision.known import MOST, Known, erased
from app.exports.revision.merge import Row
from app.exports.revision.reach import of_joiner, of_joining, of_staying
from app.exports.revision.tally import Tally, Touch

SOURCE = ("source_kind", "note_id", "live_id")
COLUMNS = ("customer_id", "left_at", *SOURCE, "creator_id", "mcn")
NAMES = {"member_id", "customer_id", "n"}
HELD = 10_000


class Memberships:
    """Goes through the rows that differ. What came and what went is held back for a while:

    who was erased went under one name and came back under another.
    """

    def __init__(self, pair: Pair, known: Known, changes: Changes, tally: Tally) -> None:
        self.pair = pair
        self.known = known
        self.changes = changes
        self.tally = tally
        self.gone: list[Row] = []
        self.new: list[Row] = []

    def read(self) -> None:
        for before, after in self.pair.differing():
            if before is not None and after is not None:
                self._pair(before, after)
                continue
            if before is not None:
                self.gone.append(before)
            elif after is not None:
                self.new.append(after)
            if len(self.gone) + len(self.new) > HELD:
                self._settle()
        self._settle()

    def _settle(self) -> None:
        """Of what came and went, pair what is one row under another name."""
        renamed: dict[tuple[Any, ...], list[Row]] = {}
        for row in self.new:
            if erased(row["member_id"]):
                renamed.setdefault(_but_names(row), []).append(row)
        for row in self.gone:
            found = renamed.get(_but_names(row))
            if found:
                self._erased(row, found.pop())
            else:
                self._one(row, None, self.known.outside(row["joined_at"]) or _act("join_gone", row))
        left = {id(row) for rows in renamed.values() for row in rows}
        for row in self.new:
            if not erased(row["member_id"]) or id(row) in left:
                late = self.known.outside(row["joined_at"]) or _act("late_join", row)
                self._one(None, row, late)
        self.gone, self.new = [], []

    def _one(self, before: Row | None, after: Row | None, evidence: Evidence) -> None:
        row = after or before or {}
        self._tell(evidence, before, after, None, of_joining(row), once=evidence.example is None)
        self._remember(row, evidence)

    def _erased(self, before: Row, after: Row) -> None:
        evidence = Evidence("erased", erased(after["member_id"]) or "")
        self._tell(evidence, before, after, "member_id", set())
        self._remember(after, evidence)

    def _pair(self, before: Row, after: Row) -> None:
        other = self.known.customer(before.get("customer_id"), after.get("customer_id"))
        if other is not None:
            self._tell(other, before, after, "customer_id", of_joiner(before, after))
        if _differ(before, after, "left_at"):
            cause: Cause = "leave_gone" if after["left_at"] is None else "late_leave"
            evidence = _act(cause, after)
            self._tell(evidence, before, after, "left_at", of_staying(after), once=True)
            self._remember(after, evidence)
        sources = [name for name in SOURCE if _differ(before, after, name)]
        if sources:
            evidence = _act("source_changed", after)
            self._tell(evidence, before, after, sources[0], of_joining(before, after), once=True)
            for name in sources[1:]:
                self.changes.add(evidence, self.pair.spec.name, self._key, before, after, name)
            self._remember(after, evidence)
        elif (by := by_creator(before, after)) is not None:
            evidence, field = by
            self._tell(evidence, before, after, field, of_joining(before, after))

    def _tell(
        self,
        evidence: Evidence,
        before: Row | None,
        after: Row | None,
        field: str | None,
        touches: set[Touch],
        once: bool = False,
    ) -> None:
        self.changes.add(evidence, self.pair.spec.name, self._key, before, after, field)
        self.tally.add(evidence, touches, once)

    def _remember(self, row: Row, evidence: Evidence) -> None:
        if len(self.known.joinings) < MOST:
            key = (row["group_id"], row["member_id"], row["joined_at"])
            self.known.joinings[key] = evidence
        self.known.remember(self.known.stays, row.get("customer_id"), evidence)

    @property
    def _key(self) -> tuple[str, ...]:
        return self.pair.spec.key


def by_creator(before: Row, after: Row) -> tuple[Evidence, str] | None:
    """Where a note has another creator, or a creator another agency: which, and its field."""
    if before.get("note_id") != after.get("note_id"):
        return None
    note, creator = after.get("note_id"), after.get("creator_id")
    if _differ(before, after, "creator_id"):
        if note is None:
            return None
        return Evidence("note_changed", note, note, _path("notes", note)), "creator_id"
    if _differ(before, after, "mcn") and creator is not None:
        return Evidence("creator_changed", creator, creator, _path("creators", creator)), "mcn"
    return None


def _path(what: str, id_: str) -> str:
    return f"/v1/{what}/{quote(id_, safe='')}"


def _act(cause: Cause, row: Row) -> Evidence:
    """What happened to a membership. Its ids name a person, so no number has them beside it."""
    customer = row.get("customer_id")
    what = act(row["group_id"], row["member_id"], row["joined_at"], row.get("n"))
    return Evidence(cause, what, link=customer and f"{_path('customers', customer)}/timeline")


def _differ(before: Row, after: Row, name: str) -> bool:
    return bool(before.get(name) != after.get(name))


def _but_names(row: Row) -> tuple[Any, ...]:
    return tuple(value for name, value in sorted(row.items()) if name not in NAMES)
