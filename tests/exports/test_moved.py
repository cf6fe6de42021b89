"""What moved between two revisions: each number by hand, and what did it by its rows."""

from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path

import pytest

from tests.exports.revisions import (
    AS_OF,
    BEFORE,
    WEEK,
    Tables,
    at,
    buyer,
    causes,
    changes,
    compared,
    joining,
    member,
    numbers,
    order,
    refund,
    share,
    sums,
)


def world() -> Tables:
    """10.00 by a member of g1, 20.00 by nobody known; two members; two buyers, none again."""
    return {
        "orders": [member("o1"), order("o2", 2000)],
        "refunds": [],
        "new_members": [joining("m1"), joining("m2", note_id=None, creator_id=None)],
        "buyers": [buyer("b:b8", "a8"), buyer("m:m9", "a9", segment="group")],
    }


def test_unchanged_is_none(tmp_path: Path) -> None:
    assert compared(tmp_path, sums(world()), sums(world())) is None


def test_a_refund(tmp_path: Path) -> None:
    """4.00 of the member's 10.00: net, net_ledger, and whom the order is credited to."""
    after = world()
    after["orders"][0] = member("o1", refunded=400)
    after["refunds"] = [refund("o1", "r1", 400, cell="member_only", group_id="g1")]
    found = numbers(compared(tmp_path, sums(world()), sums(after)))
    assert found == {
        ("group_share", f"{WEEK}/net", "gmv"): ("3000", "2600", "1 refund"),
        ("group_share", f"{WEEK}/net", "member_only_gmv"): ("1000", "600", "1 refund"),
        ("group_share", f"{WEEK}/net", "share_member"): ("0.333333", "0.230769", "1 refund"),
        ("group_share", f"{WEEK}/net_ledger", "gmv"): ("3000", "2600", "1 refund"),
        ("group_share", f"{WEEK}/net_ledger", "member_only_gmv"): ("1000", "600", "1 refund"),
        ("group_share", f"{WEEK}/net_ledger", "share_member"): (
            *("0.333333", "0.230769", "1 refund"),
        ),
        ("groups", "g1", "credited_net_gmv"): ("1000", "600", "1 refund"),
        ("notes", "n1", "credited_net_gmv"): ("1000", "600", "1 refund"),
        ("creators", "c1", "credited_net_gmv"): ("1000", "600", "1 refund"),
        ("mcns", "", "credited_net_gmv"): ("3000", "2600", "1 refund"),
    }


def test_how_numbers_are_shown(tmp_path: Path) -> None:
    after = world()
    after["orders"][0] = member("o1", refunded=400)
    after["refunds"] = [refund("o1", "r1", 400, cell="member_only", group_id="g1")]
    moves = compared(tmp_path, sums(world()), sums(after), language="zh-CN")
    assert moves is not None
    (batch,) = moves.frames("https://crm.example.com/")["moved"].batches()
    rows = {(row["key"], row["column"]): row for row in batch.to_pylist()}
    money = rows[f"{WEEK}/net", "gmv"]
    assert (money["before"], money["after"], money["difference"]) == ("30.00", "26.00", "-4.00")
    assert money["causes"] == "1 笔退款"
    assert money["examples"] == "o1/r1"
    assert money["link"] == "https://crm.example.com/v1/orders/o1/explain"
    ratio = rows[f"{WEEK}/net", "share_member"]
    assert (ratio["before"], ratio["after"]) == ("33.33%", "23.08%")
    assert ratio["difference"] == "-10.26 pp"
    assert ratio["value_difference"] == Decimal("-0.102564")
    assert ratio["where"] == "群成交占比"
    assert ratio["row"] == f"{WEEK} · 扣除退款"
    assert moves.summary["causes"] == {"refund": 1}
    assert moves.summary["numbers"] == 10
    (change,) = [row for row in changes(moves) if row["table"] == "refunds"]
    assert change["cause"] == "refund"
    assert change["cause_said"] == "退款"
    assert (change["row"], change["field"]) == ("o1 / r1", None)


