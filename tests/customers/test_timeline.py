"""The timeline, walked by its cursor, is what a plain list of the events says."""

import random
from collections.abc import Iterator
from datetime import datetime
from typing import Any

import pytest

from tests.make import Brand, Service
from tests.metrics.told import at, told

Event = dict[str, Any]
ME = ("ann", "ann2")
WHO = (*ME, "bob")
TIMES = [at(f"03-{day:02}", "10:00") for day in (1, 2, 2, 2, 3, 5)]
"""Few, so that many things happen at once."""


def invented(seed: int) -> Iterator[Event]:
    """Chat, clicks, lives and orders; ann and ann2 are one by what they bought by."""
    draw = random.Random(seed)
    kinds = ("message.sent", "card.clicked", "live.joined", "direct_message.sent", "order")
    for n in range(120):
        who, time, kind = draw.choice(WHO), draw.choice(TIMES), draw.choice(kinds)
        if kind == "order":
            data = {"order_id": f"o{n}", "buyer_id": f"{who} buys", "amount": n, "currency": "CNY"}
            yield event(n, "order.placed", time, data)
            if n % 3 == 0:
                yield event(1000 + n, "order.paid", draw.choice(TIMES), data)
                refund = {"order_id": f"o{n}", "refund_id": "r", "amount": 1}
                yield event(2000 + n, "order.refunded", draw.choice(TIMES), refund)
            if n % 4 == 0:
                yield event(3000 + n, "order.completed", draw.choice(TIMES), {"order_id": f"o{n}"})
            continue
        data = {"member_id": who, "group_id": draw.choice(("g1", "g2"))}
        if kind in ("message.sent", "direct_message.sent"):
            data["message_id"] = f"m{n}"
        if kind == "live.joined":
            data["live_id"] = "l1"
        if kind == "direct_message.sent":
            data.pop("group_id")
        yield event(n, kind, time, data)
    for who in ME:
        link = {"member_id": who, "buyer_id": "ann buys"}
        yield event(who, "identity.linked", TIMES[0], link)
    link = {"member_id": "ann2", "buyer_id": "ann2 buys"}
    yield event("own", "identity.linked", TIMES[0], link)


def event(n: int | str, type_: str, time: str, data: dict[str, Any]) -> Event:
    return {"id": f"e{n}", "type": type_, "time": time, "data": data}


def plain(events: list[Event]) -> list[tuple[Any, ...]]:
    """What happened with ann: (at, kind, key, state)."""
    placed = [each["data"] for each in events if each["type"] == "order.placed"]
    mine = {data["order_id"] for data in placed if data["buyer_id"] in BUYERS}
    found = []
    for each in events:
        data, when = each["data"], datetime.fromisoformat(each["time"])
        type_, who = each["type"], data.get("member_id")
        if type_ == "message.sent" and who in ME:
            found.append((when, "message", data["message_id"], None))
        if type_ == "card.clicked" and who in ME:
            found.append((when, "click", data["group_id"], None))
        if type_ == "live.joined" and who in ME:
            found.append((when, "live_view", data["live_id"], None))
        if type_ == "direct_message.sent" and who in ME:
            found.append((when, "direct_message", data["message_id"], None))
        if type_.startswith("order.") and data["order_id"] in mine:
            kind = "refund" if type_ == "order.refunded" else "order"
            state = None if kind == "refund" else type_.removeprefix("order.")
            found.append((when, kind, data["order_id"], state))
    return sorted(found, key=repr)


BUYERS = tuple(f"{who} buys" for who in ME)


def told_of(item: dict[str, Any]) -> tuple[Any, ...]:
    names = {
        "message": "message_id",
        "direct_message": "message_id",
        "click": "group_id",
        "live_view": "live_id",
        "order": "order_id",
        "refund": "order_id",
    }
    kind = item["kind"]
    return datetime.fromisoformat(item["at"]), kind, item[names[kind]], item.get("state")


def walked(brand: Brand, limit: int, **params: Any) -> list[dict[str, Any]]:
    """All items, page by page; each page but the last is full."""
    items: list[dict[str, Any]] = []
    given = {"limit": limit} | params
    while True:
        page = brand.ask("/v1/customers/m:ann/timeline", **given)
        items += page["items"]
        if page["next"] is None:
            assert len(page["items"]) <= limit
            return items
        assert len(page["items"]) == limit
        given["cursor"] = page["next"]


EVENTS = list(invented(7))


@pytest.fixture(scope="module")
def brand(service: Service) -> Brand:
    made = service.brand(identity_mode="separate")
    made.post(EVENTS)
    made.drain()
    return made


@pytest.mark.parametrize("limit", [1, 7, 200])
def test_the_walk_is_the_plain_list(brand: Brand, limit: int) -> None:
    items = walked(brand, limit)
    times = [datetime.fromisoformat(item["at"]) for item in items]
    assert times == sorted(times, reverse=True)
    expected = plain(EVENTS)
    assert len(expected) > 60
    assert sorted(map(told_of, items), key=repr) == expected


def test_kinds(brand: Brand) -> None:
    every = walked(brand, 200)
    for kinds in ("message", "order,refund", "click,live_view,direct_message"):
        expected = [item for item in every if item["kind"] in kinds.split(",")]
        assert expected
        assert walked(brand, 5, kinds=kinds) == expected
    assert walked(brand, 5, kinds="tag,remark,join,leave") == []


