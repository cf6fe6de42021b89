"""Erasure by hand: what goes, what stays, and what late events can no longer bring back."""

from typing import Any

import pytest

from tests.api.door import problem
from tests.make import Brand
from tests.personal.people import Desk, event

ALL = {"start": "2025-02-01", "end": "2025-06-01", "as_of": "2025-07-01T00:00:00+08:00"}
QUESTIONS: list[tuple[str, dict[str, Any]]] = [
    ("gmv-share", ALL | {"bucket": "week"}),
    ("gmv-share", ALL | {"basis": "net_ledger"}),
    ("funnel", ALL | {"by": "note"}),
    ("funnel", ALL | {"by": "source_kind"}),
    ("retention", ALL | {"kind": "speak", "days": "1,7"}),
    ("activity", ALL),
    ("lives", ALL),
    ("before-after", ALL | {"days": "30"}),
    *(("repurchase", ALL | {"kind": kind}) for kind in ("window", "cohort", "returning")),
]

SECRETS = (
    "zhang-3",
    "zhang-buys",
    "张三",
    "13800138000",
    "悄悄话",
    "大家好",
    "刻字",
    "爱人",
    "打电话",
)
"""What may not be found anywhere once the person is erased."""


def order(id_: str, at: str, buyer: str, amount: int, **more: Any) -> dict[str, Any]:
    data = {"order_id": id_, "buyer_id": buyer, "amount": amount, "currency": "CNY"} | more
    return event(f"paid {id_}", "order.paid", at, **data)


OTHERS = ["other", "zhang-buys"]
STORY = [
    event("g", "group.created", "02-10T10:00", group_id="g1", name="群", owner_member_id="zhang-3"),
    event("n", "note.published", "02-10T10:00", note_id="n1", title="笔记", creator_id="k1"),
    event(
        *("j1", "member.joined", "03-01T10:00"),
        group_id="g1",
        member_id="zhang-3",
        nickname="张三",
        source={"kind": "note", "note_id": "n1"},
    ),
    # Both ids of the person join at one instant, and so tie.
    event(
        *("j2", "member.joined", "03-01T10:00"),
        group_id="g1",
        member_id="zhang-buys",
        source={"kind": "live", "live_id": "l1"},
    ),
    event(
        *("j3", "member.joined", "03-02T10:00"),
        group_id="g1",
        member_id="other",
        nickname="别人",
        source={"kind": "share", "inviter_member_id": "zhang-3"},
    ),
    event("s", "group.snapshot", "03-03T10:00", group_id="g1", member_ids=[*OTHERS, "zhang-3"]),
    event(
        *("u", "member.updated", "03-01T11:00"),
        member_id="zhang-3",
        phone="13800138000",
        attributes={"love": "爱人"},
    ),
    event(
        *("m1", "message.sent", "03-02T12:00"),
        group_id="g1",
        message_id="m1",
        member_id="zhang-3",
        text="大家好",
        nickname="张三",
    ),
    event(
        *("m2", "message.sent", "03-02T12:05"),
        group_id="g1",
        message_id="m2",
        member_id="other",
        text="你好",
        reply_to="m1",
    ),
    event(
        "d",
        "direct_message.received",
        "03-02T13:00",
        message_id="d1",
        member_id="zhang-3",
        text="悄悄话",
    ),
    event("c", "card.clicked", "03-04T09:00", group_id="g1", member_id="zhang-3"),
    event("l", "live.started", "03-04T09:00", live_id="l1", title="直播"),
    event("v", "live.joined", "03-04T09:10", live_id="l1", member_id="zhang-3"),
    order("o1", "03-04T10:00", "zhang-buys", 12_345, engraving="刻字"),
    order("o2", "03-20T10:00", "zhang-3", 5_000),
    order("o3", "03-05T10:00", "other", 777),
    event(
        *("r", "order.refunded", "03-21T10:00"),
        order_id="o2",
        refund_id="r1",
        amount=1_000,
        reason="打电话",
    ),
    event("k", "identity.linked", "03-05T10:00", member_id="zhang-3", buyer_id="zhang-buys"),
]


def answers(brand: Brand) -> list[Any]:
    found = []
    for name, params in QUESTIONS:
        answer = brand.ask(f"/v1/metrics/{name}", **params)
        answer.pop("caveats", None)
        found.append(answer)
    return found