def test_corrected_and_gone_refunds(tmp_path: Path) -> None:
    """One of 3.00 becomes 5.00, one of 1.00 is gone: together 1.00 less is left."""
    before, after = world(), world()
    before["orders"][1] = order("o2", 2000, refunded=400)
    before["refunds"] = [refund("o2", "r1", 300), refund("o2", "r2", 100)]
    after["orders"][1] = order("o2", 2000, refunded=500)
    after["refunds"] = [refund("o2", "r1", 500)]
    moves = compared(tmp_path, sums(before), sums(after))
    said = "1 corrected refund, 1 refund that no longer counts"
    assert numbers(moves)["group_share", f"{WEEK}/net", "gmv"] == ("2600", "2500", said)
    assert numbers(moves)["notes", "", "credited_net_gmv"] == ("1600", "1500", said)
    assert {(row["row"], row["field"], row["before"], row["after"]) for row in changes(moves)} == {
        ("o2 / r1", "amount", "300", "500"),
        ("o2 / r2", None, None, None),
    }


def test_a_whole_refund_takes_a_buyer_away(tmp_path: Path) -> None:
    """A part of it does not; and neither changes how many orders there are."""
    part, whole = world(), world()
    part["orders"][0] = member("o1", refunded=999)
    part["refunds"] = [refund("o1", "r1", 999, cell="member_only")]
    whole["orders"][0] = member("o1", refunded=1000)
    whole["refunds"] = [refund("o1", "r1", 1000, cell="member_only")]
    found = numbers(compared(tmp_path, sums(part), sums(whole)))
    assert found["notes", "n1", "buyers"] == ("1", "0", "1 corrected refund")
    assert not [key for key in found if key[2].endswith("orders")]
    assert ("notes", "n1", "buyers") not in numbers(compared(tmp_path, sums(world()), sums(part)))


def test_no_number_names_people(tmp_path: Path) -> None:
    """Only a link of a number may lead to somebody, so an erasure reaches both tables."""
    after = world()
    after["new_members"].append(joining("m3"))
    moves = compared(tmp_path, sums(world()), sums(after))
    assert moves is not None
    frames = moves.frames()
    assert (frames["moved"].spec.people, frames["changes"].spec.people) == (True, True)
    told = [str(row) for batch in frames["moved"].batches() for row in batch.to_pylist()]
    assert not [row for row in told if "m3" in row]
    assert changes(moves)[0]["link"] == "/v1/customers/m%3Am3/timeline"


def test_a_refund_of_another_weeks_order(tmp_path: Path) -> None:
    """Only the ledger of this week has it."""
    after = world()
    after["refunds"] = [refund("o0", "r1", 700, order_in_window=False)]
    assert causes(compared(tmp_path, sums(world()), sums(after))) == {
        ("group_share", "gmv"): "1 refund",
        ("group_share", "neither_gmv"): "1 refund",
        ("group_share", "share_member"): "1 refund",
    }


def test_the_order_of_a_refund_changes_its_cell(tmp_path: Path) -> None:
    """It was paid in a week before, so only its refund lies here."""
    before, after = world(), world()
    before["refunds"] = [refund("o0", "r1", 700, order_in_window=False)]
    after["refunds"] = [refund("o0", "r1", 700, order_in_window=False, cell="member_only")]
    assert causes(compared(tmp_path, sums(before), sums(after))) == {
        ("group_share", "member_only_gmv"): "1 order credited otherwise",
        ("group_share", "neither_gmv"): "1 order credited otherwise",
        ("group_share", "share_member"): "1 order credited otherwise",
    }


