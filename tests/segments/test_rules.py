"""Each noun of the grammar, over a small world told by hand."""

from typing import Any

import pytest

from tests.make import Brand, Service
from tests.metrics.told import told

STORY = """
    02-01 10:00 note.published note_id=n1 creator_id=k1
    02-01 10:00 note.published note_id=n2 creator_id=k2
    03-01 10:00 member.joined  group_id=g1 member_id=ann source.kind=note source.note_id=n1
    03-02 10:00 member.joined  group_id=g1 member_id=bob source.kind=live source.live_id=l1
    03-02 11:00 member.joined  group_id=g2 member_id=bob
    03-05 10:00 member.left    group_id=g1 member_id=bob
    03-10 10:00 member.joined  group_id=g2 member_id=ann source.kind=qr_code
    03-02 09:00 member.updated member_id=ann nickname=小安 attributes.city=上海 attributes.level=金
    03-02 09:00 member.updated member_id=bob nickname=Bob attributes.city=北京
    03-03 12:00 order.paid     order_id=a1 buyer_id=ann amount=1000
    03-03 20:00 order.paid     order_id=a3 buyer_id=ann amount=200
    03-20 12:00 order.paid     order_id=a2 buyer_id=ann amount=3000 touch.note_id=n2
    03-04 12:00 order.paid     order_id=b1 buyer_id=bob amount=500
    03-06 12:00 order.refunded order_id=b1 refund_id=r1 amount=500
    03-07 12:00 order.paid     order_id=c1 buyer_id=cat amount=2000 touch.live_id=l1
    03-08 12:00 order.refunded order_id=c1 refund_id=r2 amount=700
    03-08 12:00 message.sent   group_id=g1 message_id=m1 member_id=ann
    03-08 13:00 message.sent   group_id=g1 message_id=m3 member_id=ann kind=image
    03-08 14:00 message.recalled group_id=g1 message_id=m3
    03-09 12:00 message.sent   group_id=g2 message_id=m2 member_id=dan kind=image
"""
ALL = ["ann", "bob", "cat", "dan"]
MARCH_8 = {"from": "2025-03-08", "until": "2025-03-09"}
LATE = {"from": "2025-03-05"}

