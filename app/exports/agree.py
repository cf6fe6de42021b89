"""The check before an export is published: that its tables say the same, to the fen.

Rows are read from the frames as the files will have them, so that what is compared is what is
written.
"""

from collections import Counter
from collections.abc import Iterator, Mapping
from typing import Any

import msgspec
import pyarrow as pa
import pyarrow.compute as pc

from app.exports.frame import Frame
from app.metrics.entries.gmv_share import CELLS

BASES = ("gross", "net", "net_ledger")
SEGMENTS = ("all", "group", "non_group")
COUNTS = ("buyers", "mature_buyers", "repeat_buyers")


class Paid(msgspec.Struct, frozen=True):
    """The GMV orders of the newest period as the shop's events tell them."""

    orders: int
    gmv: int


class Figures(msgspec.Struct, frozen=True):
    """`sums` are what the tables agree on; `differences` say where they do not, a sentence each."""

    sums: dict[str, int]
    differences: list[str]


class Ledger:
    """Figures by name, each with the first table that told it and those that differ."""

    def __init__(self) -> None:
        self.sums: dict[str, int] = {}
        self.told_by: dict[str, str] = {}
        self.differences: list[str] = []

    def tell(self, table: str, figures: Mapping[str, int]) -> None:
        """What a table says; a figure that was told before must be the same."""
        for name, value in figures.items():
            before = self.sums.setdefault(name, value)
            first = self.told_by.setdefault(name, table)
            if before != value:
                self.differences.append(f"{name} is {before} by {first}, but {value} by {table}")


def figures_of(frames: Mapping[str, Frame], period: str, paid: Paid) -> Figures:
    """Add up the tables of an export, `period` being its own, and compare the sums."""
    ledger = Ledger()
    ledger.tell("group_share", _shares(frames["group_share"], period))
    ledger.tell("the shop's orders", {"orders": paid.orders, "gmv": paid.gmv})
    orders = _orders(frames["orders"])
    ledger.tell("orders", orders)
    ledger.tell("refunds", _refunds(frames["refunds"]))
    ledger.tell("orders less refunds", _less(ledger.sums, orders))
    groups = _columns(
        frames["groups"], "credited_orders", "credited_gmv", "credited_net_gmv", "joins"
    )
    ledger.tell(
        "groups and what is uncredited",
        {
            "orders": groups["credited_orders"] + ledger.sums["uncredited_orders"],
            "gmv": groups["credited_gmv"] + ledger.sums["uncredited_gmv"],
            "net": groups["credited_net_gmv"] + ledger.sums["uncredited_net"],
        },
    )
    ledger.tell("new_members", {"joins": frames["new_members"].rows})
    ledger.tell("groups", {"joins": groups["joins"]})
    for table in ("notes", "creators", "mcns"):
        sums = _columns(
            frames[table], "joins", "credited_orders", "credited_gmv", "credited_net_gmv"
        )
        named = {"credited_orders": "orders", "credited_gmv": "gmv", "credited_net_gmv": "net"}
        ledger.tell(table, {named.get(name, name): value for name, value in sums.items()})
    ledger.tell("repurchase", _repurchase(frames["repurchase"], period))
    ledger.tell("buyers", _buyers(frames["buyers"]))
    return Figures(ledger.sums, ledger.differences)


def _shares(frame: Frame, period: str) -> dict[str, int]:
    """The sums of the period by basis; orders, their cells and matches are those of gross."""
    rows = {row["basis"]: row for row in _rows(frame) if row["period"] == period}
    gross, net, by_ledger = (rows[basis] for basis in BASES)
    counts = ("orders", "gmv", "matched_orders", "uncredited_orders", "uncredited_gmv")
    found = {name: gross[name] for name in counts}
    found |= {"uncredited_net": net["uncredited_gmv"], "net": net["gmv"]}
    found["net_ledger"] = by_ledger["gmv"]
    for cell in CELLS:
        found |= {f"{cell}_{of}": gross[f"{cell}_{of}"] for of in ("orders", "gmv")}
        found[f"{cell}_net"] = net[f"{cell}_gmv"]
        found[f"{cell}_net_ledger"] = by_ledger[f"{cell}_gmv"]
    return found