def test_two_late_joins(tmp_path: Path) -> None:
    """One of them makes an order a member's."""
    after = world()
    after["new_members"] += [joining("m3"), joining("m4", note_id="n2", creator_id="c2")]
    after["orders"][1] = member("o2", 2000, member_id="m3", customer_id="b:b-o2", buyer_id="b-o2")
    after["new_members"][2]["customer_id"] = "b:b-o2"
    moves = compared(tmp_path, sums(world()), sums(after))
    found = numbers(moves)
    assert found["group_share", f"{WEEK}/gross", "share_member"] == (
        *("0.333333", "1", "1 late join"),
    )
    assert found["groups", "g1", "joins"] == ("2", "4", "2 late joins")
    assert found["notes", "n1", "joins"] == ("1", "2", "1 late join")
    assert found["notes", "n2", "joins"] == (None, "1", "1 late join")
    assert found["notes", "n1", "credited_gmv"] == ("1000", "3000", "1 late join")
    assert found["notes", "n1", "buyers"] == ("1", "2", "1 late join")
    assert found["retention", f"{WEEK}/stay/1", "mature"] == ("2", "4", "2 late joins")
    assert ("repurchase", f"{WEEK}/all", "buyers") not in found
    assert moves is not None
    assert [k for k, v in found.items() if "no row" in v[2]] == []
    assert moves.summary["causes"] == {"late_join": 2}


def test_a_merge(tmp_path: Path) -> None:
    """The buyer of o2 turns out to be the member m2: one merge, however many rows show it."""
    before, after = world(), world()
    before["orders"].append(order("o3", 500, buyer_id="b-o2", customer_id="b:b-o2"))
    credit = {"member_id": "m2", "customer_id": "m:m2", "buyer_id": "b-o2", "note_id": None}
    after["orders"][1:] = [member("o2", 2000, **credit), member("o3", 500, **credit)]
    moves = compared(tmp_path, sums(before), sums(after))
    found = numbers(moves)
    assert found["group_share", f"{WEEK}/gross", "neither_orders"] == ("2", "0", "1 merge")
    assert found["groups", "g1", "credited_gmv"] == ("1000", "3500", "1 merge")
    assert ("notes", "", "credited_gmv") not in found
    # By the note n1 came m1 alone, so its buyers are who they were.
    assert ("notes", "n1", "buyers") not in found
    assert moves is not None
    assert moves.summary["causes"] == {"people_joined": 1}
    assert {row["cause"] for row in changes(moves)} == {"people_joined"}
    undone = compared(tmp_path, sums(after), sums(before))
    assert set(causes(undone).values()) == {"1 unmerge"}


def test_a_merge_within_the_same_customer_id(tmp_path: Path) -> None:
    """m:m1 takes up the buyer of o2; o1's own row only shows that m0 is credited."""
    before, after = world(), world()
    before["new_members"][1] = joining("m2", customer_id="m:m2")
    after["new_members"][1] = joining("m2", customer_id="m:m1")
    after["orders"][0] = member("o1", member_id="m2", joined_at=at(8))
    before["orders"][0] = member("o1", group_id="g0")
    assert causes(compared(tmp_path, sums(before), sums(after)))["groups", "credited_gmv"] == (
        "1 merge"
    )


def test_two_members_are_one(tmp_path: Path) -> None:
    """Customers are counted once, joins and leaves are not."""
    before, after = world(), world()
    after["new_members"][1]["customer_id"] = "m:m1"
    was, now = sums(before), sums(after)
    was["groups"][0]["members_end"], now["groups"][0]["members_end"] = 2, 1
    found = numbers(compared(tmp_path, was, now))
    assert found["groups", "g1", "members_end"] == ("2", "1", "1 merge")
    assert ("groups", "g1", "joins") not in found


def test_a_setting(tmp_path: Path) -> None:
    """touch_hours 24 to 48: the click counts now, and no click came late."""
    after = world()
    click = {"click_event_id": "k1", "click_source": "api", "reason": "touch_by_click"}
    after["orders"][0] = member("o1", cell="member_and_touch", **click)
    moves = compared(tmp_path, sums(world()), sums(after), now={"touch_hours": 48})
    assert set(causes(moves).values()) == {"1 setting (touch_hours)"}
    late = compared(tmp_path, sums(world()), sums(after))
    assert set(causes(late).values()) == {"1 late click"}


