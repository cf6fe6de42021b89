"""Of any two revisions: every number that moved is told, and no cause where it does not reach."""

import tempfile
from decimal import Decimal
from pathlib import Path
from typing import Any

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from app.exports.revision.numbers import TABLES
from tests.exports.revisions import (
    SPECS,
    Tables,
    at,
    buyer,
    compared,
    joining,
    member,
    numbers,
    order,
    plain,
    refund,
    sums,
)

NUMERIC = ("count", "money", "ratio")
few = st.integers(0, 3)


@st.composite
def worlds(draw: st.DrawFn) -> Tables:
    """Few ids, so that two worlds share most of them."""
    orders, refunds = [], []
    for n in range(4):
        if not draw(st.integers(0, 4)):
            continue
        amount, left = draw(st.sampled_from((100, 200))), draw(st.sampled_from((0, 0, 40)))
        group = draw(st.sampled_from((None, "g1", "g2")))
        if group is None:
            row = order(f"o{n}", amount, refunded=left)
        else:
            note = draw(st.sampled_from((None, "n1", "n2")))
            credit = {"group_id": group, "note_id": note, "creator_id": note and "c1"}
            row = member(f"o{n}", amount, refunded=left, customer_id=f"m:m{n}", **credit)
        orders.append(row)
        if left:
            facts: dict[str, Any] = {"cell": row["cell"]}
            if draw(st.booleans()):
                facts |= {"in_window": False, "refunded_at": at(15, 20)}
            refunds.append(refund(f"o{n}", "r", left, **facts))
    joined = [
        joining(f"m{n}", group_id=draw(st.sampled_from(("g1", "g2"))))
        for n in range(4)
        if draw(few)
    ]
    buyers = []
    for n in range(3):
        if draw(few):
            again: dict[str, Any] = {"segment": draw(st.sampled_from(("group", "non_group")))}
            if draw(st.booleans()):
                again |= {"second_order_id": f"s{n}", "second_at": at(1), "repeat": True}
            buyers.append(buyer(f"m:m{n}", f"a{n}", **again))
    return {"orders": orders, "refunds": refunds, "new_members": joined, "buyers": buyers}


def cells(tables: Tables) -> dict[tuple[str, str, str], Any]:
    """Every published number there is."""
    found = {}
    for name in TABLES:
        spec = SPECS[name]
        for row in tables.get(name, []):
            key = "/".join("" if row[k] is None else str(row[k]) for k in spec.key)
            for column in spec.columns:
                if column.type in NUMERIC and column.key not in spec.key:
                    found[name, key, column.key] = row.get(column.key)
    return found


@settings(max_examples=50, deadline=None, suppress_health_check=list(HealthCheck))
@given(worlds(), worlds())
def test_any_two_revisions(before: Tables, after: Tables) -> None:
    with tempfile.TemporaryDirectory() as folder:
        moves = compared(Path(folder), sums(before), sums(after))
    was, now = cells(sums(before)), cells(sums(after))
    moved = {key for key in was.keys() | now.keys() if was.get(key) != now.get(key)}
    if moves is None:
        assert not moved
        return
    found = numbers(moves)
    assert found.keys() == moved
    for key, (value_before, value_after, said) in found.items():
        assert value_before == _text(was.get(key)), key
        assert value_after == _text(now.get(key)), key
        assert said
        assert said != "no row of this export shows why", key
    _within_reach(found, before, after)
    # The other way round the same numbers move.
    with tempfile.TemporaryDirectory() as folder:
        back = compared(Path(folder), sums(after), sums(before))
    assert numbers(back).keys() == moved


def _within_reach(found: dict[tuple[str, str, str], Any], before: Tables, after: Tables) -> None:
    """Buyers alone move the repurchase; without a changed table nobody is told of its causes."""
    refunds, joined = (before[t] != after[t] for t in ("refunds", "new_members"))
    for (table, key, column), (_, _, said) in found.items():
        if not refunds:
            assert "refund" not in said
        if table == "retention":
            assert "order" not in said
            assert joined
        if table == "repurchase":
            assert before["buyers"] != after["buyers"]
        if (
            "/gross" in key
            or column.endswith("orders")
            or column in ("credited_orders", "credited_gmv", "joins")
        ):
            assert "refund" not in said, (table, key, column)


def _text(value: Any) -> str | None:
    return None if value is None else plain(Decimal(value))
