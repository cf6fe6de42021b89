"""Revisions made by hand: tables by their rows, written as Parquet, and compared."""

import itertools
from collections.abc import Mapping, Sequence
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import msgspec
import pyarrow as pa
import pyarrow.parquet

from app.exports.asked import Asked, Run
from app.exports.content import Content
from app.exports.frame import Spec, frame_of
from app.exports.manifest import Manifest
from app.exports.moved import Moves, compare
from app.exports.specs.all import TABLES
from app.metrics.words import Language

WEEK = "2026-W46"
BEFORE = "2026-W45"
AS_OF = datetime(2026, 11, 15, 22, tzinfo=UTC)
SETTINGS = {"identity_mode": "shared", "touch_hours": 24, "live_grace_hours": 2}
SPECS = {spec.name: spec for spec in TABLES}

Rows = Sequence[dict[str, Any]]
Tables = dict[str, list[dict[str, Any]]]


def at(day: int, hour: int = 4) -> datetime:
    """An instant of November 2026."""
    return datetime(2026, 11, day, hour, tzinfo=UTC)


def order(order_id: str, amount: int = 1000, **given: Any) -> dict[str, Any]:
    """A row of `orders`; net of what is refunded."""
    row: dict[str, Any] = {
        "order_id": order_id,
        "paid_at": at(10),
        "paid_day": date(2026, 11, 10),
        "buyer_id": f"b-{order_id}",
        "customer_id": f"b:b-{order_id}",
        "kind": "normal",
        "amount": amount,
        "refunded": 0,
        "cell": "neither",
        "reason": "neither",
        "matched": False,
    } | given
    return row | {"net": row["amount"] - row["refunded"]}


def member(order_id: str, amount: Any = 1000, **given: Any) -> dict[str, Any]:
    """A row of `orders` of a member of g1 who came by the note n1 of the creator c1."""
    credit: dict[str, Any] = {
        "cell": "member_only",
        "reason": "member",
        "matched": True,
        "group_id": "g1",
        "note_id": "n1",
        "first_note_id": "n1",
        "creator_id": "c1",
        "source_kind": "note",
        "member_id": "m1",
        "joined_at": at(9),
        "customer_id": "m:m1",
        "buyer_id": "m1",
    }
    return order(order_id, amount, **(credit | given))


def joining(member_id: str, **given: Any) -> dict[str, Any]:
    """A row of `new_members`: into g1 by the note n1 of the creator c1."""
    return {
        "group_id": "g1",
        "member_id": member_id,
        "joined_at": at(9),
        "n": 1,
        "customer_id": f"m:{member_id}",
        "inferred": False,
        "source_kind": "note",
        "note_id": "n1",
        "creator_id": "c1",
    } | given


def refund(order_id: str, refund_id: str, amount: int, **given: Any) -> dict[str, Any]:
    """A row of `refunds`: of an order of the window, within the window."""
    return {
        "order_id": order_id,
        "refund_id": refund_id,
        "refunded_at": at(12),
        "amount": amount,
        "paid_at": at(10),
        "cell": "neither",
        "order_in_window": True,
        "in_window": True,
    } | given


def buyer(customer_id: str, anchor: str, **given: Any) -> dict[str, Any]:
    """A row of `buyers`, who bought once."""
    return {
        "customer_id": customer_id,
        "segment": "non_group",
        "anchor_order_id": anchor,
        "anchor_at": datetime(2026, 10, 6, tzinfo=UTC),
        "mature": True,
        "repeat": False,
    } | given


def share(basis: str, period: str = WEEK, **given: Any) -> dict[str, Any]:
    """A row of `group_share`."""
    return {"period": period, "basis": basis} | given


def sums(tables: Tables) -> Tables:
    """The tables of numbers that follow from the rows, as far as the tests look at them."""
    orders, refunds = tables.get("orders", []), tables.get("refunds", [])
    ledger = sum(row["amount"] for row in refunds if row["in_window"])
    gross = sum(row["amount"] for row in orders)
    bases = {"gross": gross, "net": sum(row["net"] for row in orders)}
    bases["net_ledger"] = gross - ledger
    cells = ("member_and_touch", "member_only", "touch_only", "neither")
    shares = []
    for basis, gmv in bases.items():
        row = share(basis, orders=len(orders), gmv=gmv)
        for cell in cells:
            inside = [each for each in orders if each["cell"] == cell]
            gone = sum(r["amount"] for r in refunds if r["in_window"] and r["cell"] == cell)
            row[f"{cell}_orders"] = len(inside)
            row[f"{cell}_gmv"] = sum(
                each["net"] if basis == "net" else each["amount"] for each in inside
            ) - (gone if basis == "net_ledger" else 0)
        touch = row["member_and_touch_gmv"] + row["touch_only_gmv"]
        row["share_touch"] = ratio(touch, gmv)
        row["share_member"] = ratio(row["member_and_touch_gmv"] + row["member_only_gmv"], gmv)
        shares.append(row)
    joined = tables.get("new_members", [])
    found: Tables = {"group_share": shares}
    for table, key in (
        *(("notes", "note_id"), ("creators", "creator_id"), ("mcns", "mcn")),
        ("groups", "group_id"),
    ):
        rows = []
        for value in sorted({row.get(key) for row in (*orders, *joined)}, key=_nulls_last):
            credited = [row for row in orders if row.get(key) == value]
            came = [row for row in joined if row.get(key) == value]
            if table == "groups" and value is None:
                continue
            rows.append(
                {
                    key: value,
                    "joins": len(came),
                    ("leaves" if table == "groups" else "left"): sum(
                        row.get("left_at") is not None for row in came
                    ),
                    "credited_orders": len(credited),
                    "credited_gmv": sum(row["amount"] for row in credited),
                    "credited_net_gmv": sum(row["net"] for row in credited),
                }
            )
            if table != "groups":
                customers = {row["customer_id"] for row in came}
                bought = {row["customer_id"] for row in orders if row["net"] > 0}
                rows[-1]["joined_customers"] = len(customers)
                rows[-1]["buyers"] = len(customers & bought)
        found[table] = rows
    buyers = tables.get("buyers", [])
    repurchase = []
    for segment in ("all", "group", "non_group"):
        theirs = [row for row in buyers if segment in ("all", row["segment"])]
        mature = [row for row in theirs if row["mature"]]
        repeats = sum(bool(row["repeat"]) for row in mature)
        repurchase.append(
            {
                "period": WEEK,
                "segment": segment,
                "buyers": len(theirs),
                "mature_buyers": len(mature),
                "repeat_buyers": repeats,
                "rate": ratio(repeats, len(mature)),
            }
        )
    stayed = sum(row.get("left_at") is None for row in joined)
    found["repurchase"] = repurchase
    found["retention"] = [
        {
            "period": WEEK,
            "kind": "stay",
            "day": 1,
            "mature": len(joined),
            "retained": stayed,
            "rate": ratio(stayed, len(joined)),
        }
    ]
    return tables | found