def test_a_late_order_moves_anchor_and_repurchase(tmp_path: Path) -> None:
    """b8 bought before, among members; and so twice within 30 days."""
    after = world()
    again = {"second_order_id": "a8", "second_at": datetime(2026, 10, 6, tzinfo=UTC)}
    after["buyers"][0] = buyer(
        "b:b8",
        "a7",
        anchor_at=datetime(2026, 10, 5, tzinfo=UTC),
        segment="group",
        repeat=True,
        **again,
    )
    moves = compared(tmp_path, sums(world()), sums(after))
    found = numbers(moves)
    assert found["repurchase", f"{WEEK}/all", "repeat_buyers"] == ("0", "1", "1 late order")
    assert found["repurchase", f"{WEEK}/non_group", "buyers"] == ("1", "0", "1 late order")
    assert found["repurchase", f"{WEEK}/group", "rate"] == (*("0", "0.5", "1 late order"),)
    assert {key[0] for key in found} == {"repurchase"}
    headline = {each["name"]: each for each in moves.summary["headline"]} if moves else {}
    assert headline["repurchase.group.rate"]["after"] == 0.5
    assert headline["group_share.gross.gmv"]["before"] == 3000


def test_a_late_order(tmp_path: Path) -> None:
    after = world()
    after["orders"].append(order("o3", 1000))
    found = numbers(compared(tmp_path, sums(world()), sums(after)))
    assert found["group_share", f"{WEEK}/gross", "gmv"] == ("3000", "4000", "1 late order")
    assert found["group_share", f"{WEEK}/net", "neither_orders"] == ("1", "2", "1 late order")
    assert ("groups", "g1", "credited_gmv") not in found
    gone = numbers(compared(tmp_path, sums(after), sums(world())))
    assert gone["group_share", f"{WEEK}/gross", "orders"] == (
        *("3", "2", "1 order that no longer counts"),
    )


def test_a_correction(tmp_path: Path) -> None:
    after = world()
    after["orders"][0] = member("o1", 1500)
    moves = compared(tmp_path, sums(world()), sums(after))
    assert set(causes(moves).values()) == {"1 corrected order"}
    (change,) = changes(moves)
    assert (change["field"], change["before"], change["after"]) == ("amount", "1000", "1500")
    assert change["link"] == "/v1/orders/o1/explain"


def test_a_notes_creator_and_a_creators_mcn(tmp_path: Path) -> None:
    before, after = world(), world()
    after["orders"][0] = member("o1", creator_id="c9")
    after["new_members"][0] = joining("m1", creator_id="c9")
    found = numbers(compared(tmp_path, sums(before), sums(after)))
    assert found["creators", "c1", "joins"] == ("1", None, "1 note's creator")
    assert found["creators", "c9", "credited_gmv"] == (None, "1000", "1 note's creator")
    assert {key[0] for key in found} == {"creators"}
    agency = world()
    agency["orders"][0] = member("o1", mcn="Acme")
    agency["new_members"][0] = joining("m1", mcn="Acme")
    found = numbers(compared(tmp_path, sums(before), sums(agency)))
    assert found["mcns", "Acme", "credited_gmv"] == (None, "1000", "1 creator's MCN")
    assert {key[0] for key in found} == {"mcns"}


def test_leaves_and_sources(tmp_path: Path) -> None:
    after = world()
    after["new_members"][0] = joining("m1", left_at=at(11))
    after["new_members"][1] = joining("m2", note_id="n2", creator_id=None)
    found = numbers(compared(tmp_path, sums(world()), sums(after)))
    assert found["groups", "g1", "leaves"] == ("0", "1", "1 late leave, 1 changed source")
    assert found["notes", "n1", "left"] == ("0", "1", "1 late leave")
    assert found["notes", "n2", "joins"] == (None, "1", "1 changed source")