def test_what_comes_meanwhile_does_not_move_a_page(service: Service) -> None:
    line = "03-0{0} 10:00 message.sent group_id=g1 member_id=ann message_id=m{0}"
    brand = told(service, "\n".join(line.format(n) for n in range(1, 5)))
    first = brand.ask("/v1/customers/m:ann/timeline", limit=2)
    brand.post([event("new", "message.sent", at("03-09"), MESSAGE | {"message_id": "m9"})])
    brand.drain()
    then = brand.ask("/v1/customers/m:ann/timeline", limit=2, cursor=first["next"])
    items = first["items"] + then["items"]
    assert [item["message_id"] for item in items] == ["m4", "m3", "m2", "m1"]


MESSAGE = {"group_id": "g1", "member_id": "ann"}


def test_each_kind_in_full(service: Service) -> None:
    brand = told(
        service,
        """
        02-20 09:00 group.created group_id=g1 name=群
        02-20 09:00 note.published note_id=n1 title=题
        02-20 09:00 live.started live_id=l1 title=播
        03-01 10:00 member.joined group_id=g1 member_id=ann source.kind=note source.note_id=n1
        03-02 10:00 message.sent group_id=g1 member_id=ann message_id=m1 kind=text text=你好
        03-03 10:00 message.recalled group_id=g1 message_id=m1
        03-04 10:00 card.clicked group_id=g1 member_id=ann card.note_id=n1 card.sku=s1
        03-05 10:00 live.joined live_id=l1 member_id=ann group_id=g1
        03-06 10:00 direct_message.received message_id=d1 member_id=ann text=在吗
        03-07 10:00 order.paid order_id=o1 buyer_id=ann amount=100
        03-08 10:00 order.cancelled order_id=o1
        03-09 10:00 order.refunded order_id=o1 refund_id=r1 amount=40 reason=尺寸
        03-10 10:00 member.left group_id=g1 member_id=ann reason=removed
        """,
    )
    given = {"b": brand.brand_id}
    service.sql("INSERT INTO tag (brand_id, tag_id, name) VALUES (:b, 't1', 'VIP')", **given)
    service.sql(
        "INSERT INTO tagging (brand_id, tag_id, space, id, tagged_at, tagged_by)"
        " VALUES (:b, 't1', 'buyer', 'ann', '2025-03-11T02:00:00Z', 'key:x')",
        **given,
    )
    service.sql(
        "INSERT INTO remark (brand_id, remark_id, space, id, text, made_at, made_by)"
        " VALUES (:b, 'r1', 'member', 'ann', '喜欢绿茶', '2025-03-12T02:00:00Z', 'key:x')",
        **given,
    )
    items = brand.ask("/v1/customers/m:ann/timeline")["items"]
    assert {(item.pop("space"), item.pop("id"), item["kind"]) for item in items} == {
        *(("buyer", "ann", kind) for kind in ("order", "refund", "tag")),
        *(("member", "ann", kind) for kind in ("join", "leave", "message", "click", "live_view")),
        *(("member", "ann", kind) for kind in ("direct_message", "remark")),
    }
    group, note = {"group_id": "g1", "group_name": "群"}, {"note_id": "n1", "note_title": "题"}
    live, order = {"live_id": "l1", "live_title": "播"}, {"order_id": "o1", "amount": 100}

    def moment(day: int, kind: str, **more: Any) -> dict[str, Any]:
        return {"kind": kind, "at": f"2025-03-{day:02}T02:00:00Z"} | more

    assert items == [
        moment(12, "remark", remark_id="r1", text="喜欢绿茶", by="key:x"),
        moment(11, "tag", tag_id="t1", name="VIP", by="key:x"),
        moment(10, "leave", **group, inferred=False, reason="removed"),
        moment(9, "refund", order_id="o1", refund_id="r1", amount=40, reason="尺寸"),
        moment(8, "order", **order, order_kind="normal", state="cancelled"),
        moment(7, "order", **order, order_kind="normal", state="paid"),
        moment(6, "direct_message", message_id="d1", direction="received", text="在吗"),
        moment(5, "live_view", **group, **live),
        moment(4, "click", **group, **note, sku="s1"),
        moment(
            2,
            "message",
            **group,
            message_id="m1",
            message_kind="text",
            text="你好",
            recalled_at="2025-03-03T02:00:00Z",
        ),
        moment(1, "join", **group, **note, source_kind="note", inferred=False),
    ]


@pytest.mark.parametrize(
    ("params", "field"),
    [
        ({"kinds": "messages"}, "kinds"),
        ({"kinds": ""}, "kinds"),
        ({"limit": 0}, "limit"),
        ({"limit": 201}, "limit"),
        ({"cursor": "x"}, "cursor"),
        # ["timeline","0001-01-01T00:00:00+23:00","message",""]
        (
            {"cursor": "WyJ0aW1lbGluZSIsIjAwMDEtMDEtMDFUMDA6MDA6MDArMjM6MDAiLCJtZXNzYWdlIiwiIl0"},
            "cursor",
        ),
    ],
)
def test_what_cannot_be_asked(brand: Brand, params: dict[str, Any], field: str) -> None:
    with brand.client as client:
        answer = client.get("/v1/customers/m:ann/timeline", params=params)
    assert (answer.status_code, answer.json()["field"]) == (400, field)
