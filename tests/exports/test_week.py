"""A week worked out by hand: the rows of every table, and the sums on which they agree."""

from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from app.core.clock import parse_instant
from app.exports.content import Content
from app.exports.specs.all import TABLES
from tests.exports.reading import read_run, rows, run_of, week_run
from tests.make import Service
from tests.metrics.told import at, told

AS_OF = at("03-10", "06:00")
# The week is 03-03 to 03-10. What happened on 03-10 after 06:00 had not happened then.
STORY = """
    01-20 09:00 group.created   group_id=g1 name=茶友群
    01-20 09:00 note.published  note_id=n1 title=早春 creator_id=c1 url=https://notes.example/n1
    01-20 09:00 creator.updated creator_id=c1 name=小红 kind=koc mcn=甲
    02-20 10:00 member.joined   group_id=g1 member_id=ann source.kind=note source.note_id=n1
    03-04 10:00 member.joined   group_id=g1 member_id=bob source.kind=note source.note_id=n1
    03-04 10:00 member.updated  member_id=bob nickname=小波
    03-05 10:00 member.joined   group_id=g2 member_id=cat
    03-06 09:00 member.left     group_id=g2 member_id=cat
    03-09 23:00 member.joined   group_id=g1 member_id=dan source.kind=search
    03-10 08:00 member.left     group_id=g1 member_id=dan
    03-10 01:00 member.joined   group_id=g1 member_id=eve
    03-05 08:00 message.sent    group_id=g1 message_id=m1 member_id=bob text=hi
    03-06 20:00 live.started    live_id=l1 title=夜场 creator_id=c1
    03-06 20:10 live.joined     live_id=l1 member_id=bob
    03-06 21:00 live.ended      live_id=l1

    02-25 12:00 order.paid o0 buyer_id=ann amount=600
    03-03 12:00 order.paid o1 buyer_id=ann amount=1000
    03-04 12:00 order.paid o2 buyer_id=bob amount=2000 touch.group_id=g1
    03-05 12:00 order.paid o3 buyer_id=cat amount=400 touch.group_id=g1
    03-07 12:00 order.paid o4 buyer_id=fay amount=300 touch.live_id=l1
    03-07 13:00 card.clicked    group_id=g2 member_id=gil
    03-08 12:00 order.paid o5 buyer_id=gil amount=500
    03-09 12:00 order.paid o6 buyer_id=ann amount=800 kind=deposit
    03-08 12:00 order.paid o7 buyer_id=ann amount=9000 kind=gift
    03-10 05:00 order.paid o8 buyer_id=bob amount=700

    03-05 09:00 order.refunded order_id=o0 refund_id=r0 amount=1000
    03-04 15:00 order.refunded order_id=o1 refund_id=r1 amount=300
    03-10 03:00 order.refunded order_id=o2 refund_id=r2 amount=500
    03-10 07:00 order.refunded order_id=o4 refund_id=r3 amount=300

    01-10 10:00 member.joined group_id=g1 member_id=ida
    02-01 10:00 member.left   group_id=g1 member_id=ida
    01-28 12:00 order.paid p1 buyer_id=hal amount=100
    02-10 12:00 order.paid p2 buyer_id=hal amount=150
    01-29 10:00 order.paid p3 buyer_id=ida amount=200
    01-29 11:00 order.paid p3b buyer_id=ida amount=50
    03-01 10:00 order.paid p4 buyer_id=ida amount=70
    02-02 23:00 order.paid p5 buyer_id=jon amount=100
    01-15 12:00 order.paid p6 buyer_id=kim amount=100
    01-30 12:00 order.paid p7 buyer_id=kim amount=100
    01-28 13:00 order.paid p8 buyer_id=lea amount=100
    02-01 13:00 order.refunded order_id=p8 refund_id=r8 amount=100
    01-31 12:00 order.paid p9 buyer_id=lea amount=100
"""
EVENTS = "\n".join(
    line.replace("order.paid ", "order.paid order_id=") for line in STORY.splitlines()
)


def ratio(text: str) -> Decimal:
    return Decimal(text).quantize(Decimal("0.000001"))


@pytest.fixture(scope="module")
def content(service: Service, tmp_path_factory: pytest.TempPathFactory) -> Content:
    brand = told(service, EVENTS)
    folder = tmp_path_factory.mktemp("week")
    return read_run(service, week_run(brand, "2025-W10", AS_OF), folder)