RULES: list[tuple[dict[str, Any], list[str]]] = [
    # Purchases: bob's only one is given back in full; ann's are on two days.
    ({"purchases": {}}, ["ann", "cat"]),
    ({"purchases": {"at_least": 2}}, ["ann"]),
    ({"purchases": {"at_most": 1}}, ["bob", "cat", "dan"]),
    ({"purchases": {"at_most": 0}}, ["bob", "dan"]),
    ({"purchases": {"at_least": 1, "at_most": 1}}, ["cat"]),
    ({"purchases": {"at_least": 0}}, ALL),
    ({"purchases": {"when": LATE}}, ["ann", "cat"]),
    ({"purchases": {"when": {"until": "2025-03-07"}}}, ["ann"]),
    ({"purchases": {"when": {"last_days": 30}}}, []),
    ({"purchases": {"when": {"last_days": 3650}}}, ["ann", "cat"]),
    ({"purchases": {"measure": "orders"}}, ["ann", "bob", "cat"]),
    ({"purchases": {"measure": "orders", "at_least": 3}}, ["ann"]),
    ({"purchases": {"measure": "gmv", "at_least": 2000}}, ["ann", "cat"]),
    ({"purchases": {"measure": "net", "at_least": 1301}}, ["ann"]),
    ({"purchases": {"measure": "net", "at_least": 1300}}, ["ann", "cat"]),
    ({"purchases": {"measure": "net", "at_most": 1300}}, ["bob", "cat", "dan"]),
    ({"purchases": {"cells": ["neither"]}}, ["cat"]),
    ({"purchases": {"group_ids": ["g1"]}}, ["ann"]),
    ({"purchases": {"group_ids": ["g1"], "measure": "orders"}}, ["ann"]),
    ({"purchases": {"group_ids": ["g2"], "measure": "orders"}}, ["ann", "bob"]),
    ({"purchases": {"note_ids": ["n1"]}}, ["ann"]),
    ({"purchases": {"note_ids": ["n2", "n9"]}}, ["ann"]),
    ({"purchases": {"creator_ids": ["k1"], "when": LATE}}, []),
    ({"purchases": {"creator_ids": ["k1"]}}, ["ann"]),
    ({"purchases": {"creator_ids": ["k2"]}}, ["ann"]),
    ({"purchases": {"live_ids": ["l1"]}}, ["cat"]),
    ({"first_purchase": {"when": {"until": "2025-03-04"}}}, ["ann"]),
    ({"first_purchase": {"when": LATE}}, ["cat"]),
    ({"last_purchase": {"when": {"until": "2025-03-10"}}}, ["cat"]),
    ({"refunds": {}}, ["bob", "cat"]),
    ({"refunds": {"measure": "amount", "at_least": 600}}, ["cat"]),
    ({"refunds": {"measure": "amount", "at_most": 600}}, ["ann", "bob", "dan"]),
    ({"refunds": {"when": {"until": "2025-03-08"}}}, ["bob"]),
    # Memberships: ann is in g1 and g2, bob in g2 alone; he left g1 on the 5th.
    ({"memberships": {}}, ["ann", "bob"]),
    ({"memberships": {"state": "now", "group_ids": ["g1"]}}, ["ann"]),
    ({"memberships": {"state": "left"}}, ["bob"]),
    ({"memberships": {"state": "left", "left": MARCH_8}}, []),
    ({"memberships": {"left": {"from": "2025-03-05", "until": "2025-03-06"}}}, ["bob"]),
    ({"memberships": {"state": "now", "at_least": 2}}, ["ann"]),
    ({"memberships": {"at_least": 2}}, ["ann", "bob"]),
    ({"memberships": {"at_most": 0}}, ["cat", "dan"]),
    ({"memberships": {"on": "2025-03-05", "group_ids": ["g1"]}}, ["ann", "bob"]),
    ({"memberships": {"on": "2025-03-06", "group_ids": ["g1"]}}, ["ann"]),
    ({"memberships": {"on": "2025-02-28"}}, []),
    ({"memberships": {"joined": LATE}}, ["ann"]),
    ({"memberships": {"note_ids": ["n1"]}}, ["ann"]),
    ({"memberships": {"creator_ids": ["k1"]}}, ["ann"]),
    ({"memberships": {"live_ids": ["l1"]}}, ["bob"]),
    ({"memberships": {"source_kinds": ["live", "qr_code"]}}, ["ann", "bob"]),
    ({"memberships": {"source_kinds": ["qr_code"], "first": True}}, []),
    ({"memberships": {"source_kinds": ["live"], "first": True}}, ["bob"]),
    # Messages count recalled or not; dan only ever wrote one.
    ({"messages": {}}, ["ann", "dan"]),
    ({"messages": {"at_least": 2}}, ["ann"]),
    ({"messages": {"kinds": ["image"]}}, ["ann", "dan"]),
    ({"messages": {"group_ids": ["g2"]}}, ["dan"]),
    ({"messages": {"when": MARCH_8}}, ["ann"]),
    ({"messages": {"at_most": 0, "when": {"from": "2025-03-09"}}}, ["ann", "bob", "cat"]),
    # Profiles.
    ({"nickname": {"is": "小安"}}, ["ann"]),
    ({"nickname": {"contains": "bO"}}, ["bob"]),
    ({"nickname": {"contains": "%"}}, []),
    ({"attribute": {"key": "city"}}, ["ann", "bob"]),
    ({"attribute": {"key": "city", "any_of": ["上海", 1, True, 1.5]}}, ["ann"]),
    ({"attribute": {"key": "city", "contains": "京"}}, ["bob"]),
    ({"attribute": {"key": "city", "at_least": 1}}, []),
    ({"attribute": {"key": "no such"}}, []),
    ({"tags": {"any_of": ["no such"]}}, []),
    # Together.
    ({"all": [{"purchases": {}}, {"memberships": {}}]}, ["ann"]),
    ({"any": [{"purchases": {}}, {"memberships": {}}]}, ["ann", "bob", "cat"]),
    ({"not": {"purchases": {}}}, ["bob", "dan"]),
    ({"not": {"not": {"purchases": {}}}}, ["ann", "cat"]),
    ({"all": [{"not": {"purchases": {}}}, {"memberships": {}}]}, ["bob"]),
    (
        {"any": [{"not": {"memberships": {}}}, {"purchases": {"at_least": 2}}]},
        ["ann", "cat", "dan"],
    ),
    ({"all": [{"any": [{"purchases": {}}, {"messages": {}}]}, {"not": {"messages": {}}}]}, ["cat"]),
]


