"""Each filter of each list, against a brand known by heart."""

from typing import Any

import httpx
import pytest

from tests.make import Brand, Service

KEYS = {
    "groups": "group_id",
    "groups/g1/members": "member_id",
    "groups/g2/members": "member_id",
    "notes": "note_id",
    "creators": "creator_id",
    "lives": "live_id",
    "messages": "message_id",
    "customers": "customer_id",
    "orders": "order_id",
}

CASES: list[tuple[str, dict[str, str], str]] = [
    ("groups", {}, "g1 g2"),
    ("groups", {"owner_member_id": "m1"}, "g1"),
    ("groups", {"q": "vip"}, "g2"),
    ("groups", {"q": "员"}, "g1"),
    ("groups", {"q": "club v"}, "g2"),
    ("groups", {"q": "lub"}, ""),
    ("groups/g1/members", {}, "m1"),
    ("groups/g1/members", {"at": "ever"}, "m2 m1"),
    ("groups/g1/members", {"at": "2025-03-10T11:59:59+08:00"}, "m2 m1"),
    ("groups/g1/members", {"at": "2025-03-10T12:00:00+08:00"}, "m1"),
    ("groups/g1/members", {"at": "2025-03-02T11:59:59+08:00"}, ""),
    ("groups/g1/members", {"at": "ever", "joined_from": "2025-03-03"}, "m2"),
    ("groups/g1/members", {"at": "ever", "joined_until": "2025-03-03"}, "m1"),
    ("groups/g1/members", {"note_id": "n1"}, "m1"),
    ("groups/g1/members", {"at": "ever", "source_kind": "share"}, "m2"),
    ("groups/g1/members", {"at": "ever", "inviter_member_id": "m1"}, "m2"),
    ("groups/g1/members", {"at": "ever", "q": "白"}, "m2"),
    ("groups/g1/members", {"at": "ever", "q": "to"}, "m2"),
    ("groups/g2/members", {"sort": "joined_at"}, "m3 m1"),
    ("notes", {}, "n2 n1 n3"),
    ("notes", {"sort": "published_at"}, "n1 n2 n3"),
    ("notes", {"sort": "-views"}, "n1 n2 n3"),
    ("notes", {"creator_id": "k2"}, "n2"),
    ("notes", {"mcn": "星光"}, "n1"),
    ("notes", {"group_id": "g2"}, "n2"),
    ("notes", {"published_from": "2025-03-01", "published_until": "2025-03-02"}, "n1"),
    ("notes", {"q": "合"}, "n1"),
    ("notes", {"q": "100%"}, "n2"),
    ("notes", {"q": "summer ootd"}, "n2"),
    ("notes", {"q": "%"}, ""),
    ("creators", {"kind": "koc"}, "k2"),
    ("creators", {"mcn": "星光"}, "k1"),
    ("creators", {"q": "星"}, "k1"),
    ("creators", {"q": "LIL"}, "k2"),
    ("lives", {}, "l2 l1"),
    ("lives", {"creator_id": "k1"}, "l1"),
    ("lives", {"mcn": "星光"}, "l1"),
    ("lives", {"running": "true"}, "l2"),
    ("lives", {"running": "false"}, "l1"),
    ("lives", {"started_from": "2025-03-08"}, "l2"),
    ("lives", {"q": "直播"}, "l1"),
    ("messages", {}, "e d c b a"),
    ("messages", {"sort": "sent_at"}, "a b c d e"),
    ("messages", {"group_id": "g1"}, "e b a"),
    ("messages", {"member_id": "m1"}, "e d a"),
    ("messages", {"member_id": "m1", "group_id": "g2"}, "d"),
    ("messages", {"kind": "note_card"}, "d"),
    ("messages", {"kind": "text"}, "e c b a"),
    ("messages", {"recalled": "true"}, "e"),
    ("messages", {"recalled": "false"}, "d c b a"),
    ("messages", {"note_id": "n2"}, "d"),
    ("messages", {"sent_from": "2025-03-04", "sent_until": "2025-03-06"}, "c b"),
    ("messages", {"q": "回购"}, "e a"),
    ("messages", {"q": "回购", "sort": "sent_at"}, "a e"),
    ("messages", {"q": "回购", "sent_until": "2025-03-05"}, "a"),
    ("messages", {"q": "回购", "recalled": "false"}, "a"),
    ("messages", {"q": "回购 999"}, "a"),
    ("messages", {"q": "购"}, "e a"),
    ("messages", {"q": "dior"}, "e a"),
    ("messages", {"q": "ｄＩＯＲ"}, "e a"),
    ("messages", {"q": "dio"}, "e a"),
    ("messages", {"q": "phone"}, ""),
    ("messages", {"q": "iphone"}, "b"),
    ("messages", {"q": "😀"}, "b"),
    ("messages", {"q": "壳😀"}, "b"),
    ("messages", {"q": "100%"}, "c"),
    ("messages", {"q": "100_"}, ""),
    ("messages", {"q": "的_吗"}, "c"),
    ("messages", {"q": "'ok'"}, "c"),
    ("messages", {"q": '"好"'}, "c"),
    ("messages", {"q": "\\"}, ""),
    ("messages", {"q": "用回"}, ""),
    ("messages", {"q": "用,回购"}, "a"),
    ("customers", {}, "m:m3 m:m2 m:m1 b:b9"),
    ("customers", {"is_member": "false"}, "b:b9"),
    ("customers", {"sort": "-net"}, "m:m3 m:m1 m:m2 b:b9"),
    ("customers", {"sort": "first_joined_at"}, "m:m1 m:m2 m:m3 b:b9"),
    ("customers", {"min_net": "1000", "sort": "net"}, "m:m1 m:m3"),
    ("customers", {"max_net": "300", "sort": "net"}, "b:b9 m:m2"),
    ("customers", {"joined_from": "2025-03-03", "joined_until": "2025-03-05"}, "m:m2"),
    ("customers", {"first_paid_until": "2025-03-05"}, "m:m1"),
    ("customers", {"last_paid_from": "2025-03-05"}, "m:m3 m:m2"),
    ("customers", {"min_purchase_days": "1", "sort": "customer_id"}, "m:m1 m:m2 m:m3"),
    ("customers", {"group_id": "g1"}, "m:m1"),
    ("customers", {"group_id": "g2", "sort": "customer_id"}, "m:m1 m:m3"),
    ("customers", {"note_id": "n2"}, "m:m3"),
    ("customers", {"tag_id": "t1", "sort": "customer_id"}, "b:b9 m:m1"),
    ("customers", {"segment_id": "s1"}, "m:m3"),
    ("customers", {"segment_id": "s1", "tag_id": "t1"}, ""),
    ("customers", {"member_id": "m2"}, "m:m2"),
    ("customers", {"buyer_id": "b9"}, "b:b9"),
    ("customers", {"silent_days": "1", "group_id": "g1"}, "m:m1"),
    ("customers", {"silent_days": "3650", "sort": "customer_id"}, "b:b9"),
    ("customers", {"q": "白", "sort": "customer_id"}, "m:m2 m:m3"),
    ("customers", {"q": "小", "sort": "customer_id"}, "m:m1 m:m3"),
    ("customers", {"q": "tom"}, "m:m2"),
    ("customers", {"q": "白", "segment_id": "s1"}, "m:m3"),
    ("customers", {"lifecycle": "lapsed"}, "m:m3 m:m2 m:m1"),
    ("customers", {"lifecycle": "new"}, ""),
    ("customers", {"tag_id": "nothing"}, ""),
    ("orders", {}, "o6 o5 o3 o2 o1 o4"),
    ("orders", {"sort": "paid_at"}, "o1 o2 o3 o5 o6 o4"),
    ("orders", {"sort": "-amount"}, "o6 o1 o2 o3 o4 o5"),
    ("orders", {"sort": "-placed_at"}, "o4 o6 o5 o3 o2 o1"),
    ("orders", {"status": "paid"}, "o5 o3 o2 o1"),
    ("orders", {"status": "completed"}, "o6"),
    ("orders", {"status": "cancelled"}, "o4"),
    ("orders", {"kind": "gift"}, "o5"),
    ("orders", {"kind": "normal"}, "o6 o3 o2 o1 o4"),
    ("orders", {"customer_id": "m:m1"}, "o5 o1"),
    ("orders", {"buyer_id": "m3"}, "o6 o4"),
    ("orders", {"cell": "touch_only"}, "o3"),
    ("orders", {"cell": "member_only"}, "o6 o2 o1"),
    ("orders", {"refunded": "none"}, "o6 o1"),
    ("orders", {"refunded": "partial"}, "o2"),
    ("orders", {"refunded": "full"}, "o3"),
    ("orders", {"group_id": "g1"}, "o2 o1"),
    ("orders", {"group_id": "g2"}, "o6 o3"),
    ("orders", {"note_id": "n1"}, "o3 o1"),
    ("orders", {"creator_id": "k1"}, "o1"),
    ("orders", {"creator_id": "k2"}, "o6 o3"),
    ("orders", {"live_id": "l1"}, "o6"),
    ("orders", {"paid_from": "2025-03-05", "paid_until": "2025-03-07"}, "o3 o2"),
    ("orders", {"placed_from": "2025-03-07"}, "o4"),
    ("orders", {"min_amount": "300", "max_amount": "1000"}, "o3 o2 o1"),
    ("orders", {"group_id": "g2", "refunded": "full", "sort": "amount"}, "o3"),
]