def test_every_table_is_there(content: Content) -> None:
    assert list(content.frames) == [spec.name for spec in TABLES]
    for spec in TABLES:
        frame = content.frames[spec.name]
        assert frame.spec == spec
        assert len(rows(content, spec.name)) == frame.rows


def test_what_it_was_read_from(content: Content) -> None:
    assert content.settings == {
        "identity_mode": "shared",
        "touch_hours": 24,
        "live_grace_hours": 2,
        "timezone": "Asia/Shanghai",
        "currency": "CNY",
    }
    assert (content.timezone, content.currency, content.rule_version) == (
        *("Asia/Shanghai", "CNY"),
        1,
    )


# o1 and o6 are ann's, a member since February; o2 and o3 name g1 and are of members; o5 followed a
# click; fay's o4 only names a live. o7 is a gift and o8 the next week's.
ORDERS: list[tuple[Any, ...]] = [
    # order, kind, amount, refunded, net, cell, reason, group, note, first note, creator, live
    ("o1", "normal", 1000, 300, 700, "member_only", "member", "g1", "n1", "n1", "c1", None),
    (
        "o2",
        "normal",
        2000,
        500,
        1500,
        "member_and_touch",
        "touch_by_order",
        "g1",
        "n1",
        "n1",
        "c1",
        None,
    ),
    (
        "o3",
        "normal",
        400,
        0,
        400,
        "member_and_touch",
        "touch_by_order",
        "g1",
        None,
        None,
        None,
        None,
    ),
    ("o4", "normal", 300, 0, 300, "neither", "neither", None, None, None, None, "l1"),
    ("o5", "normal", 500, 0, 500, "touch_only", "touch_by_click", "g2", None, None, None, None),
    ("o6", "deposit", 800, 0, 800, "member_only", "member", "g1", "n1", "n1", "c1", None),
]


def test_orders(content: Content) -> None:
    found = rows(
        content,
        "orders",
        *("order_id", "kind", "amount", "refunded", "net", "cell", "reason", "group_id"),
        *("note_id", "first_note_id", "creator_id", "live_id"),
    )
    assert found == ORDERS
    of_people = ("buyer_id", "customer_id", "matched", "member_id", "source_kind", "joined_at")
    of_ann = ("ann", "m:ann", True, "ann", "note", parse_instant(at("02-20", "10:00")))
    assert rows(content, "orders", *of_people) == [
        of_ann,
        ("bob", "m:bob", True, "bob", "note", parse_instant(at("03-04", "10:00"))),
        ("cat", "m:cat", True, None, None, None),
        ("fay", "b:fay", False, None, None, None),
        ("gil", "m:gil", True, None, None, None),
        of_ann,
    ]
    names = ("group_name", "note_title", "creator_name", "mcn")
    assert rows(content, "orders", *names)[:2] == [("茶友群", "早春", "小红", "甲")] * 2
    assert [bool(row["click_event_id"]) for row in rows(content, "orders")] == [
        *(False, False, False, False, True, False)
    ]
    first = rows(content, "orders")[0]
    assert first["paid_at"] == parse_instant(at("03-03", "12:00"))
    assert str(first["paid_day"]) == "2025-03-03"


def test_refunds(content: Content) -> None:
    """o0's is capped at its amount; o2's came after the week, and o4's after as_of."""
    found = rows(
        content, "refunds", "order_id", "refund_id", "amount", "order_in_window", "in_window"
    )
    assert found == [
        ("o0", "r0", 600, False, True),
        ("o1", "r1", 300, True, True),
        ("o2", "r2", 500, True, False),
    ]
    assert rows(content, "refunds", "cell", "group_id") == [
        *(("member_only", "g1"), ("member_only", "g1"), ("member_and_touch", "g1"))
    ]


