"""Of a number that moved: what did it, of all that is known to have happened."""

from collections.abc import Mapping

import msgspec

from app.exports.content import Content
from app.exports.revision.causes import NAMED, Cause, said
from app.exports.revision.numbers import TABLES, Number
from app.exports.revision.reach import SPEAKING, touch_of, touches_of_row
from app.exports.revision.tally import EXAMPLES, OF_ALL, Found, Tally

LEAVING = {"leaves", "leave_rate"}
OWN = {"messages", "leaves"}
"""Where what has no rows is counted, once a group."""

PLAIN: tuple[Cause, ...] = ("unexplained", "other_period", "rows_gone")


class Explained(msgspec.Struct, frozen=True):
    """A number with its causes as a sentence; `own` are those that no row but itself shows."""

    number: Number
    causes: str
    examples: list[str]
    link: str | None
    own: Mapping[Cause, int]


def explain(number: Number, tally: Tally, content: Content, lost: bool) -> Explained:
    """Say what did it.

    lost: some tables of the revision before are no longer kept.
    """
    language = content.run.language
    found = _found(number, tally, content)
    if found:
        names = [each for one in _named(found) for each in one.examples]
        examples = [each for one in found.values() for each in one.examples if each not in names]
        link = next((one.link for one in found.values() if one.link), None)
        counts = {cause: one.count for cause, one in found.items()}
        return Explained(number, said(counts, names, language), examples[:EXAMPLES], link, {})
    cause, count = _own(number, content, lost)
    own = {cause: count} if cause in PLAIN or number.column.key in OWN else {}
    return Explained(number, said({cause: count}, (), language), [], None, own)


def _found(number: Number, tally: Tally, content: Content) -> Mapping[Cause, Found]:
    """What reaches the number, by rows of its own week; or else what reaches all numbers."""
    found: Mapping[Cause, Found] = {}
    if not _of_other_period(number, content) and number.spec.name in TABLES:
        found = tally.of(touch_of(number))
        if number.column.key == "credited_share":
            # A share of an unmoved sum moves by the total.
            found = found or tally.of(("sales", "gross", "total"))
        if number.whole:
            rows = map(tally.of, touches_of_row(number))
            found = found or next((each for each in rows if each), {})
    return found or tally.of(OF_ALL)


def _named(found: Mapping[Cause, Found]) -> list[Found]:
    return [found[cause] for cause in NAMED if cause in found]


def _own(number: Number, content: Content, lost: bool) -> tuple[Cause, int]:
    """What has no rows in an export: messages, and ends of memberships begun before the window."""
    if number.spec.name == "groups":
        messages = int(number.other.get("messages", 0))
        if messages and (number.column.key == "messages" or number.column.key in SPEAKING):
            return "late_message" if messages > 0 else "message_gone", abs(messages)
        leaves = int(number.other.get("leaves", 0))
        if leaves and number.column.key in LEAVING:
            return "late_leave" if leaves > 0 else "leave_gone", abs(leaves)
    if _of_other_period(number, content):
        return "other_period", 1
    return "rows_gone" if lost else "unexplained", 1


def _of_other_period(number: Number, content: Content) -> bool:
    """Whether it is of a week before: the rows of an export are those of its own week."""
    period = number.row.get("period")
    return period is not None and period != content.run.week