@pytest.mark.parametrize(("path", "asked", "expected"), CASES)
def test_it_finds_these(brand: Brand, path: str, asked: dict[str, str], expected: str) -> None:
    page = brand.ask(f"/v1/{path}", count="true", **asked)
    found = [row[KEYS[path]] for row in page["items"]]
    assert found == expected.split()
    assert page["count"] == {"value": len(found), "at_least": False}
    assert page["next"] is None


def test_customers_by_their_scores(brand: Brand) -> None:
    cuts = {
        "recency_days": [10, 20, 30, 40],
        "frequency": [1, 2, 3, 4],
        "monetary": [100, 400, 900, 1500],
    }
    with brand.client as client:
        assert client.put("/v1/rfm", json=cuts).status_code == 200

    def found(**asked: int) -> list[str]:
        items = brand.ask("/v1/customers", sort="customer_id", **asked)["items"]
        return [row["customer_id"] for row in items]

    assert found(monetary=5) == ["m:m3"]
    assert found(monetary=4) == ["m:m1"]
    assert found(monetary=2) == ["m:m2"]
    assert found(frequency=1) == ["m:m1", "m:m2", "m:m3"]
    assert found(frequency=1, recency=1, monetary=5) == ["m:m3"]
    assert found(recency=5) == []


@pytest.mark.parametrize("path", [path for path in KEYS if "/" not in path])
def test_another_brand_sees_nothing_of_it(service: Service, brand: Brand, path: str) -> None:
    other = service.brand()
    assert other.ask(f"/v1/{path}")["items"] == []
    word = {} if path == "orders" else {"q": ["会", "小", "口", "阿", "直", "回"][0]}
    assert other.ask(f"/v1/{path}", **word)["items"] == []


