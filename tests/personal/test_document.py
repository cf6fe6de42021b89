"""A person's document: everything of all of the person's ids, and nothing of others."""

import httpx

from tests.api.door import problem
from tests.make import Brand
from tests.personal.people import Desk, event
from tests.personal.test_erasure import STORY


def test_it_has_everything_of_the_person(desk: Desk, brand: Brand) -> None:
    brand.post(STORY)
    brand.drain()
    desk.sql(
        "INSERT INTO remark (brand_id, remark_id, space, id, text, made_by)"
        " VALUES (:b, 'r1', 'member', 'zhang-3', '备注', 'key:x')"
    )
    answer = desk.post("/v1/customers/b:zhang-buys/personal-data")
    assert answer.status_code == 200, answer.text
    found = answer.json()
    assert found["identities"] == [
        {"space": "member", "id": "zhang-3"},
        {"space": "member", "id": "zhang-buys"},
        {"space": "buyer", "id": "zhang-3"},
        {"space": "buyer", "id": "zhang-buys"},
    ]
    (member,) = found["member"]
    assert (member["nickname"], member["phone"]) == ("张三", "13800138000")
    assert member["attributes"] == {"love": "爱人"}
    assert [row["text"] for row in found["message"]] == ["大家好"]
    assert [row["text"] for row in found["direct_message"]] == ["悄悄话"]
    assert sorted(row["order_id"] for row in found["shop_order"]) == ["o1", "o2"]
    assert [row["refund_id"] for row in found["refund"]] == ["r1"]
    assert [row["text"] for row in found["remark"]] == ["备注"]
    assert len(found["membership"]) == 2
    assert (len(found["card_click"]), len(found["live_view"])) == (1, 1)
    told = {each["event_id"]: each["event"] for each in found["events"]}
    assert told["u"] == next(each for each in STORY if each["id"] == "u")
    assert told["s"]["data"]["member_ids"] == ["zhang-buys", "zhang-3"]
    assert {"j1", "j2", "m1", "d", "c", "v", "k", "paid o1", "paid o2"} <= told.keys()
    assert not {"j3", "m2", "paid o3"} & told.keys()
    assert '"other"' not in answer.text
    (entry,) = desk.sql("SELECT action, subject FROM audit_entry WHERE brand_id = :b")
    assert (entry.action, entry.subject) == ("customer.export", "b:zhang-buys")


def test_it_takes_its_scope_and_an_id_of_the_brand(desk: Desk, brand: Brand) -> None:
    brand.post([event("m", "member.updated", "03-01T10:00", member_id="a", nickname="甲")])
    brand.drain()
    path = "/v1/customers/m:a/personal-data"
    problem(desk.post(path, key=desk.key("read", "write", "admin")), 403, "forbidden")
    key = desk.key("pii:read")
    assert len(desk.post(path, key=key).json()["events"]) == 1
    assert desk.post(path, {"events": False}, key).json()["events"] == []
    problem(desk.post("/v1/customers/m:b/personal-data"), 404, "not_found")
    problem(desk.post("/v1/customers/%00/personal-data"), 400, "invalid")
    other = desk.service.brand()
    with httpx.Client(base_url=other.base, trust_env=False) as client:
        answer = client.post(path, headers={"authorization": f"Bearer {other.key}"})
    problem(answer, 404, "not_found")
