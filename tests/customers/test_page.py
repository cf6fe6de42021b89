"""The page of a customer, against what is worked out by hand."""

from typing import Any

import httpx
import pytest

from app.core.phone import masked
from app.crm.keys import create
from tests.make import Brand, Service
from tests.metrics.told import tell, told

WORLD = """
    02-20 09:00 group.created   group_id=g1 name=茶友群 owner_member_id=host
    02-20 09:00 note.published  note_id=n1 title=春茶 creator_id=k1
    02-20 09:00 creator.updated creator_id=k1 name=小红
    03-01 09:00 member.updated  member_id=ann nickname=安
    03-01 10:00 member.joined   group_id=g1 member_id=ann source.kind=note source.note_id=n1
    03-02 10:00 member.left     group_id=g1 member_id=ann reason=removed
    03-03 10:00 member.joined   group_id=g2 member_id=ann role=admin
    03-04 10:00 message.sent    group_id=g2 member_id=ann message_id=m1
    03-05 10:00 member.updated  member_id=ann phone=13812341234
    03-06 10:00 identity.linked member_id=ann buyer_id=shopper
    03-07 10:00 order.paid      order_id=o1 buyer_id=shopper amount=5000
    03-08 10:00 order.paid      order_id=o2 buyer_id=shopper amount=700
    03-09 10:00 order.refunded  order_id=o2 refund_id=r1 amount=200
    03-09 11:00 message.sent    group_id=g1 member_id=host message_id=m2
"""


@pytest.fixture(scope="module")
def brand(service: Service) -> Brand:
    made = told(service, WORLD, identity_mode="separate")
    given = {"b": made.brand_id}
    for statement in (
        "INSERT INTO tag_group (brand_id, tag_group_id, name) VALUES (:b, 'tg', '级别')",
        "INSERT INTO tag (brand_id, tag_id, tag_group_id, name) VALUES (:b, 't1', 'tg', 'VIP')",
        "INSERT INTO tag (brand_id, tag_id, name) VALUES (:b, 't2', '老客')",
        # Both identities have the one tag: it is told once, since the earlier.
        "INSERT INTO tagging (brand_id, tag_id, space, id, tagged_at, tagged_by) VALUES"
        " (:b, 't1', 'member', 'ann', '2025-03-05T00:00:00Z', 'key:x'),"
        " (:b, 't1', 'buyer', 'shopper', '2025-03-04T00:00:00Z', 'key:x'),"
        " (:b, 't2', 'member', 'host', '2025-03-04T00:00:00Z', 'key:x')",
        "INSERT INTO task (brand_id, task_id, space, id, title, done_at, made_by) VALUES"
        " (:b, 'k1', 'buyer', 'shopper', '回访', NULL, 'key:x'),"
        " (:b, 'k2', 'member', 'ann', '回访', NULL, 'key:x'),"
        " (:b, 'k3', 'member', 'ann', '回访', now(), 'key:x'),"
        " (:b, 'k4', 'member', 'host', '回访', NULL, 'key:x')",
    ):
        service.sql(statement, **given)
    return made


def key_of(service: Service, brand: Brand, *scopes: str) -> str:
    return service.within(lambda c: create(c, brand.brand_id, "test", scopes))


def read(brand: Brand, key: str, path: str) -> httpx.Response:
    with brand.client as client:
        return client.get(path, headers={"authorization": f"Bearer {key}"})


def audited(service: Service, brand: Brand) -> list[Any]:
    return service.sql(
        "SELECT actor, action, subject FROM audit_entry WHERE brand_id = :b", b=brand.brand_id
    )


