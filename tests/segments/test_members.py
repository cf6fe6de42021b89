"""Segments over HTTP: saved, changed, deleted; who is in them, and who entered and left."""

from typing import Any

import pytest

from app.crm import keys
from tests.make import Brand, Service
from tests.metrics.told import tell, told
from tests.segments.test_metrics import save, settled

STORY = """
    03-01 10:00 member.joined  group_id=g1 member_id=ann
    03-03 12:00 order.paid     order_id=a1 buyer_id=ann amount=1000
    03-07 12:00 order.paid     order_id=c1 buyer_id=cat amount=2000
"""
BUYERS: dict[str, Any] = {"purchases": {}}


def members(brand: Brand, segment_id: str) -> list[str]:
    settled(brand, segment_id)
    found = brand.ask(f"/v1/segments/{segment_id}/members")
    assert found["next"] is None
    return [each["customer_id"] for each in found["items"]]


def changes(brand: Brand, segment_id: str) -> list[tuple[str, bool]]:
    """Who entered and left, the newest first."""
    items = brand.ask(f"/v1/segments/{segment_id}/changes")["items"]
    assert [each["at"] for each in items] == sorted((e["at"] for e in items), reverse=True)
    return [(each["customer_id"], each["entered"]) for each in items]


def test_members_follow_events(service: Service) -> None:
    brand = told(service, STORY)
    segment_id = save(brand, BUYERS)
    found = brand.ask(f"/v1/segments/{segment_id}")
    assert (found["name"], found["rule"], found["members"]) == ("老客", BUYERS, 2)
    assert members(brand, segment_id) == ["b:cat", "m:ann"]
    tell(brand, "03-08 12:00 order.refunded order_id=c1 refund_id=r1 amount=2000")
    assert members(brand, segment_id) == ["m:ann"]
    tell(brand, "03-09 12:00 order.paid order_id=d1 buyer_id=dan amount=5")
    assert members(brand, segment_id) == ["b:dan", "m:ann"]
    # Dan turns out to be ann: a merged customer leaves, and the other one stays.
    tell(brand, "03-10 12:00 identity.linked member_id=ann buyer_id=dan")
    assert members(brand, segment_id) == ["m:ann"]
    assert changes(brand, segment_id) == [
        ("b:dan", False),
        ("b:dan", True),
        ("b:cat", False),
        ("m:ann", True),
        ("b:cat", True),
    ]


def test_what_is_not_derived_touches_too(service: Service) -> None:
    brand = told(service, STORY)
    talkers = save(brand, {"messages": {"at_least": 2}})
    people = save(brand, {"attribute": {"key": "city", "any_of": ["上海"]}})
    by_creator = save(brand, {"memberships": {"creator_ids": ["k1"]}})
    for line, found in (
        ("03-02 10:00 message.sent group_id=g1 message_id=m1 member_id=ann", []),
        ("03-02 11:00 message.sent group_id=g1 message_id=m2 member_id=ann", ["m:ann"]),
    ):
        tell(brand, line)
        assert members(brand, talkers) == found
    tell(brand, "03-02 10:00 member.updated member_id=ann attributes.city=上海")
    assert members(brand, people) == ["m:ann"]
    tell(brand, "03-02 12:00 member.updated member_id=ann attributes.city=北京")
    assert members(brand, people) == []
    joined = "03-04 10:00 member.joined group_id=g1 member_id=eve"
    tell(brand, f"{joined} source.kind=note source.note_id=n1")
    assert members(brand, by_creator) == []
    tell(brand, "03-05 10:00 note.published note_id=n1 creator_id=k1")
    assert members(brand, by_creator) == ["m:eve"]


def test_tags_touch_too(service: Service) -> None:
    brand = told(service, STORY)
    buyers = save(brand, BUYERS)
    with brand.client as client:
        tag_id = client.post("/v1/tags", json={"name": "重点"}).json()["tag_id"]
        tagged = save(brand, {"tags": {"any_of": [tag_id], "when": {"last_days": 1}}})
        assert members(brand, tagged) == []
        path = f"/v1/tags/{tag_id}/customers"
        assert client.post(path, json={"customer_ids": ["m:ann"]}).status_code == 200
        assert members(brand, tagged) == ["m:ann"]
        assert client.post(path, json={"segment_id": buyers}).status_code == 200
        assert members(brand, tagged) == ["b:cat", "m:ann"]
        assert client.delete(f"/v1/tags/{tag_id}").status_code == 204
        assert members(brand, tagged) == []