@pytest.fixture(scope="module")
def brand(service: Service) -> Brand:
    made = told(service, STORY)
    numbers = {"id": "numbers", "type": "member.updated", "time": "2025-03-03T00:00:00Z"}
    made.post([numbers | {"data": {"member_id": "dan", "attributes": {"age": 30, "vip": True}}}])
    made.drain()
    return made


def found(brand: Brand, rule: dict[str, Any]) -> list[str]:
    """Whom a rule finds, by name."""
    with brand.client as client:
        answer = client.post("/v1/segments/preview", json={"rule": rule})
    assert answer.status_code == 200, answer.text
    body = answer.json()
    people = sorted(each["customer_id"][2:] for each in body["sample"])
    assert body["count"] == len(people)
    return people


@pytest.mark.parametrize(("rule", "people"), RULES, ids=lambda value: str(value)[:80])
def test_rule(brand: Brand, rule: dict[str, Any], people: list[str]) -> None:
    assert found(brand, rule) == people


def test_numbers_and_flags_of_profiles(brand: Brand) -> None:
    assert found(brand, {"attribute": {"key": "age", "at_least": 30, "at_most": 30.5}}) == ["dan"]
    assert found(brand, {"attribute": {"key": "age", "at_least": 31}}) == []
    assert found(brand, {"attribute": {"key": "age", "any_of": [30.0]}}) == ["dan"]
    assert found(brand, {"attribute": {"key": "age", "any_of": ["30", 31]}}) == []
    assert found(brand, {"attribute": {"key": "vip", "any_of": [True]}}) == ["dan"]
    assert found(brand, {"attribute": {"key": "vip", "any_of": [1, False]}}) == []


def test_what_was_bought(service: Service) -> None:
    brand = service.brand()
    items = {"ann": ["s1", "s2"], "bob": ["s2"], "cat": []}
    brand.post(
        [
            {
                "id": name,
                "type": "order.paid",
                "time": "2025-03-03T00:00:00Z",
                "data": {"order_id": name, "buyer_id": name, "amount": 100, "currency": "CNY"}
                | ({"items": [{"sku": sku} for sku in skus]} if skus else {}),
            }
            for name, skus in items.items()
        ]
    )
    brand.drain()
    assert found(brand, {"purchases": {"skus": ["s1"]}}) == ["ann"]
    assert found(brand, {"purchases": {"skus": ["s1", "s2"], "measure": "net"}}) == ["ann", "bob"]
    assert found(brand, {"purchases": {"skus": ["s2"], "at_most": 0}}) == ["cat"]
    assert found(brand, {"purchases": {"skus": ["s3"]}}) == []


def test_a_sample_tells_who_it_is(brand: Brand) -> None:
    with brand.client as client:
        body = client.post(
            "/v1/segments/preview", json={"rule": {"purchases": {"at_least": 2}}}
        ).json()
    assert body["count"] == 1
    assert body["sample"] == [
        {
            "customer_id": "m:ann",
            "nickname": "小安",
            "first_joined_at": "2025-03-01T02:00:00Z",
            "last_paid_at": "2025-03-20T04:00:00Z",
            "purchase_days": 2,
            "net": 4200,
        }
    ]


def test_another_brand_sees_nobody(service: Service, brand: Brand) -> None:
    other = service.brand()
    assert found(other, {"purchases": {"at_least": 0}}) == []


