"""Refunds of two revisions."""

from collections.abc import Iterable
from datetime import datetime
from urllib.parse import quote

from app.exports.revision.before import Pair
from app.exports.revision.causes import Cause, Evidence
from app.exports.revision.change import Changes
from app.exports.revision.known import Known
from app.exports.revision.merge import Row
from app.exports.revision.reach import of_refund
from app.exports.revision.tally import Tally

COLUMNS = (
    *("refunded_at", "amount", "paid_at", "cell"),
    *("group_id", "order_in_window", "in_window"),
)
OWN = ("amount", "refunded_at")


def read_refunds(pair: Pair, known: Known, changes: Changes, tally: Tally) -> None:
    """Tell of the refunds that came, went or were corrected.

    Where only their order is another, the order's own row says so.
    """
    table, key = pair.spec.name, pair.spec.key
    for before, after in pair.differing():
        fields: Iterable[str | None] = (None,)
        if before is None:
            cause: Cause = "refund"
        elif after is None:
            cause = "refund_gone"
        else:
            fields = [name for name in OWN if before.get(name) != after.get(name)]
            cause = "refund_corrected"
            if not fields:
                if after["order_in_window"] or before.get("cell") == after.get("cell"):
                    continue
                # Of an order of a week before there is no other row here.
                fields, cause = ["cell"], "credited_otherwise"
        row = after or before or {}
        evidence = known.outside(_only_at(before, after)) or _of(cause, row)
        if cause == "credited_otherwise":
            evidence = known.at_last(evidence)
        for field in fields:
            changes.add(evidence, table, key, before, after, field)
        rows = [each for each in (before, after) if each is not None]
        tally.add(evidence, of_refund(*rows), once=evidence.cause == cause)
        if cause != "credited_otherwise":
            known.remember(known.refunds, row["order_id"], evidence)


def _of(cause: Cause, row: Row) -> Evidence:
    """What happened to a refund, or to its order."""
    name = f"{row['order_id']}/{row['refund_id']}"
    if cause == "credited_otherwise":
        name = row["order_id"]
    return Evidence(cause, name, name, explained(row["order_id"]))


def explained(order_id: str) -> str:
    """Where the API explains an order."""
    return f"/v1/orders/{quote(order_id, safe='')}/explain"


def _only_at(before: Row | None, after: Row | None) -> datetime | None:
    row = after if before is None else before if after is None else None
    return None if row is None else row.get("refunded_at")
