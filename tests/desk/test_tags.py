"""Tags: named once, given one by one, by list and by segment; they follow identities."""

import time
from typing import Any

import pytest

from app.crm import taggings
from tests.api.door import problem
from tests.desk.people import merge, send, undo
from tests.make import Brand, Service
from tests.metrics.told import told

STORY = "\n".join(
    [
        *(
            f"03-02 10:00 member.joined group_id=g1 member_id={who}"
            for who in ("ann", "bob", "c/d")
        ),
        *(f"03-03 10:00 order.paid order_id=o-{b} buyer_id={b} amount=9" for b in ("b1", "b2")),
    ]
)


@pytest.fixture
def world(service: Service) -> Brand:
    return told(service, STORY, identity_mode="separate")


def group(brand: Brand, name: str) -> str:
    made: str = send(brand, "POST", "/v1/tag-groups", 201, name=name)["tag_group_id"]
    return made


def tag(brand: Brand, name: str, **more: Any) -> str:
    made: str = send(brand, "POST", "/v1/tags", 201, name=name, **more)["tag_id"]
    return made


def names(brand: Brand, customer_id: str) -> list[str]:
    found = brand.ask(f"/v1/customers/{customer_id}/tags")
    return [each["name"] for each in found["items"]]


def give(brand: Brand, tag_id: str, *customers: str, act: str = "", **more: Any) -> Any:
    body = more or {"customer_ids": list(customers)}
    return send(brand, "POST", f"/v1/tags/{tag_id}/customers{act}", **body)


def count(customers: int, changed: int, *unknown: str) -> dict[str, Any]:
    return {
        "customers": customers,
        "changed": changed,
        "unknown": len(unknown),
        "unknown_ids": list(unknown),
    }


def test_names_are_unique_within_a_group(brand: Brand) -> None:
    levels, others = group(brand, "等级"), group(brand, "来源")
    with brand.client as client:

        def make(**body: Any) -> Any:
            return client.post("/v1/tags", json=body)

        assert make(name="金", tag_group_id=levels).status_code == 201
        problem(make(name="金", tag_group_id=levels), 409, "name_taken", "/name")
        other = make(name="金", tag_group_id=others)
        free = make(name="金")
        assert (other.status_code, free.status_code) == (201, 201)
        problem(make(name="金"), 409, "name_taken", "/name")
        problem(make(name="银", tag_group_id="nowhere"), 404, "not_found", "/tag_group_id")
        problem(client.post("/v1/tag-groups", json={"name": "等级"}), 409, "name_taken", "/name")
        path = f"/v1/tags/{other.json()['tag_id']}"
        for change in ({"tag_group_id": levels}, {"tag_group_id": None}):
            problem(client.patch(path, json=change), 409, "name_taken", "/name")
        problem(
            client.patch(path, json={"tag_group_id": "nowhere"}),
            *(404, "not_found", "/tag_group_id"),
        )
        moved = client.patch(path, json={"name": "铂", "tag_group_id": None})
        assert (moved.json()["name"], moved.json()["tag_group_id"]) == ("铂", None)
        assert client.get(path).json() == moved.json()
        renamed = client.patch(f"/v1/tag-groups/{others}", json={"name": "等级"})
        problem(renamed, 409, "name_taken", "/name")
        assert client.patch(f"/v1/tag-groups/{others}", json={"name": "渠道"}).status_code == 200
        problem(client.delete(f"/v1/tag-groups/{levels}"), 409, "not_empty")
        assert client.delete(f"/v1/tag-groups/{others}").status_code == 204
        problem(client.delete(f"/v1/tag-groups/{others}"), 404, "not_found")


@pytest.mark.parametrize("name", ["", "   ", "x" * 101, None, 1, "a\0"])
def test_names_that_are_none(brand: Brand, name: Any) -> None:
    with brand.client as client:
        for path in ("/v1/tags", "/v1/tag-groups"):
            problem(client.post(path, json={"name": name}), 422, "invalid", "/name")