WRONG: list[tuple[Any, str]] = [
    ({}, "/rule"),
    ({"purchases": {}, "messages": {}}, "/rule"),
    ({"all": []}, "/rule/all"),
    ({"all": [{"purchases": {}}, {"some": {}}]}, "/rule/all/1"),
    ({"any": [{"not": {"purchases": {"at_least": "2"}}}]}, "/rule/any/0/not/purchases/at_least"),
    ({"purchases": {"at_least": -1}}, "/rule/purchases/at_least"),
    ({"purchases": {"at_least": 3, "at_most": 2}}, "/rule/purchases/at_most"),
    ({"purchases": {"at_least": 10**16}}, "/rule/purchases/at_least"),
    ({"purchases": {"at_least": 10**30}}, "/rule/purchases/at_least"),
    ({"purchases": {"when": {}}}, "/rule/purchases/when"),
    ({"purchases": {"when": {"from": "2025-02-30"}}}, "/rule/purchases/when/from"),
    ({"purchases": {"when": {"from": "today"}}}, "/rule/purchases/when/from"),
    (
        {"purchases": {"when": {"from": "2025-03-02", "until": "2025-03-01"}}},
        "/rule/purchases/when/until",
    ),
    (
        {"purchases": {"when": {"last_days": 3, "from": "2025-03-01"}}},
        "/rule/purchases/when/last_days",
    ),
    ({"purchases": {"when": {"last_days": 4000}}}, "/rule/purchases/when/last_days"),
    ({"purchases": {"cells": ["both"]}}, "/rule/purchases/cells/0"),
    ({"purchases": {"group_ids": []}}, "/rule/purchases/group_ids"),
    ({"purchases": {"group_ids": [""]}}, "/rule/purchases/group_ids/0"),
    ({"purchases": {"measure": "money"}}, "/rule/purchases/measure"),
    ({"memberships": {"on": "2025-13-01"}}, "/rule/memberships/on"),
    ({"nickname": {}}, "/rule/nickname"),
    ({"nickname": {"is": "a", "contains": "b"}}, "/rule/nickname"),
    ({"nickname": {"is": "a\x00"}}, "/rule/nickname/is"),
    ({"attribute": {}}, "/rule/attribute/key"),
    ({"attribute": {"key": "a", "any_of": [None]}}, "/rule/attribute/any_of/0"),
    ({"attribute": {"key": "a", "contains": "b", "at_least": 1}}, "/rule/attribute"),
    ({"first_purchase": {}}, "/rule/first_purchase/when"),
    ({"tags": {}}, "/rule/tags/any_of"),
    (None, "/rule"),
    ([], "/rule"),
]


@pytest.mark.parametrize(("rule", "field"), WRONG, ids=lambda value: str(value)[:80])
def test_a_mistake_is_told_with_its_field(brand: Brand, rule: Any, field: str) -> None:
    with brand.client as client:
        for method, path in (("POST", "/v1/segments/preview"), ("POST", "/v1/segments")):
            body = {"rule": rule} | ({"name": "x"} if path == "/v1/segments" else {})
            answer = client.request(method, path, json=body)
            assert answer.status_code == 422, answer.text
            assert answer.json()["field"] == field, answer.text


def test_bounds_of_a_rule(brand: Brand) -> None:
    deep: dict[str, Any] = {"purchases": {}}
    for _ in range(7):
        deep = {"not": deep}
    assert found(brand, deep) == ["bob", "dan"]
    wide: dict[str, Any] = {"all": [{"any": [{"purchases": {}}] * 10}] * 5}
    assert found(brand, wide) == ["ann", "cat"]
    with brand.client as client:
        for rule, field in (
            ({"not": deep}, "/rule" + "/not" * 8),
            ({"all": [{"any": [{"purchases": {}}] * 10}] * 5 + [{"refunds": {}}]}, None),
            ({"any": [{"purchases": {}}] * 51}, "/rule/any"),
        ):
            answer = client.post("/v1/segments/preview", json={"rule": rule})
            assert answer.status_code == 422, answer.text
            assert field is None or answer.json()["field"] == field
        very = '{"not":' * 5000 + "{}" + "}" * 5000
        answer = client.post(
            "/v1/segments/preview",
            content='{"rule":' + very + "}",
            headers={"content-type": "application/json"},
        )
        assert answer.status_code in (400, 422)