def test_a_mix(tmp_path: Path) -> None:
    """Three refunds, two late joins and a merge, said in one sentence where all reach a number."""
    before = world()
    before["orders"] += [order(f"p{n}", 100) for n in range(3)]
    after = world()
    after["orders"] += [order(f"p{n}", 100, refunded=50) for n in range(3)]
    after["refunds"] = [refund(f"p{n}", "r", 50) for n in range(3)]
    after["orders"][1] = member("o2", 2000, member_id="m2", customer_id="m:m2", buyer_id="b-o2")
    for n, joined in enumerate(("j1", "j2"), 3):
        row = {"member_id": joined, "customer_id": f"b:b-p{n}", "buyer_id": f"b-p{n}"}
        before["orders"].append(order(f"p{n}", 100))
        after["orders"].append(member(f"p{n}", 100, **row))
        after["new_members"].append(joining(joined, customer_id=f"b:b-p{n}"))
    moves = compared(tmp_path, sums(before), sums(after))
    found = numbers(moves)
    assert found["group_share", f"{WEEK}/net", "share_member"][2] == (
        "3 refunds, 2 late joins, 1 merge"
    )
    assert found["group_share", f"{WEEK}/gross", "share_member"][2] == "2 late joins, 1 merge"
    assert found["group_share", f"{WEEK}/net_ledger", "gmv"] == ("3500", "3350", "3 refunds")
    assert moves is not None
    assert moves.summary["causes"] == {"refund": 3, "late_join": 2, "people_joined": 1}


def test_the_threshold(tmp_path: Path) -> None:
    """1 % of 30.00 is 0.30: a refund of 0.20 is below, but with one beyond it all are told."""
    before: Tables = {"group_share": [share("gross", gmv=3000, orders=2), share("net", gmv=3000)]}
    after: Tables = {"group_share": [share("gross", gmv=3000, orders=2), share("net", gmv=2980)]}
    assert compared(tmp_path, before, after, threshold=100) is None
    assert compared(tmp_path, before, after, threshold=66) is not None
    assert compared(tmp_path, before, after, threshold=67) is None
    after["group_share"][0]["gmv"] = 2000
    moves = compared(tmp_path, before, after, threshold=100)
    assert len(numbers(moves)) == 2
    before["group_share"][0]["gmv"] = None
    assert compared(tmp_path, before, after, threshold=10_000) is not None


def test_unexplained_and_other_weeks(tmp_path: Path) -> None:
    """Where no row shows why, that is said; the rows of other weeks lie with those."""
    before: Tables = {
        "group_share": [share("gross", gmv=3000), share("gross", BEFORE, gmv=10)],
        "orders": [order("o1")],
    }
    after: Tables = {
        "group_share": [share("gross", gmv=4000), share("gross", BEFORE, gmv=20)],
        "orders": [order("o1")],
    }
    moves = compared(tmp_path, before, after)
    assert list(numbers(moves).values()) == [
        ("3000", "4000", "no row of this export shows why"),
        ("10", "20", "the rows of this period are in its own week's export"),
    ]
    assert moves is not None
    assert moves.summary["causes"] == {"unexplained": 1, "other_period": 1}


def test_messages_have_no_rows(tmp_path: Path) -> None:
    before: Tables = {"groups": [{"group_id": "g1", "messages": 5, "speakers": 2, "leaves": 1}]}
    after: Tables = {"groups": [{"group_id": "g1", "messages": 8, "speakers": 3, "leaves": 3}]}
    moves = compared(tmp_path, before, after)
    assert numbers(moves) == {
        ("groups", "g1", "messages"): ("5", "8", "3 late messages"),
        ("groups", "g1", "speakers"): ("2", "3", "3 late messages"),
        ("groups", "g1", "leaves"): ("1", "3", "2 late leaves"),
    }
    assert moves is not None
    assert moves.summary["causes"] == {"late_message": 3, "late_leave": 2}