@pytest.fixture
def told(desk: Desk, brand: Brand) -> Desk:
    brand.post(STORY)
    brand.drain()
    b = {"t": "t1", "g": "g1"}
    desk.sql("INSERT INTO tag_group (brand_id, tag_group_id, name) VALUES (:b, :g, '组')", g=b["g"])
    desk.sql("INSERT INTO tag (brand_id, tag_id, name) VALUES (:b, 't1', '常客')")
    desk.sql(
        "INSERT INTO tagging (brand_id, tag_id, space, id, tagged_by)"
        " VALUES (:b, 't1', 'member', 'zhang-3', 'key:x')"
    )
    desk.sql(
        "INSERT INTO remark (brand_id, remark_id, space, id, text, made_by)"
        " VALUES (:b, 'r1', 'member', 'zhang-3', '张三的备注', 'key:x')"
    )
    desk.sql(
        "INSERT INTO task (brand_id, task_id, space, id, title, made_by)"
        " VALUES (:b, 'k1', 'buyer', 'zhang-buys', '给张三打电话', 'key:x')"
    )
    desk.sql(
        "INSERT INTO segment (brand_id, segment_id, name, rule, created_by)"
        " VALUES (:b, 's1', '人群', '{}', 'key:x')"
    )
    desk.sql(
        "INSERT INTO segment_member (brand_id, segment_id, customer_id)"
        " VALUES (:b, 's1', 'm:zhang-3')"
    )
    return desk


def test_nothing_is_left_and_no_number_moves(told: Desk, brand: Brand) -> None:
    before = answers(brand)
    explained = brand.ask("/v1/orders/o1/explain", as_of=ALL["as_of"])
    with brand.client as client:
        bad = event("bad", "order.paid", "03-01T10:00", buyer_id="zhang-buys", note="张三")
        assert client.post("/v1/events", json=[bad]).status_code == 422
    assert "悄悄话" in str(told.left_of("悄悄话"))
    erased = told.erase("b:zhang-buys")
    brand.drain()
    for secret in SECRETS:
        assert told.left_of(secret) == {}, secret
    assert answers(brand) == before
    after = brand.ask("/v1/orders/o1/explain", as_of=ALL["as_of"])
    for field in ("cell", "group_id", "note_id", "first_note_id", "creator_id"):
        assert after[field] == explained[field]
    assert erased["customer_id"].startswith("m:erased-")
    assert brand.ask("/v1/status")["verify_differences"] in (None, 0)
    (tagging,) = told.sql("SELECT space, id FROM tagging WHERE brand_id = :b")
    assert (tagging.space, f"m:{tagging.id}") == ("member", erased["customer_id"])
    (member,) = told.sql("SELECT customer_id FROM segment_member WHERE brand_id = :b")
    assert member.customer_id == erased["customer_id"]
    # Others are untouched.
    (other,) = told.sql("SELECT nickname FROM member WHERE brand_id = :b")
    assert other.nickname == "别人"
    (said,) = told.sql("SELECT text FROM message WHERE brand_id = :b AND text IS NOT NULL")
    assert said.text == "你好"


def test_a_tie_between_two_ids_of_the_person_is_broken_as_before(told: Desk, brand: Brand) -> None:
    # Of the two intervals that began at once the larger id gives the note: `zhang-buys`, by live.
    before = brand.ask("/v1/orders/o1/explain", as_of=ALL["as_of"])
    assert (before["note_id"], before["first_note_id"]) == (None, "n1")
    told.erase("m:zhang-3")
    brand.drain()
    after = brand.ask("/v1/orders/o1/explain", as_of=ALL["as_of"])
    assert (after["note_id"], after["first_note_id"]) == (None, "n1")


def test_late_events_do_not_bring_the_person_back(told: Desk, brand: Brand) -> None:
    erased = told.erase("m:zhang-3")
    late = [
        event(
            "late 1",
            "member.updated",
            "04-01T10:00",
            member_id="zhang-3",
            nickname="张三",
            phone="13800138000",
            attributes={"love": "爱人"},
        ),
        event(
            "late 2",
            "message.sent",
            "04-01T10:00",
            group_id="g1",
            message_id="m9",
            member_id="zhang-3",
            text="大家好",
        ),
        event(
            "late 3",
            "order.refunded",
            "04-02T10:00",
            order_id="o1",
            refund_id="r9",
            amount=345,
            reason="打电话",
        ),
        order("o9", "04-01T10:00", "zhang-buys", 900, engraving="刻字"),
        event(
            "late 4",
            "group.snapshot",
            "04-03T10:00",
            group_id="g1",
            member_ids=["other", "zhang-3"],
        ),
        event(
            "late 5",
            "direct_message.sent",
            "04-01T10:00",
            message_id="d9",
            member_id="zhang-3",
            text="悄悄话",
        ),
    ]
    (receipt,) = brand.post(late)
    assert receipt["accepted"] == len(late)
    brand.drain()
    for secret in SECRETS:
        assert told.left_of(secret) == {}, secret
    (receipt,) = brand.post(late + STORY)
    assert receipt == {"accepted": 0, "duplicates": len(late + STORY), "rejected": []}
    share = brand.ask("/v1/metrics/gmv-share", **ALL)
    assert share["total"] == {"orders": 4, "gmv": 12_345 + 5_000 + 777 + 900}
    (row,) = told.sql(
        "SELECT customer_id FROM order_credit WHERE brand_id = :b AND order_id = 'o9'"
    )
    assert row.customer_id == erased["customer_id"]


