"""Golden worlds as weekly exports: they agree, and say what an independent reading of them says."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from app.core.clock import microseconds
from app.exports.content import Content
from app.exports.weeks import Week, parse_week, scheduled
from tests.exports.reading import read_run, rows, table_of, week_run
from tests.journeys.test_given_answers import loaded
from tests.make import Brand, Service
from tests.oracle.as_of import cut
from tests.oracle.ask import ask
from tests.oracle.clock import begin
from tests.oracle.compare import differences
from tests.oracle.credit import credits
from tests.oracle.testdata import ABSENT, Case, load, present, read_events, worlds
from tests.oracle.world import World, build

pytestmark = pytest.mark.skipif(not present(), reason=ABSENT)

WEEKS = ("2025-W11", "2025-W13", "2025-W15")
"""Their events are of March and April."""


def content_of(service: Service, brand: Brand, world: World, week: str, folder: Path) -> Content:
    as_of = scheduled(world.zone, parse_week(week).end_day, 1, "06:00")
    folder.mkdir(parents=True, exist_ok=True)
    return read_run(service, week_run(brand, week, as_of), folder)


@pytest.mark.parametrize("name", worlds())
def test_golden_world(service: Service, name: str, tmp_path: Path) -> None:
    case: Case = load(name)
    world = build(read_events(case.events), case.config)
    one = loaded(service, case.config, case.events)
    other = loaded(service, case.config, case.arrival)
    for week in WEEKS:
        content = content_of(service, one, world, week, tmp_path / week)
        assert wrong(world, content) == []
        # Shuffled and repeated events make the same tables.
        again = content_of(service, other, world, week, tmp_path / f"{week} again")
        assert again.sums == content.sums
        for table, frame in content.frames.items():
            assert table_of(again.frames[table]).equals(table_of(frame)), table


def wrong(world: World, content: Content) -> list[str]:
    return [*wrong_rows(world, content), *wrong_sums(world, content)]


def wrong_rows(world: World, content: Content) -> Iterator[str]:
    """Orders, refunds, joinings and buyers of the week that are not as they should be."""
    run = content.run
    assert run.week is not None
    week, as_of = parse_week(run.week), microseconds(run.as_of)
    past = cut(world, as_of)
    start, end = (bounds(world, each) for each in (week, week.plus(1)))
    expected = [
        (
            credit.order.order_id,
            *(credit.order.paid_at, credit.order.amount, credit.order.refunded(), credit.cell),
            *(credit.group_id, credit.note_id, credit.first_note_id, credit.creator_id),
            credit.interval.member_id if credit.interval else None,
            credit.interval.joined_at if credit.interval else None,
            credit.order.customer in world.with_member_identity,
        )
        for credit in credits(past).values()
        if start <= credit.order.paid_at < end
    ]
    found = [
        (
            row["order_id"],
            *(microseconds(row["paid_at"]), row["amount"], row["refunded"], row["cell"]),
            *(row["group_id"], row["note_id"], row["first_note_id"], row["creator_id"]),
            row["member_id"],
            row["joined_at"] and microseconds(row["joined_at"]),
            row["matched"],
        )
        for row in rows(content, "orders")
    ]
    yield from differing("orders", expected, found)
    joined = [
        (m.group_id, m.member_id, m.joined_at, m.left_at, m.start_inferred)
        for m in past.memberships
        if start <= m.joined_at < end
    ]
    members = [
        (
            *(row["group_id"], row["member_id"], microseconds(row["joined_at"])),
            row["left_at"] and microseconds(row["left_at"]),
            row["inferred"],
        )
        for row in rows(content, "new_members")
    ]
    yield from differing("new_members", joined, members)
    refunds = []
    for credit in credits(past).values():
        left = credit.order.amount
        for refund in sorted(credit.order.refunds):
            amount = min(refund.amount, left)
            left -= amount
            inside = start <= refund.at < end
            of_window = start <= credit.order.paid_at < end
            if amount and (inside or of_window):
                refunds.append((credit.order.order_id, refund.refund_id, amount, of_window, inside))
    columns = ("order_id", "refund_id", "amount", "order_in_window", "in_window")
    yield from differing("refunds", refunds, rows(content, "refunds", *columns))


def differing(table: str, expected: list[Any], found: list[Any]) -> list[str]:
    asked = sorted(expected, key=repr)
    got = sorted(found, key=repr)
    return [] if asked == got else [f"{table}: expected {asked}, found {got}"]


def wrong_sums(world: World, content: Content) -> Iterator[str]:
    """Tables that are not what the questions of the API are answered with."""
    now = microseconds(content.run.as_of)

    def asked(metric: str, row: dict[str, Any], **params: Any) -> dict[str, Any]:
        given = {name: row[name].isoformat() for name in ("start", "end", "as_of")} | params
        answer = ask(world, f"/v1/metrics/{metric}", given, now)
        assert answer is not None
        return answer

    for row in rows(content, "group_share"):
        share = asked("gmv-share", row, basis=row["basis"])
        got = {
            "total": {"orders": row["orders"], "gmv": row["gmv"]},
            "share": {name: number(row[f"share_{name}"]) for name in share["share"]},
            "cells": {
                cell: {of: row[f"{cell}_{of}"] for of in ("orders", "gmv")}
                for cell in share["cells"]
            },
            "uncredited": {of: row[f"uncredited_{of}"] for of in ("orders", "gmv")},
        }
        yield from differences({name: share[name] for name in got}, got)
    for row in rows(content, "repurchase"):
        cohort = {name: row[f"cohort_{name}"].isoformat() for name in ("start", "end")}
        found = asked("repurchase", row, **cohort, kind="cohort")
        part = found if row["segment"] == "all" else found["by_segment"][row["segment"]]
        names = ("buyers", "mature_buyers", "immature_buyers", "repeat_buyers")
        got = {name: row[name] for name in names} | {"rate": number(row["rate"])}
        yield from differences({name: part[name] for name in got}, got)
    newest = rows(content, "group_share")[-1]
    for table, by, key in (
        ("notes", "note", "note_id"),
        ("creators", "creator", "creator_id"),
        ("mcns", "mcn", "mcn"),
    ):
        expected = asked("funnel", newest, by=by)["rows"]
        got_rows = rows(content, table)
        assert [row["key"] for row in expected] == [row[key] for row in got_rows]
        for row, got in zip(expected, got_rows, strict=True):
            counted = {name: row[name] for name in row.keys() - {"key", "name"}}
            yield from differences(counted, {name: got[name] for name in counted})
    active = {row["group_id"]: row for row in asked("activity", newest, bucket="none")["rows"]}
    for row in rows(content, "groups"):
        if expected_row := active.pop(row["group_id"], None):
            names = expected_row.keys() - {"group_id", "name", "start", "end"}
            got = {name: number(row[name]) for name in names}
            yield from differences({name: expected_row[name] for name in names}, got)
    assert not active
    lives = {row["live_id"]: row for row in asked("lives", newest)["rows"]}
    assert lives.keys() == {row["live_id"] for row in rows(content, "lives")}
    for row in rows(content, "lives"):
        names = lives[row["live_id"]].keys() - {"title", "start", "end"}
        expected_live = {name: lives[row["live_id"]][name] for name in names}
        yield from differences(expected_live, {name: row[name] for name in names})
    for row in rows(content, "retention"):
        kept = asked("retention", row, kind=row["kind"], days=str(row["day"]))["rows"][0]
        got = {name: number(row[name]) for name in kept}
        yield from differences(kept, got)


def number(value: Any) -> Any:
    return value if value is None or isinstance(value, int) else float(value)


def bounds(world: World, week: Week) -> int:
    """The instant at which a week begins."""
    return begin(world.zone, week.first_day)