@pytest.mark.parametrize(
    "path",
    [
        *("groups/g1", "groups/g1/members", "groups/g1/messages/a", "notes/n1", "creators/k1"),
        *("lives/l1", "orders/o1"),
    ],
)
def test_details_are_of_one_brand(service: Service, brand: Brand, path: str) -> None:
    assert brand.ask(f"/v1/{path}") is not None
    other = service.brand()
    with other.client as client:
        foreign = client.get(f"/v1/{path}")
        absent = client.get(f"/v1/{path.replace('1', 'nowhere')}")
    assert foreign.status_code == absent.status_code == 404
    assert foreign.json() == absent.json()


def same(found: Any, **expected: Any) -> None:
    assert {name: found[name] for name in expected} == expected


def test_rows_say_what_belongs_to_them(brand: Brand) -> None:
    ask = brand.ask
    same(ask("/v1/groups/g1"), owner_nickname="小红", open_members=1, capacity=None)
    same(ask("/v1/groups/g2"), open_members=2, capacity=500)
    (m1,) = ask("/v1/groups/g1/members")["items"]
    same(m1, nickname="小红", customer_id="m:m1", note_title="口红合集", source_kind="note")
    m2, _ = ask("/v1/groups/g1/members", at="ever")["items"]
    same(m2, inviter_nickname="小红", leave_reason="left", left_at="2025-03-10T04:00:00Z")
    same(ask("/v1/notes/n1"), creator_name="阿花", mcn="星光", views=900, likes=5, joins=1)
    same(ask("/v1/notes/n3"), published_at=None, joins=0, joins_at_least=False, group_ids=[])
    same(ask("/v1/creators/k1"), name="阿花", notes=1)
    same(ask("/v1/lives/l1"), creator_name="阿花", viewers=1, orders=1, gmv=2000)
    message = ask("/v1/groups/g2/messages/d")
    same(message, card={"note_id": "n2", "live_id": None, "sku": None}, nickname="小红")
    same(message, group_name="ＶＩＰ Club", customer_id="m:m1", text=None)
    assert ask("/v1/groups/g1/messages/only-recalled") is None
    order = ask("/v1/orders/o3")
    same(order, cell="touch_only", refunded=300, group_name="ＶＩＰ Club", creator_name="Lily")
    same(order, note_title="口红合集", customer_id="b:b9", status="paid")
    same(order["refunds"][0], refund_id="r3", amount=300)
    same(ask("/v1/orders/o5"), cell=None, refunded=None, kind="gift")
    customers = {row["customer_id"]: row for row in ask("/v1/customers")["items"]}
    same(customers["m:m1"], nickname="小红", net=1000, tags=[{"tag_id": "t1", "name": "老客"}])
    same(customers["m:m1"], member_ids=["m1"], buyer_ids=["m1"], first_note_title="口红合集")
    same(customers["b:b9"], nickname=None, refunded=300, net=0, purchases=0, is_member=False)
    assert not any("phone" in row for row in customers.values())


