"""A week that was exported, end to end: somebody is erased, and no file has a trace of them."""

from typing import Any

from tests.exports.files.test_erasure import there
from tests.exports.running import until
from tests.make import Brand, Service

WEEK = "2025-W09"
GONE = ("zq91-member", "zq91-buyer", "张三九一")


def furnish(brand: Brand) -> None:
    """Two people join and buy, one of them under two ids, with a name."""
    events: list[dict[str, Any]] = []
    data: dict[str, Any]
    for member, buyer, name in (("zq91-member", "zq91-buyer", "张三九一"), ("u2", "b2", "小红")):
        for kind, clock, data in (
            ("member.joined", "09:00", {"group_id": "g1", "member_id": member}),
            ("member.updated", "09:01", {"member_id": member, "nickname": name}),
            ("identity.linked", "09:02", {"member_id": member, "buyer_id": buyer}),
            ("order.paid", "10:00", {"order_id": f"o-{name}", "buyer_id": buyer, "amount": 990}),
        ):
            if kind == "order.paid":
                data |= {"order_id": f"o-{len(events)}", "currency": "CNY"}
            at = f"2025-03-01T{clock}:00+08:00"
            events.append({"id": f"e{len(events)}", "type": kind, "time": at, "data": data})
    brand.post(events)
    brand.drain()


def test_no_trace_is_left_in_any_revision(service: Service) -> None:
    brand = service.brand()
    furnish(brand)
    with brand.client as client:
        first = client.post("/v1/exports", json={"week": WEEK}).json()["id"]
        until(lambda: _done(brand, first), 120)
        held = there(service, brand)
        assert all(each.encode() in held for each in ("zq91-buyer", "zq91-member", "u2"))
        answer = client.post("/v1/customers/m:zq91-member/erase", json={"reason": "asked for"})
        assert answer.status_code == 200, answer.text
    second = until(lambda: _revision(brand, 2), 120)
    assert second["previous"] == first
    left = there(service, brand)
    assert [each for each in GONE if each.encode() in left] == []
    assert b"erased-" in left and b"u2" in left
    with brand.client as client:
        before = client.get(f"/v1/exports/{first}").json()["files"]
        assert {f["removed_why"] for f in before} == {None, "erased"}
        for file in before + second["files"]:
            if file["url"] is not None:
                assert client.get(file["url"]).status_code == 200, file["name"]
    # Nothing moved but names: a look at the week some other time finds nothing to say.
    with brand.client as client:
        third = client.post("/v1/exports", json={"week": WEEK}).json()["id"]
    assert until(lambda: _over(brand, third), 120)["state"] == "unchanged"


def _done(brand: Brand, export_id: str) -> Any:
    found = _over(brand, export_id)
    assert found is None or found["state"] == "done", found
    return found


def _over(brand: Brand, export_id: str) -> Any:
    found = brand.ask(f"/v1/exports/{export_id}")
    return None if found["state"] in ("queued", "running") else found


def _revision(brand: Brand, number: int) -> Any:
    items = brand.ask("/v1/exports", week=WEEK)["items"]
    return next((e for e in items if e["revision"] == number and e["state"] == "done"), None)