def test_lists_are_paged_by_name(brand: Brand) -> None:
    level = group(brand, "l")
    for name in ("b", "a", "c"):
        tag(brand, name, tag_group_id=level)
    tag(brand, "b")
    for path, first, rest in (("/v1/tags", ["a", "b"], ["b", "c"]),):
        page = brand.ask(path, limit=2)
        assert [each["name"] for each in page["items"]] == first
        page = brand.ask(path, limit=2, cursor=page["next"])
        assert [each["name"] for each in page["items"]] == rest
        assert page["next"] is None
    assert len(brand.ask("/v1/tags", tag_group_id=level)["items"]) == 3
    assert brand.ask("/v1/tags", tag_group_id="nowhere")["items"] == []
    group(brand, "k")
    page = brand.ask("/v1/tag-groups", limit=1)
    assert [each["name"] for each in page["items"]] == ["k"]
    page = brand.ask("/v1/tag-groups", limit=1, cursor=page["next"])
    assert [each["name"] for each in page["items"]] == ["l"]


def test_one_customer(world: Brand) -> None:
    level = group(world, "等级")
    gold, new = tag(world, "金", tag_group_id=level), tag(world, "新")
    answer = send(world, "POST", "/v1/customers/m:ann/tags", tag_ids=[gold, new, gold])
    assert [(each["name"], each["tag_group"]) for each in answer["items"]] == [
        ("金", "等级"),
        ("新", None),
    ]
    assert answer["items"][0]["tagged_by"] == f"key:{world.key.split('_')[2]}"
    assert names(world, "b:b1") == []
    with world.client as client:
        path = f"/v1/customers/m:ann/tags/{gold}"
        assert [client.delete(path).status_code for _ in range(2)] == [204, 204]
        assert names(world, "m:ann") == ["新"]
        problem(client.delete("/v1/customers/m:ann/tags/nothing"), 404, "not_found")
        problem(client.delete(f"/v1/customers/m:eve/tags/{gold}"), 404, "not_found")
        body = {"tag_ids": [new, "nothing"]}
        problem(client.post("/v1/customers/m:bob/tags", json=body), 404, "not_found")
    assert names(world, "m:bob") == []


def test_a_list(world: Brand) -> None:
    gold = tag(world, "金")
    asked = ("m:ann", "b:b1", "m:ann", "m:c/d", "m:eve", "bob")
    assert give(world, gold, *asked) == count(3, 3, "m:eve", "bob")
    assert give(world, gold, "m:ann", "m:bob") == count(2, 1)
    assert names(world, "m:bob") == ["金"]
    assert give(world, gold, "m:ann", "b:b2", act="/remove") == count(2, 1)
    assert names(world, "m:ann") == []
    assert give(world, gold, "m:nobody") == count(0, 0, "m:nobody")


def test_a_segment(service: Service, world: Brand) -> None:
    for statement in (
        "INSERT INTO segment (brand_id, segment_id, name, rule, created_by)"
        " VALUES (:b, 's1', 's', '{}', 'test')",
        "INSERT INTO segment_member (brand_id, segment_id, customer_id)"
        " VALUES (:b, 's1', 'm:ann'), (:b, 's1', 'b:b1'), (:b, 's1', 'b:gone')",
    ):
        service.sql(statement, b=world.brand_id)
    gold = tag(world, "金")
    give(world, gold, "m:ann")
    assert give(world, gold, segment_id="s1") == count(2, 1)
    assert names(world, "b:b1") == ["金"]
    assert give(world, gold, segment_id="s1", act="/remove") == count(2, 2)
    assert names(world, "m:ann") == []
    with world.client as client:
        path = f"/v1/tags/{gold}/customers"
        problem(client.post(path, json={"segment_id": "s2"}), 404, "not_found", "/segment_id")
        for body in ({}, {"segment_id": "s1", "customer_ids": ["m:ann"]}):
            problem(client.post(path, json=body), 422, "invalid", "/customer_ids")
        for many in ([], ["m:ann"] * 10_001):
            body = {"customer_ids": many}
            problem(client.post(path, json=body), 422, "invalid", "/customer_ids")
        problem(client.post("/v1/tags/x/customers", json={"customer_ids": ["m:ann"]}), *GONE)


GONE = (404, "not_found")