def test_a_trial_changes_nothing(told: Desk, brand: Brand) -> None:
    tried = told.erase("m:zhang-3", dry_run=True)
    assert (tried["dry_run"], tried["erasure_id"], tried["customer_id"]) == (True, None, None)
    assert tried["counts"]["member"] == 1
    assert (tried["counts"]["message"], tried["counts"]["remark"]) == (1, 1)
    assert "member" in told.left_of("zhang-3")
    assert told.sql("SELECT 1 FROM tombstone WHERE brand_id = :b") == []
    assert told.sql("SELECT 1 FROM audit_entry WHERE brand_id = :b") == []


def test_the_register_does_not_say_who(told: Desk, brand: Brand) -> None:
    erased = told.erase("m:zhang-3")
    (item,) = brand.ask("/v1/erasures")["items"]
    assert item["erasure_id"] == erased["erasure_id"]
    assert (item["reason"], item["finished_at"] is not None) == ("asked for", True)
    assert brand.ask(f"/v1/erasures/{erased['erasure_id']}") == item
    assert brand.ask("/v1/erasures/nothing") is None
    (entry,) = told.sql("SELECT action, subject FROM audit_entry WHERE brand_id = :b")
    assert (entry.action, entry.subject) == ("customer.erase", erased["erasure_id"])


def test_who_is_not_there_cannot_be_erased(told: Desk, brand: Brand) -> None:
    for customer in ("m:nobody", "zhang-3", "x:1", "m:"):
        answer = told.post(f"/v1/customers/{customer}/erase", {"reason": "x"})
        problem(answer, 404, "not_found")
    erased = told.erase("m:zhang-3")
    again = told.post(f"/v1/customers/{erased['customer_id']}/erase", {"reason": "x"})
    problem(again, 409, "already_erased")
    problem(told.post("/v1/customers/m:zhang-3/erase", {"reason": "x"}), 404, "not_found")
    problem(told.post("/v1/customers/m:zhang-3/erase", {"reason": ""}), 422, "invalid", "/reason")


def test_another_brand_keeps_the_same_person(told: Desk, brand: Brand) -> None:
    other = told.service.brand()
    other.post(STORY)
    other.drain()
    told.erase("m:zhang-3")
    brand.drain()
    (row,) = told.service.sql(
        "SELECT nickname FROM member WHERE brand_id = :b AND member_id = 'zhang-3'",
        b=other.brand_id,
    )
    assert row.nickname == "张三"


def test_two_erasures_of_one_person_are_gone_through_together(told: Desk, brand: Brand) -> None:
    first = told.post("/v1/customers/m:zhang-3/erase", {"reason": "x"}).json()
    brand.post(
        [event("k2", "identity.linked", "04-05T10:00", member_id="zhang-3", buyer_id="buyer-77")]
    )
    brand.drain()
    second = told.erase(first["customer_id"])
    surrogate = second["customer_id"].removeprefix("m:")
    (row,) = told.sql("SELECT raw FROM event WHERE brand_id = :b AND event_id = 'm1'")
    assert f'"member_id":"{surrogate}"' in row.raw.replace(" ", "")
    assert told.left_of(first["customer_id"].removeprefix("m:")).keys() <= {
        "audit_entry",
        "erasure",
    }


def test_who_is_linked_later_can_be_erased_with_the_surrogate(told: Desk, brand: Brand) -> None:
    first = told.erase("m:zhang-3")
    brand.post(
        [event("k2", "identity.linked", "04-05T10:00", member_id="zhang-3", buyer_id="buyer-77")]
    )
    brand.drain()
    before = answers(brand)
    second = told.erase(first["customer_id"])
    brand.drain()
    assert answers(brand) == before
    assert told.left_of("buyer-77") == {}
    brand.post(
        [order("o8", "04-08T10:00", "buyer-77", 1), order("o7", "04-09T10:00", "zhang-buys", 1)]
    )
    brand.drain()
    rows = told.sql(
        "SELECT DISTINCT customer_id FROM order_credit"
        " WHERE brand_id = :b AND order_id IN ('o1', 'o7', 'o8')"
    )
    assert [row.customer_id for row in rows] == [second["customer_id"]]