def test_group_share(content: Content) -> None:
    """W09's refund of 03-05 had not happened on its Monday, though it moves W10's ledger."""
    found = rows(content, "group_share", "period", "basis", "orders", "gmv")
    nothing = [
        (week, basis, 0, 0)
        for week in ("2025-W06", "2025-W07", "2025-W08")
        for basis in ("gross", "net", "net_ledger")
    ]
    nothing[3:6] = [("2025-W07", basis, 1, 150) for basis in ("gross", "net", "net_ledger")]
    assert found == [
        *nothing,
        *(("2025-W09", basis, 2, 670) for basis in ("gross", "net", "net_ledger")),
        ("2025-W10", "gross", 6, 5000),
        ("2025-W10", "net", 6, 4200),
        ("2025-W10", "net_ledger", 6, 4100),
    ]
    cells = [
        f"{cell}_{of}"
        for cell in ("member_and_touch", "member_only", "touch_only", "neither")
        for of in ("orders", "gmv")
    ]
    gross, net, ledger = rows(content, "group_share", *cells)[-3:]
    assert gross == (2, 2400, 2, 1800, 1, 500, 1, 300)
    assert net == (2, 1900, 2, 1500, 1, 500, 1, 300)
    assert ledger == (2, 2400, 2, 900, 1, 500, 1, 300)
    shares = ("share_touch", "share_member", "share_low", "share_high")
    assert rows(content, "group_share", *shares)[-3] == tuple(
        ratio(each) for each in ("0.58", "0.84", "0.48", "0.94")
    )
    assert rows(content, "group_share", *shares)[0] == (None, None, None, None)
    rest = ("matched_orders", "match_rate", "uncredited_orders", "uncredited_gmv")
    assert rows(content, "group_share", *rest)[-3] == (5, ratio("0.833333"), 1, 300)
    assert rows(content, "group_share", "start", "end", "as_of")[-1][2] == parse_instant(AS_OF)
    # Earlier weeks are as of their own Mondays.
    mondays = [parse_instant(at(day, "06:00")) for day in ("02-10", "02-17", "02-24", "03-03")]
    assert [row[0] for row in rows(content, "group_share", "as_of")][:12:3] == mondays


def test_repurchase_and_its_buyers(content: Content) -> None:
    """First purchases of 01-27 to 02-03. Ida was a member; kim had bought before; lea's first
    was given back. Ida's next purchase day came too late, and jon and lea have none.
    """
    found = rows(
        content,
        "repurchase",
        *("period", "segment", "buyers", "mature_buyers", "immature_buyers", "repeat_buyers"),
        *("rate", "lift"),
    )
    assert found[-3:] == [
        ("2025-W10", "all", 4, 4, 0, 1, ratio("0.25"), ratio("0")),
        ("2025-W10", "group", 1, 1, 0, 0, ratio("0"), None),
        ("2025-W10", "non_group", 3, 3, 0, 1, ratio("0.333333"), None),
    ]
    cohorts = rows(content, "repurchase", "cohort_start", "cohort_end")
    assert [str(day) for day in cohorts[-1]] == ["2025-01-27", "2025-02-03"]
    bought = rows(
        content,
        "buyers",
        *("customer_id", "segment", "anchor_order_id", "group_id", "second_order_id"),
        *("mature", "repeat"),
    )
    assert bought == [
        ("b:hal", "non_group", "p1", None, "p2", True, True),
        ("b:jon", "non_group", "p5", None, None, True, False),
        ("b:lea", "non_group", "p9", None, None, True, False),
        ("m:ida", "group", "p3", "g1", "p4", True, False),
    ]
    assert rows(content, "buyers", "anchor_at", "second_at")[0] == (
        parse_instant(at("01-28", "12:00")),
        parse_instant(at("02-10", "12:00")),
    )


FUNNEL = (
    *("joins", "joined_customers", "mature_joins", "left", "speakers", "buyers", "repeat_buyers"),
    *("credited_orders", "credited_gmv", "credited_net_gmv"),
)
# Bob came by n1, spoke, and bought on 03-04 and 03-10; ann's and bob's orders are credited to it.
BY_NOTE = (1, 1, 0, 0, 1, 1, 1, 3, 3800, 3000)
# Cat bought and left; dan left only after as_of.
BY_NONE = (2, 2, 0, 1, 0, 1, 0, 3, 1200, 1200)


def test_notes_creators_and_agencies(content: Content) -> None:
    names = ("note_id", "note_title", "creator_id", "creator_name", "mcn", "url")
    assert rows(content, "notes", *names, *FUNNEL) == [
        ("n1", "早春", "c1", "小红", "甲", "https://notes.example/n1", *BY_NOTE),
        (None, None, None, None, None, None, *BY_NONE),
    ]
    assert rows(content, "creators", "creator_id", "creator_name", "kind", "mcn", *FUNNEL) == [
        ("c1", "小红", "koc", "甲", *BY_NOTE),
        (None, None, None, None, *BY_NONE),
    ]
    assert rows(content, "mcns", "mcn", *FUNNEL) == [("甲", *BY_NOTE), (None, *BY_NONE)]