def test_a_segment_of_several_parts(
    service: Service, world: Brand, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Two at a time, by the function itself."""
    monkeypatch.setattr(taggings, "AT_ONCE", 2)
    for statement in (
        "INSERT INTO segment (brand_id, segment_id, name, rule, created_by)"
        " VALUES (:b, 's1', 's', '{}', 'test')",
        "INSERT INTO segment_member (brand_id, segment_id, customer_id)"
        " SELECT :b, 's1', customer_id FROM identity WHERE brand_id = :b",
    ):
        service.sql(statement, b=world.brand_id)
    gold = tag(world, "金")
    acts: tuple[taggings.Act, ...] = ("tag", "tag", "untag")
    for act, changed in zip(acts, (5, 0, 5), strict=True):

        async def go(connection: Any, act: taggings.Act = act) -> taggings.Count:
            return await taggings.apply_to_segment(
                connection, world.brand_id, act, gold, "s1", "test"
            )

        assert service.within(go) == taggings.Count(5, changed)


def test_ten_thousand_at_once(world: Brand) -> None:
    gold = tag(world, "金")
    asked = [f"m:{'x' * 60}{n}" for n in range(9_999)]
    answer = give(world, gold, "m:ann", *asked)
    assert (answer["changed"], answer["unknown"], len(answer["unknown_ids"])) == (1, 9_999, 200)


def test_they_follow_identities(world: Brand) -> None:
    gold, new = tag(world, "金"), tag(world, "新")
    give(world, gold, "m:ann", "b:b1")
    give(world, new, "b:b1")
    merged = merge(world, "m:ann", "b:b1")
    assert names(world, "m:ann") == names(world, "b:b1") == ["新", "金"]
    # Who has it by one of its identities has it; taken off, it goes from all of them.
    assert give(world, new, "m:ann") == count(1, 0)
    assert give(world, gold, "m:ann", "b:b1", act="/remove") == count(1, 1)
    undo(world, merged["merge_id"])
    assert (names(world, "m:ann"), names(world, "b:b1")) == ([], ["新"])


def members(brand: Brand, segment_id: str, expected: list[str], seconds: float = 60) -> None:
    """Wait until these are in a segment."""
    until = time.monotonic() + seconds
    while True:
        page = brand.ask(f"/v1/segments/{segment_id}/members")
        found = [each["customer_id"] for each in page["items"]]
        if sorted(found) == expected:
            return
        assert time.monotonic() < until, found
        time.sleep(0.2)


def test_segments_over_tags_follow(world: Brand) -> None:
    gold, new = tag(world, "金"), tag(world, "新")
    rule = {"tags": {"any_of": [gold]}}
    segment = send(world, "POST", "/v1/segments", 201, name="金", rule=rule)["segment_id"]
    members(world, segment, [])
    give(world, gold, "m:ann", "b:b1")
    members(world, segment, ["b:b1", "m:ann"])
    give(world, new, segment_id=segment)
    assert names(world, "b:b1") == ["新", "金"]
    with world.client as client:
        assert client.delete(f"/v1/customers/m:ann/tags/{gold}").status_code == 204
        members(world, segment, ["b:b1"])
        assert client.delete(f"/v1/tags/{gold}").status_code == 204
    members(world, segment, [])


def test_a_deleted_tag_is_gone(service: Service, world: Brand) -> None:
    gold = tag(world, "金")
    give(world, gold, "m:ann")
    with world.client as client:
        assert client.delete(f"/v1/tags/{gold}").status_code == 204
        problem(client.delete(f"/v1/tags/{gold}"), *GONE)
        problem(client.get(f"/v1/tags/{gold}"), *GONE)
        problem(client.patch(f"/v1/tags/{gold}", json={}), *GONE)
    assert names(world, "m:ann") == []
    assert service.sql("SELECT 1 FROM tagging WHERE brand_id = :b", b=world.brand_id) == []


def test_another_brand_has_its_own(service: Service, world: Brand) -> None:
    level = group(world, "等级")
    gold = tag(world, "金", tag_group_id=level)
    other = service.brand()
    group(other, "等级")
    assert len(other.ask("/v1/tag-groups")["items"]) == 1
    with other.client as client:
        body = {"customer_ids": ["m:ann"]}
        for answer in (
            client.get(f"/v1/tags/{gold}"),
            client.patch(f"/v1/tags/{gold}", json={"name": "x"}),
            client.delete(f"/v1/tags/{gold}"),
            client.patch(f"/v1/tag-groups/{level}", json={"name": "x"}),
            client.delete(f"/v1/tag-groups/{level}"),
            client.post(f"/v1/tags/{gold}/customers", json=body),
            client.get("/v1/customers/m:ann/tags"),
        ):
            problem(answer, *GONE)
        answer = client.post("/v1/tags", json={"name": "金", "tag_group_id": level})
        problem(answer, *GONE, "/tag_group_id")
    assert names(world, "m:ann") == []