def _orders(frame: Frame) -> dict[str, int]:
    """The same figures from the rows of orders."""
    sums: Counter[str] = Counter()
    for batch in frame.batches():
        cell, amount, net = (batch.column(name) for name in ("cell", "amount", "net"))
        uncredited = pc.is_null(batch.column("group_id"))
        sums["orders"] += batch.num_rows
        sums["gmv"] += _sum(amount)
        sums["net"] += _sum(net)
        sums["refunded_of_orders"] += _sum(batch.column("refunded"))
        sums["matched_orders"] += _sum(batch.column("matched"))
        sums["uncredited_orders"] += _sum(uncredited)
        sums["uncredited_gmv"] += _sum(amount.filter(uncredited))
        sums["uncredited_net"] += _sum(net.filter(uncredited))
        for name in CELLS:
            inside = pc.equal(cell, name)
            sums[f"{name}_orders"] += _sum(inside)
            sums[f"{name}_gmv"] += _sum(amount.filter(inside))
            sums[f"{name}_net"] += _sum(net.filter(inside))
    totals = ("orders", "gmv", "net", "refunded_of_orders", "matched_orders")
    rest = ("uncredited_orders", "uncredited_gmv", "uncredited_net")
    cells = [f"{cell}_{of}" for cell in CELLS for of in ("orders", "gmv", "net")]
    return {name: sums[name] for name in (*totals, *rest, *cells)}


def _refunds(frame: Frame) -> dict[str, int]:
    """What was given back of the window's orders, and in the window, there also by cell."""
    sums: Counter[str] = Counter()
    for batch in frame.batches():
        amount, inside = batch.column("amount"), batch.column("in_window")
        sums["refunded_of_orders"] += _sum(amount.filter(batch.column("order_in_window")))
        sums["refunded_in_window"] += _sum(amount.filter(inside))
        sums["refunds_in_window"] += _sum(inside)
        for cell in CELLS:
            of_cell = pc.and_(inside, pc.equal(batch.column("cell"), cell))
            sums[f"{cell}_refunded_in_window"] += _sum(amount.filter(of_cell))
    totals = ("refunded_of_orders", "refunded_in_window", "refunds_in_window")
    return {name: sums[name] for name in (*totals, *(f"{c}_refunded_in_window" for c in CELLS))}


def _less(refunds: Mapping[str, int], orders: Mapping[str, int]) -> dict[str, int]:
    """What is left of orders by the rows of refunds."""
    return {
        "net": orders["gmv"] - refunds["refunded_of_orders"],
        "net_ledger": orders["gmv"] - refunds["refunded_in_window"],
        **{
            f"{cell}_net_ledger": orders[f"{cell}_gmv"] - refunds[f"{cell}_refunded_in_window"]
            for cell in CELLS
        },
    }


def _repurchase(frame: Frame, period: str) -> dict[str, int]:
    rows = {row["segment"]: row for row in _rows(frame) if row["period"] == period}
    return {f"{name}_{of}": rows[of][name] for name in COUNTS for of in SEGMENTS}


def _buyers(frame: Frame) -> dict[str, int]:
    sums: Counter[str] = Counter()
    for batch in frame.batches():
        for of in SEGMENTS:
            found = batch if of == "all" else batch.filter(pc.equal(batch.column("segment"), of))
            sums[f"buyers_{of}"] += found.num_rows
            sums[f"mature_buyers_{of}"] += _sum(found.column("mature"))
            sums[f"repeat_buyers_{of}"] += _sum(found.column("repeat"))
    return {f"{name}_{of}": sums[f"{name}_{of}"] for name in COUNTS for of in SEGMENTS}


def _columns(frame: Frame, *names: str) -> dict[str, int]:
    sums = dict.fromkeys(names, 0)
    for batch in frame.batches():
        for name in names:
            sums[name] += _sum(batch.column(name))
    return sums


def _rows(frame: Frame) -> Iterator[dict[str, Any]]:
    for batch in frame.batches():
        yield from batch.to_pylist()


def _sum(column: pa.Array | pa.ChunkedArray) -> int:
    return int(pc.sum(column).as_py() or 0)
