"""Segments over HTTP: a small world told by hand, and who is in what."""

from typing import Any

from tests.make import Brand, Service
from tests.metrics.told import told

STORY = """
    02-01 10:00 note.published note_id=n1 creator_id=k1
    03-01 10:00 member.joined  group_id=g1 member_id=ann nickname=小安 source.kind=note source.note_id=n1
    03-02 10:00 member.joined  group_id=g1 member_id=bob nickname=Bob source.kind=live source.live_id=l1
    03-02 11:00 member.joined  group_id=g2 member_id=bob
    03-05 10:00 member.left    group_id=g1 member_id=bob
    03-03 12:00 order.paid     order_id=a1 buyer_id=ann amount=1000
    03-20 12:00 order.paid     order_id=a2 buyer_id=ann amount=3000
    03-04 12:00 order.paid     order_id=b1 buyer_id=bob amount=500
    03-06 12:00 order.refunded order_id=b1 refund_id=r1 amount=500
    03-07 12:00 order.paid     order_id=c1 buyer_id=cat amount=2000
    03-08 12:00 message.sent   group_id=g1 message_id=m1 member_id=ann
    03-09 12:00 message.sent   group_id=g2 message_id=m2 member_id=dan kind=image
"""


def found(brand: Brand, rule: dict[str, Any]) -> list[str]:
    with brand.client as client:
        answer = client.post("/v1/segments/preview", json={"rule": rule})
    assert answer.status_code == 200, answer.text
    body = answer.json()
    people = sorted(each["customer_id"][2:] for each in body["sample"])
    assert body["count"] == len(people)
    return people


def test_try(service: Service) -> None:
    brand = told(service, STORY)
    assert found(brand, {"purchases": {}}) == ["ann", "cat"]