def test_groups(content: Content) -> None:
    found = rows(content, "groups")
    assert [tuple(row.values()) for row in found] == [
        (
            "g1",
            "茶友群",
            1,
            3,
            2,
            0,
            1,
            1,
            3,
            1,
            ratio("0.333333"),
            ratio("0"),
            4,
            4200,
            ratio("0.84"),
            3400,
        ),
        ("g2", None, 0, 0, 1, 1, 0, 0, 1, 0, ratio("0"), None, 1, 500, ratio("0.1"), 500),
    ]


def test_lives(content: Content) -> None:
    (live,) = rows(content, "lives")
    assert (live["live_id"], live["title"], live["creator_id"], live["creator_name"]) == (
        *("l1", "夜场"),
        *("c1", "小红"),
    )
    assert live["started_at"] == parse_instant(at("03-06", "20:00"))
    assert live["ended_at"] == parse_instant(at("03-06", "21:00"))
    counts = ("viewers", "group_viewers", "joins", "orders", "gmv", "member_orders", "member_gmv")
    assert tuple(live[name] for name in counts) == (1, 1, 0, 1, 300, 0, 0)


def test_retention(content: Content) -> None:
    """Bob stayed and spoke on the next day, on which cat left; dan's was not over."""
    found = rows(content, "retention", "period", "kind", "day", "mature", "retained", "rate")
    assert found[-6:] == [
        ("2025-W10", "speak", 1, 2, 1, ratio("0.5")),
        ("2025-W10", "speak", 7, 0, 0, None),
        ("2025-W10", "speak", 30, 0, 0, None),
        ("2025-W10", "stay", 1, 2, 1, ratio("0.5")),
        ("2025-W10", "stay", 7, 0, 0, None),
        ("2025-W10", "stay", 30, 0, 0, None),
    ]
    # Ann joined in W08 and stayed: on its Monday, 02-24, day 1 was over.
    assert found[12:18][3] == ("2025-W08", "stay", 1, 1, 1, ratio("1"))


def test_new_members(content: Content) -> None:
    """Dan left after as_of, and eve joined after the week."""
    found = rows(
        content,
        "new_members",
        *("group_id", "member_id", "customer_id", "nickname", "group_name", "left_at", "inferred"),
        *("source_kind", "note_id", "note_title", "creator_id", "creator_name", "mcn"),
    )
    left = parse_instant(at("03-06", "09:00"))
    assert found == [
        (
            "g1",
            "bob",
            "m:bob",
            "小波",
            "茶友群",
            None,
            False,
            "note",
            "n1",
            "早春",
            "c1",
            "小红",
            "甲",
        ),
        ("g1", "dan", "m:dan", None, "茶友群", None, False, "search", None, None, None, None, None),
        ("g2", "cat", "m:cat", None, None, left, False) + (None,) * 6,
    ]


def test_sums(content: Content) -> None:
    expected = {
        "orders": 6,
        "gmv": 5000,
        "net": 4200,
        "net_ledger": 4100,
        "matched_orders": 5,
        "uncredited_orders": 1,
        "uncredited_gmv": 300,
        "uncredited_net": 300,
        "refunded_of_orders": 800,
        "refunded_in_window": 900,
        "refunds_in_window": 2,
        "joins": 3,
        "member_and_touch_orders": 2,
        "member_and_touch_gmv": 2400,
        "member_and_touch_net": 1900,
        "member_and_touch_net_ledger": 2400,
        "member_only_net_ledger": 900,
        "touch_only_gmv": 500,
        "neither_gmv": 300,
        "buyers_all": 4,
        "mature_buyers_all": 4,
        "repeat_buyers_all": 1,
        "buyers_group": 1,
        "repeat_buyers_group": 0,
        "buyers_non_group": 3,
        "repeat_buyers_non_group": 1,
    }
    assert {name: content.sums[name] for name in expected} == expected


def test_data_quality(content: Content) -> None:
    found = {row["check"]: row for row in rows(content, "data_quality")}
    for check in ("dead_letters", "pending_events", "suspect_snapshots", "refund_surplus"):
        assert (found[check]["severity"], found[check]["value"]) == ("ok", 0)
    assert (found["match_rate"]["value"], found["match_rate"]["rate"]) == (5, ratio("0.833333"))
    # Three joinings are younger than 30 days, and history begins in January.
    assert found["immature_buyers"]["severity"] == "info"
    assert "3" in found["immature_buyers"]["note"]
    assert "2025-01-15" in found["short_history"]["note"]