def test_change_and_delete(service: Service) -> None:
    brand = told(service, STORY)
    segment_id = save(brand, BUYERS)
    path = f"/v1/segments/{segment_id}"
    with brand.client as client:
        named = client.patch(path, json={"name": "买家"}).json()
        assert (named["name"], named["rule"], named["is_current"]) == ("买家", BUYERS, True)
        rule = {"not": BUYERS}
        assert client.patch(path, json={"rule": rule}).json()["rule"] == rule
        assert members(brand, segment_id) == []
        assert client.patch(path, json={}).status_code == 200
        bodies: list[dict[str, Any]] = [{"name": " "}, {"name": None}, {"rule": {}}, {"more": 1}]
        for body in bodies:
            assert client.patch(path, json=body).status_code == 422
        before = client.get(path).json()["refreshed_at"]
        asked = client.post(f"{path}/refresh")
        assert (asked.status_code, asked.json()["is_current"]) == (202, False)
        assert settled(brand, segment_id)["refreshed_at"] > before
        assert client.delete(path).status_code == 204
        for method, tail in (
            *(("GET", tail) for tail in ("", "/members", "/changes")),
            *(("DELETE", ""), ("POST", "/refresh")),
        ):
            assert client.request(method, path + tail).status_code == 404
        assert client.patch(path, json={"name": "x"}).status_code == 404
    for table in ("segment", "segment_member", "segment_change"):
        rows = service.sql(f"SELECT 1 FROM {table} WHERE brand_id = :b", b=brand.brand_id)
        assert rows == []


def test_another_brands_segment_is_not_there(service: Service) -> None:
    segment_id = save(told(service, STORY), BUYERS)
    other = service.brand()
    with other.client as client:
        for absent in (segment_id, "seg_aaaaaaaaaaaa", "nonsense", "a'b"):
            path = f"/v1/segments/{absent}"
            for tail in ("", "/members", "/changes"):
                assert client.get(path + tail).status_code == 404
            assert client.patch(path, json={"name": "x"}).status_code == 404
            assert client.post(f"{path}/refresh").status_code == 404
            assert client.delete(path).status_code == 404
        assert client.get("/v1/segments").json() == {"items": [], "next": None}


def walk(brand: Brand, path: str, limit: int) -> list[Any]:
    """All items, page by page."""
    items: list[Any] = []
    cursor = None
    while True:
        asked: dict[str, Any] = {"limit": limit} | ({"cursor": cursor} if cursor else {})
        page = brand.ask(path, **asked)
        items += page["items"]
        assert len(page["items"]) <= limit
        cursor = page["next"]
        if cursor is None:
            return items


def test_pages(service: Service) -> None:
    brand = service.brand()
    tell(
        brand,
        "\n".join(f"03-01 10:00 order.paid order_id=o{n} buyer_id=b{n} amount=1" for n in range(7)),
    )
    saved = [save(brand, BUYERS, name=f"s{n}") for n in range(3)]
    found = walk(brand, "/v1/segments", 2)
    assert [each["segment_id"] for each in found] == saved[::-1]
    everybody = [f"b:b{n}" for n in range(7)]
    for limit in (1, 3, 7, 200):
        path = f"/v1/segments/{saved[0]}"
        listed = walk(brand, f"{path}/members", limit)
        assert [each["customer_id"] for each in listed] == everybody
        changed = walk(brand, f"{path}/changes", limit)
        assert [each["customer_id"] for each in changed] == everybody[::-1]
    with brand.client as client:
        for tail in ("", f"/{saved[0]}/members", f"/{saved[0]}/changes"):
            for wrong in ({"cursor": "x"}, {"cursor": "WyJhIl0"}, {"limit": 0}, {"limit": 201}):
                assert client.get(f"/v1/segments{tail}", params=wrong).status_code == 400


def test_scores_and_stages(service: Service) -> None:
    brand = told(service, STORY)
    lapsed = save(brand, {"lifecycle": {"any_of": ["lapsed"]}})
    rich = save(brand, {"rfm": {"monetary": {"at_least": 5}, "recency": {"at_most": 1}}})
    assert members(brand, lapsed) == ["b:cat", "m:ann"]
    with brand.client as client:
        points = {"recency_days": [1, 2, 3, 4], "frequency": [1, 2, 3, 4]}
        put = client.put("/v1/rfm", json=points | {"monetary": [1, 2, 3, 1500]})
        assert put.status_code == 200, put.text
    # Other cut points, or days, are another clock: all are counted anew.
    assert members(brand, rich) == ["b:cat"]
    with brand.client as client:
        days = {"lifecycle_active_days": 3000, "lifecycle_lapsed_days": 3600}
        assert client.patch("/v1/brand", json=days).status_code == 200
    assert members(brand, lapsed) == []


@pytest.mark.parametrize("scopes", [["read"], ["write"], ["events:write"]])
def test_scopes(service: Service, scopes: list[keys.Scope]) -> None:
    brand = service.brand()
    segment_id = save(brand, BUYERS)
    key = service.within(lambda c: keys.create(c, brand.brand_id, "narrow", scopes))
    path = f"/v1/segments/{segment_id}"
    with brand.client as client:
        client.headers["authorization"] = f"Bearer {key}"
        for method, where, body, scope in (
            ("GET", "/v1/segments", None, "read"),
            ("GET", path, None, "read"),
            ("GET", f"{path}/members", None, "read"),
            ("GET", f"{path}/changes", None, "read"),
            ("POST", "/v1/segments/preview", {"rule": BUYERS}, "read"),
            ("POST", f"{path}/refresh", None, "write"),
            ("PATCH", path, {"name": "x"}, "write"),
            ("POST", "/v1/segments", {"name": "x", "rule": BUYERS}, "write"),
            ("DELETE", path, None, "write"),
        ):
            answer = client.request(method, where, json=body)
            assert (answer.status_code == 403) == (scope not in scopes), (method, where)