def ratio(part: int, whole: int) -> Decimal | None:
    """To 6 decimals, null where there is nothing to divide by."""
    return None if whole == 0 else (Decimal(part) / whole).quantize(Decimal("0.000001"))


def compared(
    folder: Path, before: Tables, after: Tables, threshold: int = 0, **given: Any
) -> Moves | None:
    """What moved from tables to tables; `was` and `now` are given settings, `keep` the files."""
    keep = given.pop("keep", set(before))
    was, now = (SETTINGS | given.pop(name, {}) for name in ("was", "now"))
    files = {name: written(folder, name, rows) for name, rows in before.items() if name in keep}
    figures = given.pop("figures", ({}, {}))
    manifest = _manifest(was, before, figures[0], given.pop("rules_before", 1))
    return compare(files, manifest, content(after, now, figures[1], **given), threshold)


def written(folder: Path, name: str, rows: Rows) -> Path:
    """A table as a Parquet file of small row groups."""
    path = folder / f"{name}-{next(_numbers)}.parquet"
    pyarrow.parquet.write_table(_table(SPECS[name], rows), path, row_group_size=100)
    return path


def content(
    tables: Mapping[str, Rows],
    settings: dict[str, Any] | None = None,
    figures: dict[str, int] | None = None,
    language: Language = "en",
) -> Content:
    """The tables of a revision that is about to be written."""
    run = Run(
        brand_id=1,
        export_id="e2",
        kind="weekly",
        week=WEEK,
        revision=2,
        first_day=date(2026, 11, 9),
        end_day=date(2026, 11, 16),
        as_of=AS_OF,
        language=language,
        asked=Asked(),
        previous_id="e1",
        attempts=1,
    )
    return Content(
        run=run,
        brand_name="测试品牌",
        timezone=(settings or {}).get("timezone", "Asia/Shanghai"),
        currency="CNY",
        rule_version=1,
        read_at=AS_OF + timedelta(days=7),
        settings=settings or SETTINGS,
        sums=figures or {},
        frames={
            name: frame_of(SPECS[name], _table(SPECS[name], rows)) for name, rows in tables.items()
        },
    )


def plain(value: Decimal | None) -> str | None:
    """A decimal without the zeros that its type adds."""
    return None if value is None else format(value.normalize(), "f")


def numbers(moves: Moves | None) -> dict[tuple[str, str, str], Any]:
    """Each moved number by table, key and column: before, after, and what did it."""
    assert moves is not None
    return {
        (row["table"], row["key"], row["column"]): (
            plain(row["value_before"]),
            plain(row["value_after"]),
            row["causes"],
        )
        for batch in moves.frames()["moved"].batches()
        for row in batch.to_pylist()
    }


def causes(moves: Moves | None) -> dict[tuple[str, str], str]:
    """What did it, by table and column, of numbers of the week's own."""
    return {(table, column): said for (table, _, column), (_, _, said) in numbers(moves).items()}


def changes(moves: Moves | None) -> list[dict[str, Any]]:
    """The changed rows."""
    assert moves is not None
    return [row for batch in moves.frames()["changes"].batches() for row in batch.to_pylist()]


_numbers = itertools.count()


def _table(spec: Spec, rows: Rows) -> pa.Table:
    def place(row: dict[str, Any]) -> tuple[Any, ...]:
        return tuple((row.get(name) is None, row.get(name)) for name in spec.key)

    return pa.Table.from_pylist(sorted(rows, key=place), schema=spec.schema)


def _nulls_last(value: str | None) -> tuple[bool, str]:
    return value is None, value or ""


def _manifest(
    settings: dict[str, Any], tables: Tables, figures: dict[str, int], rules: int
) -> Manifest:
    return Manifest(
        export_id="e1",
        kind="weekly",
        week=WEEK,
        revision=1,
        start="2026-11-09",
        end="2026-11-16",
        timezone=settings.get("timezone", "Asia/Shanghai"),
        currency="CNY",
        as_of=AS_OF,
        read_at=AS_OF,
        rule_version=rules,
        language="zh-CN",
        settings=msgspec.to_builtins(settings),
        rows={name: len(rows) for name, rows in tables.items()},
        sums=figures,
        files=[],
    )