def test_definitions(content: Content) -> None:
    found = {(row["table"], row["column"]): row for row in rows(content, "definitions")}
    touch = found["Group share", "share_touch"]
    assert touch["numerator"] == "Member and touch: GMV + Touch only: GMV"
    assert touch["denominator"] == "Brand GMV"
    lift = found["30-day repurchase", "lift"]
    assert (lift["numerator"], lift["unit"]) == ("Group members", "ratio")
    assert ("Notes, Creators, MCNs", "credited_net_gmv") in found
    assert {row["rule_version"] for row in found.values()} == {1}


def test_a_window_and_those_before_it(service: Service, tmp_path: Path) -> None:
    """Three days, 03-03 to 03-06, and as many before, each as of the same lag after its end."""
    brand = told(service, EVENTS)
    week = week_run(brand, "2025-W10", AS_OF)
    assert week.first_day is not None
    end = week.first_day.replace(day=6)
    run = run_of(brand, "window", week.first_day, end, at("03-06", "12:00"), revision=None)
    content = read_run(service, run, tmp_path)
    found = rows(content, "group_share", "period", "basis", "orders", "gmv", "as_of")
    names = [name for name, basis, *_ in found if basis == "gross"]
    assert names[-2:] == ["2025-02-28/2025-03-03", "2025-03-03/2025-03-06"]
    assert len(names) == 5
    net = {row[0]: row[2:] for row in found if row[1] == "net"}
    assert net[names[-1]] == (3, 3100, parse_instant(at("03-06", "12:00")))
    assert net[names[-2]] == (1, 70, parse_instant(at("03-03", "12:00")))


def test_what_was_told_of_a_later_time_is_not_known_yet(service: Service, tmp_path: Path) -> None:
    """After as_of the live was ended a second time, and ann joined for the first time."""
    brand = told(
        service,
        """
        03-06 20:00 live.started  live_id=l1
        03-06 21:00 live.ended    live_id=l1
        03-06 19:00 live.started  live_id=l0
        03-10 04:00 live.ended    live_id=l0
        03-06 20:10 live.joined   live_id=l1 member_id=ann
        03-06 20:20 live.joined   live_id=l0 member_id=bob
        03-06 20:30 live.joined   live_id=l1 member_id=bob
        03-10 09:00 live.ended    live_id=l1
        03-06 22:59 order.paid    order_id=o1 buyer_id=ann amount=100
        03-08 12:00 order.paid    order_id=o2 buyer_id=ann amount=100
        03-08 12:00 order.paid    order_id=o3 buyer_id=bob amount=100
        03-10 07:00 member.joined group_id=g1 member_id=ann source.kind=note source.note_id=n1
        """,
    )
    run = week_run(brand, "2025-W10", AS_OF)
    content = read_run(service, run, tmp_path)
    # Now all three count for l1, which started last of those viewed and was still on.
    assert rows(content, "orders", "order_id", "live_id", "first_note_id", "matched") == [
        ("o1", "l1", None, True),
        ("o2", None, None, True),
        ("o3", "l0", None, True),
    ]
    assert rows(content, "lives", "live_id", "orders") == [("l0", 1), ("l1", 1)]
    later = tmp_path / "later"
    later.mkdir()
    content = read_run(service, week_run(brand, "2025-W10", at("04-01")), later)
    found = rows(content, "orders", "live_id", "first_note_id")
    assert found == [("l1", "n1"), ("l1", "n1"), ("l1", None)]


def test_earlier_weeks_are_as_of_when_they_were_published(service: Service, tmp_path: Path) -> None:
    """W09 was exported on a Tuesday, by another setting than today's."""
    brand = told(service, EVENTS)
    published = at("03-04", "08:00")
    service.sql(
        "INSERT INTO export (brand_id, export_id, kind, week, revision, as_of, language, asked,"
        " state, created_by) VALUES (:brand, 'exp_before', 'weekly', '2025-W09', 1, :as_of, 'en',"
        " '{}', 'done', 'system')",
        brand=brand.brand_id,
        as_of=parse_instant(published),
    )
    content = read_run(service, week_run(brand, "2025-W10", AS_OF), tmp_path)
    found = {(row["period"], row["basis"]): row for row in rows(content, "group_share")}
    assert found["2025-W09", "net"]["as_of"] == parse_instant(published)
    assert found["2025-W08", "net"]["as_of"] == parse_instant(at("02-24", "06:00"))