def test_erasure_is_no_join(tmp_path: Path) -> None:
    """m2 goes by another name; what moved is a refund."""
    name = "erased-abcdefghijkm-1"
    before, after = world(), world()
    before["new_members"][1] = joining("m2", nickname="阿红", left_at=at(12))
    after["new_members"][1] = joining(name, customer_id=f"m:{name}", left_at=at(12))
    before["orders"].append(member("o3", member_id="m2", customer_id="m:m2", buyer_id="m2"))
    erased = {"member_id": name, "customer_id": f"m:{name}", "buyer_id": name}
    after["orders"].append(member("o3", **erased))
    before["buyers"].append(buyer("m:m2", "a2"))
    after["buyers"].append(buyer(f"m:{name}", "a2"))
    assert compared(tmp_path, sums(before), sums(after)) is None
    after["orders"][1] = order("o2", 2000, refunded=100)
    after["refunds"] = [refund("o2", "r1", 100)]
    moves = compared(tmp_path, sums(before), sums(after))
    assert set(causes(moves).values()) == {"1 refund"}
    assert moves is not None
    assert moves.summary["causes"] == {"refund": 1, "erased": 1}


def test_previous_files_are_gone(tmp_path: Path) -> None:
    """Only the manifest's figures are left, and so it is said."""
    after = world()
    after["orders"].append(order("o3", 1000))
    figures = ({"gmv": 3000, "orders": 2}, {"gmv": 4000, "orders": 3})
    moves = compared(tmp_path, sums(world()), sums(after), keep=set(), figures=figures)
    said = "the rows of the revision before are no longer kept"
    found = numbers(moves)
    assert found["sums", "gmv", "gmv"] == ("3000", "4000", said)
    assert found["rows", "orders", "orders"] == ("2", "3", said)
    assert changes(moves) == []
    same = ({"gmv": 3000}, {"gmv": 3000})
    assert compared(tmp_path, sums(world()), sums(world()), keep=set(), figures=same) is None
    # An erasure took the files that name people; the sums are there.
    kept = {name for name in sums(world()) if name not in ("orders", "new_members", "buyers")}
    partly = compared(tmp_path, sums(world()), sums(after), keep=kept)
    assert causes(partly)["group_share", "gmv"] == said


def test_a_table_that_is_new(tmp_path: Path) -> None:
    """The release before did not have it: nothing moved."""
    before = {name: rows for name, rows in sums(world()).items() if name != "notes"}
    assert compared(tmp_path, before, sums(world())) is None


def test_more_than_are_listed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("app.exports.moved.MOST", 2)
    monkeypatch.setattr("app.exports.revision.change.MOST", 1)
    after = world()
    after["orders"] += [order("o3", 1000), order("o4", 1000)]
    moves = compared(tmp_path, sums(world()), sums(after))
    assert moves is not None
    *listed, last = [
        row for batch in moves.frames()["moved"].batches() for row in batch.to_pylist()
    ]
    assert len(listed) == 2
    assert last["where"] == f"{moves.count - 2} more are not listed"
    assert [row["cause_said"] for row in changes(moves)] == ["late order", "1 more are not listed"]


def test_rows_that_are_many(tmp_path: Path) -> None:
    """Of 3,000 orders three differ, over the bounds of batches and row groups."""
    rows = [order(f"o{n:05}", 100) for n in range(3000)]
    before: Tables = {"orders": rows, "refunds": [], "new_members": [], "buyers": []}
    after: Tables = before | {"orders": [*rows]}
    after["orders"][1500] = order("o01500", 150)
    after["orders"][99:100] = []
    after["orders"].append(order("o99999", 100))
    moves = compared(tmp_path, sums(before), sums(after))
    assert {(row["row"], row["cause"]) for row in changes(moves)} == {
        ("o00099", "order_gone"),
        ("o01500", "order_corrected"),
        ("o99999", "late_order"),
    }


def test_another_time_zone(tmp_path: Path) -> None:
    """An order that lay in the week before or after is not late."""
    after = world()
    late = order("o3", 1000, paid_at=datetime(2026, 11, 15, 20, tzinfo=UTC))
    after["orders"].append(late)
    assert late["paid_at"] < AS_OF
    moves = compared(tmp_path, sums(world()), sums(after), now={"timezone": "UTC"})
    assert set(causes(moves).values()) == {"1 setting (timezone)"}