def test_what_is_known(service: Service, brand: Brand) -> None:
    page = read(brand, key_of(service, brand, "read"), "/v1/customers/m:ann").json()
    scores = page.pop("rfm")
    assert set(scores) == {"recency", "frequency", "monetary", "cut_points"}
    assert page == {
        "customer_id": "m:ann",
        "nickname": "安",
        "phone": "138****1234",
        "attributes": None,
        "is_member": True,
        "last_spoke_at": "2025-03-04T02:00:00Z",
        "totals": {
            "memberships": 2,
            "open_memberships": 1,
            "first_joined_at": "2025-03-01T02:00:00Z",
            "first_group_id": "g1",
            "first_note_id": "n1",
            "orders": 2,
            "gmv": 5700,
            "refunded": 200,
            "net": 5500,
            "purchases": 2,
            "purchase_days": 2,
            "first_paid_at": "2025-03-07T02:00:00Z",
            "last_paid_at": "2025-03-08T02:00:00Z",
        },
        "lifecycle": "lapsed",
        "identities": [
            {
                "space": "member",
                "id": "ann",
                "nickname": "安",
                "phone": "138****1234",
                "attributes": None,
                "last_spoke_at": "2025-03-04T02:00:00Z",
            },
            {"space": "buyer", "id": "shopper"}
            | dict.fromkeys(("nickname", "phone", "attributes", "last_spoke_at")),
        ],
        "memberships": [
            {
                "group_id": "g2",
                "group_name": None,
                "member_id": "ann",
                "joined_at": "2025-03-03T02:00:00Z",
                "left_at": None,
                "role": "admin",
                "leave_reason": None,
                **dict.fromkeys(("source_kind", "note_id", "note_title", "creator_id")),
                **dict.fromkeys(("creator_name", "live_id")),
            },
            {
                "group_id": "g1",
                "group_name": "茶友群",
                "member_id": "ann",
                "joined_at": "2025-03-01T02:00:00Z",
                "left_at": "2025-03-02T02:00:00Z",
                "role": None,
                "leave_reason": "removed",
                "source_kind": "note",
                "note_id": "n1",
                "note_title": "春茶",
                "creator_id": "k1",
                "creator_name": "小红",
                "live_id": None,
            },
        ],
        "tags": [
            {
                "tag_id": "t1",
                "name": "VIP",
                "tag_group_id": "tg",
                "tag_group": "级别",
                "tagged_at": "2025-03-04T00:00:00Z",
                "tagged_by": "key:x",
            }
        ],
        "open_tasks": 2,
    }


def test_who_only_speaks_has_a_page(brand: Brand) -> None:
    page = brand.ask("/v1/customers/m:host")
    assert (page["last_spoke_at"], page["lifecycle"]) == ("2025-03-09T03:00:00Z", None)
    assert (page["totals"]["orders"], page["rfm"]["monetary"]) == (0, None)


def test_an_id_from_before_a_merge_gives_the_present_customer(brand: Brand) -> None:
    assert brand.ask("/v1/customers/b:shopper")["customer_id"] == "m:ann"
    answer = brand.ask("/v1/customers/b:shopper/timeline")
    assert answer["customer_id"] == "m:ann"
    assert answer["items"][-1]["kind"] == "join"


@pytest.mark.parametrize("part", ["", "/timeline"])
@pytest.mark.parametrize(
    "name", ["m:nobody", "b:ann", "ann", "m:", "x:ann", "m:%00", "m:%ff", "%00"]
)
def test_nobody(brand: Brand, name: str, part: str) -> None:
    with brand.client as client:
        answer = client.get(f"/v1/customers/{name}{part}")
    assert answer.status_code in (400, 404)
    assert answer.json()["code"] in ("invalid", "not_found")


def test_another_brands_customer_is_nobody(service: Service, brand: Brand) -> None:
    other = service.brand()
    assert other.ask("/v1/customers/m:ann") is None
    assert other.ask("/v1/customers/m:ann/timeline") is None


def test_phones_are_read_by_scope_and_on_record(service: Service) -> None:
    brand = told(service, "03-05 10:00 member.updated member_id=ann phone=13812341234")
    masked, full = key_of(service, brand, "read"), key_of(service, brand, "read", "pii:read")
    path = "/v1/customers/m:ann"
    assert read(brand, masked, path).json()["phone"] == "138****1234"
    assert audited(service, brand) == []
    page = read(brand, full, path).json()
    assert page["phone"] == page["identities"][0]["phone"] == "13812341234"
    (entry,) = audited(service, brand)
    assert tuple(entry) == (f"key:{full.split('_')[2]}", "customer.read", "m:ann")
    # Where there is no phone nothing was read.
    tell(brand, "03-05 10:00 member.updated member_id=bob nickname=小白")
    assert read(brand, full, "/v1/customers/m:bob").json()["phone"] is None
    assert len(audited(service, brand)) == 1
    assert read(brand, key_of(service, brand, "events:write"), path).status_code == 403


@pytest.mark.parametrize(
    ("phone", "expected"),
    [
        ("13812341234", "138****1234"),
        ("+8613812341234", "138****1234"),
        ("1234567", "****67"),
        ("12345", "****"),
    ],
)
def test_masks(phone: str, expected: str) -> None:
    assert masked(phone) == expected