def test_excerpts_mark_what_was_found(brand: Brand) -> None:
    def marked(path: str, q: str) -> list[list[str]]:
        excerpts = [row["excerpt"] for row in brand.ask(f"/v1/{path}", q=q)["items"]]
        return [[e["text"][low:high] for low, high in e["marks"]] for e in excerpts]

    assert marked("messages", "dior 回购") == [["ＤＩＯＲ", "回购"], ["回购", "Dior"]]
    assert marked("messages", "😀") == [["😀"]]
    assert marked("notes", "口") == [["口"]]
    assert marked("creators", "星") == [["星"]]
    assert marked("customers", "白") == [["白"], ["白"]]
    assert "excerpt" not in brand.ask("/v1/messages")["items"][0]


@pytest.mark.parametrize("path", list(KEYS))
def test_only_the_fields_asked_for(brand: Brand, path: str) -> None:
    key = KEYS[path]
    full = brand.ask(f"/v1/{path}")["items"]
    sparse = brand.ask(f"/v1/{path}", fields=f"{key}, {list(full[0])[-2]}")["items"]
    assert [set(row) for row in sparse] == [{key, list(full[0])[-2]}] * len(full)
    assert [row[key] for row in sparse] == [row[key] for row in full]
    with brand.client as client:
        wrong: httpx.Response = client.get(f"/v1/{path}", params={"fields": f"{key},phone"})
    assert (wrong.status_code, wrong.json()["field"]) == (400, "fields")
