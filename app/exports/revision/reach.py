"""Which numbers a changed row reaches, and by which of these each number is explained."""

from collections.abc import Iterable, Iterator

from app.exports.revision.merge import Row
from app.exports.revision.numbers import Number
from app.exports.revision.tally import Touch
from app.metrics.entries.gmv_share import CELLS, SHARES

BASES = ("gross", "net", "net_ledger")
DIMENSIONS = {
    "group": "group_id",
    "note": "note_id",
    "creator": "creator_id",
    "mcn": "mcn",
    "live": "live_id",
}
"""What orders and memberships are counted by, and in which of their columns it stands."""

SHARE_CELLS = {name: frozenset(share[2]) for name, share in SHARES.items()}
KEYS = {"groups": "group", "notes": "note", "creators": "creator", "mcns": "mcn", "lives": "live"}

JOINS = {"joins", "mature_joins"}
JOINERS = {"joined_customers"}
BUYS = {"buyers", "repeat_buyers"}
CREDIT = {
    *("credited_orders", "credited_gmv", "credited_share"),
    *("orders", "gmv", "member_orders", "member_gmv"),
}
VIEWS = {"viewers", "group_viewers"}
SPEAKING = {"speakers", "speaking_members", "interaction_rate"}


def of_order(*rows: Row) -> set[Touch]:
    """What an order that comes, goes, or counts another amount reaches: wherever it is counted."""
    found: set[Touch] = {("match",)}
    for row in rows:
        for basis in BASES:
            found.add(("uncredited", basis))
            found.add(("sales", basis, "total"))
            found.add(("sales", basis, row.get("cell") or "neither"))
            found.update(("sales", basis, share) for share in SHARE_CELLS)
        found.update(_credited(row, DIMENSIONS))
    return found


def of_credit(before: Row, after: Row) -> set[Touch]:
    """What an order reaches that is credited otherwise, and by as much."""
    found: set[Touch] = set()
    was, now = before.get("cell"), after.get("cell")
    if was != now:
        for basis in BASES:
            found.update(("sales", basis, cell) for cell in (was, now) if cell)
            found.update(
                ("sales", basis, share)
                for share, cells in SHARE_CELLS.items()
                if (was in cells) != (now in cells)
            )
        found.update(_credited(after, ("live",)))
    differ = [
        name for name, column in DIMENSIONS.items() if before.get(column) != after.get(column)
    ]
    for row in (before, after):
        found.update(_credited(row, differ))
    if before.get("group_id") != after.get("group_id"):
        found.update(("uncredited", basis) for basis in BASES)
    if before.get("matched") != after.get("matched"):
        found.add(("match",))
    return found


def of_refunded(*rows: Row) -> set[Touch]:
    """What an order reaches of which another sum is paid back: what its credits are net of it."""
    return {touch for row in rows for touch in _credited(row, DIMENSIONS) if touch[0] == "net"}


def of_buying(membership: Row) -> set[Touch]:
    """What a purchase reaches whose customer has this membership."""
    return {("buys", *touch) for touch in _dimensions(membership)}


def of_refund(*rows: Row) -> set[Touch]:
    """What a refund reaches: net of the order's window, net_ledger of its own."""
    found: set[Touch] = set()
    for row in rows:
        cell = row.get("cell") or "neither"
        for basis, counts in (("net", "order_in_window"), ("net_ledger", "in_window")):
            if row.get(counts):
                found.update(("sales", basis, what) for what in ("total", cell, *SHARE_CELLS))
                found.add(("uncredited", basis))
    return found


def of_joining(*rows: Row) -> set[Touch]:
    """What a membership reaches that comes or goes, or has another source."""
    return of_staying(*rows) | {
        (what, *touch)
        for row in rows
        for touch in _dimensions(row)
        for what in ("joins", "joiners", "buys")
    }


def of_staying(*rows: Row) -> set[Touch]:
    """What a membership reaches that ends at another time."""
    return {("stays", *touch) for row in rows for touch in _dimensions(row)}


def of_joiner(*rows: Row) -> set[Touch]:
    """What a membership reaches that is another customer's."""
    return {
        (what, *touch) for row in rows for touch in _dimensions(row) for what in ("joiners", "buys")
    }


def of_buyer(*rows: Row) -> set[Touch]:
    """What a buyer reaches: all, and the segment."""
    return {("buyers", "all")} | {("buyers", row["segment"]) for row in rows if row.get("segment")}


def touches_of_row(number: Number) -> list[Touch]:
    """By what it is explained that a row of a dimension came or went."""
    dimension = KEYS.get(number.spec.name)
    if dimension is None:
        return []
    key = number.key[0] if number.key[0] is not None else ""
    return [(what, dimension, key) for what in ("joins", "credit", "net", "joiners", "stays")]


def touch_of(number: Number) -> Touch:
    """By what a number is explained."""
    column = number.column.key
    match number.spec.name:
        case "group_share":
            return _of_share(number.row["basis"], column)
        case "repurchase":
            return ("buyers", "all" if column == "lift" else number.row["segment"])
        case "retention":
            if number.row["kind"] == "speak":
                return ("joins", "all", "")
            return ("joins" if column == "mature" else "stays", "all", "")
    key = number.key[0]
    dimension = KEYS[number.spec.name]
    of_key = (dimension, key if key is not None else "")
    if column in CREDIT:
        return ("credit", *of_key)
    if column == "credited_net_gmv":
        return ("net", *of_key)
    if column in JOINS:
        return ("joins", *of_key)
    if column in VIEWS:
        return ("views", *of_key)
    if column in JOINERS or column in SPEAKING:
        return ("joiners", *of_key)
    return ("buys", *of_key) if column in BUYS else ("stays", *of_key)


def _of_share(basis: str, column: str) -> Touch:
    if column.startswith("match"):
        return ("match",)
    if column.startswith("uncredited"):
        return ("uncredited", basis)
    for name in SHARE_CELLS:
        if column in (f"share_{name}", f"order_share_{name}"):
            return ("sales", basis, name)
    for cell in CELLS:
        if column.startswith(f"{cell}_"):
            return ("sales", basis, cell)
    return ("sales", basis, "total")


def _credited(row: Row, dimensions: Iterable[str]) -> Iterator[Touch]:
    for name in dimensions:
        key = row.get(DIMENSIONS[name]) or ""
        for what in ("credit", "net"):
            yield what, name, key


def _dimensions(row: Row) -> Iterator[Touch]:
    yield "all", ""
    for name, column in DIMENSIONS.items():
        yield name, row.get(column) or ""
