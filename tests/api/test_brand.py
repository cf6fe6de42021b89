"""The brand's settings: read, changed, refused; and the numbers follow them, there and back."""

import json
from datetime import UTC, datetime
from typing import Any

import pytest

from app.core.clock import microseconds
from app.crm import brands
from tests.api.door import order, problem
from tests.make import Brand, Service
from tests.oracle.ask import ask
from tests.oracle.compare import differences
from tests.oracle.world import build

JSON = {"content-type": "application/json"}


def patch(brand: Brand, **changes: Any) -> Any:
    with brand.client as client:
        return client.patch("/v1/brand", json=changes)


def test_it_is_flat(brand: Brand) -> None:
    assert brand.ask("/v1/brand") == {
        "brand_id": str(brand.brand_id),
        "name": "测试品牌",
        "timezone": "Asia/Shanghai",
        "currency": "CNY",
        "identity_mode": "shared",
        "touch_hours": 24,
        "live_grace_hours": 2,
        "lifecycle_new_days": 30,
        "lifecycle_active_days": 90,
        "lifecycle_lapsed_days": 180,
        "message_text_days": None,
        "raw_event_days": None,
        "export_weekly": True,
        "export_weekday": 1,
        "export_time": "06:00",
        "export_language": "zh-CN",
        "export_days": 400,
        "export_threshold_basis_points": 0,
    }


def test_what_is_left_out_stays(brand: Brand) -> None:
    before = brand.ask("/v1/brand")
    for change in (
        {"name": "珠宝"},
        {"timezone": "America/New_York", "currency": "USD"},
        {"identity_mode": "separate"},
        {"touch_hours": 0, "live_grace_hours": 8760},
        {"export_weekly": False, "export_weekday": 7, "export_time": "23:59"},
        {"export_language": "en", "export_days": None, "export_threshold_basis_points": 10_000},
        {},
    ):
        answer = patch(brand, **change)
        assert answer.status_code == 200
        before |= change
        assert answer.json() == before == brand.ask("/v1/brand")


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("name", ""),
        ("name", "  "),
        ("name", None),
        ("name", "x" * 201),
        ("name", 1),
        ("name", "a\0b"),
        ("timezone", "Mars/Olympus"),
        ("timezone", ""),
        ("timezone", "../etc/passwd"),
        ("timezone", "+08:00"),
        ("timezone", None),
        ("timezone", 8),
        ("currency", "cny"),
        ("currency", "CNYY"),
        ("currency", ""),
        ("currency", "C1Y"),
        ("currency", None),
        ("identity_mode", "both"),
        ("identity_mode", None),
        ("export_weekly", None),
        ("export_weekday", 0),
        ("export_weekday", 8),
        ("export_time", "24:00"),
        ("export_time", "6:00"),
        ("export_time", "06:00\n"),
        ("export_language", "fr"),
        ("export_days", 0),
        ("export_threshold_basis_points", 10_001),
        ("touch_hours", -1),
        ("touch_hours", 8761),
        ("touch_hours", 1.5),
        ("touch_hours", "24"),
        ("touch_hours", True),
        ("touch_hours", None),
        ("touch_hours", 10**30),
        ("live_grace_hours", -1),
        ("live_grace_hours", "2"),
        ("brand_id", "7"),
        ("mystery", 1),
    ],
)
def test_what_does_not_fit(brand: Brand, field: str, value: Any) -> None:
    before = brand.ask("/v1/brand")
    changes = {"name": "anders"} | {field: value}
    problem(patch(brand, **changes), 422, "invalid", f"/{field}")
    assert brand.ask("/v1/brand") == before


@pytest.mark.parametrize(
    ("content", "headers", "status", "code"),
    [
        (b"", JSON, 400, "invalid_json"),
        (b"{", JSON, 400, "invalid_json"),
        (b"[" * 100_000, JSON, 413, "too_large"),
        (b"[" * 60_000, JSON, 400, "invalid_json"),
        (b'{"name": "\xff"}', JSON, 400, "invalid_json"),
        (b"[]", JSON, 422, "invalid"),
        (b"{}", {}, 415, "unsupported_media_type"),
        (b"{}", {"content-type": "text/plain"}, 415, "unsupported_media_type"),
    ],
)
def test_bodies_that_are_none(
    brand: Brand, content: bytes, headers: dict[str, str], status: int, code: str
) -> None:
    with brand.client as client:
        problem(client.patch("/v1/brand", content=content, headers=headers), status, code)


def test_the_currency_stays_once_there_are_orders(brand: Brand) -> None:
    assert patch(brand, currency="USD").status_code == 200
    brand.post([order("a", currency="USD")])
    for _ in range(2):  # while the order is pending, and when it is in the facts
        problem(patch(brand, currency="CNY", name="x"), 409, "currency_in_use", "/currency")
        assert patch(brand, currency="USD").status_code == 200
        brand.drain()
    assert brand.ask("/v1/brand")["name"] == "测试品牌"


def test_events_of_other_kinds_do_not_hold_the_currency(brand: Brand) -> None:
    time = "2025-03-01T12:00:00Z"
    brand.post([{"id": "g", "type": "group.created", "time": time, "data": {"group_id": "g"}}])
    brand.drain()
    assert patch(brand, currency="USD").status_code == 200
    answer = brand.deliver(json.dumps(order("a")).encode())
    problem(answer, 422, "currency_mismatch", "/data/currency")


# ---- the numbers follow ----


def event(n: int, kind: str, time: str, **data: Any) -> dict[str, Any]:
    return {"id": f"e{n}", "type": kind, "time": time, "source": "t", "data": data}


def paid(n: int, time: str, buyer: str, **more: Any) -> dict[str, Any]:
    fields = {"order_id": f"o{n}", "buyer_id": buyer, "amount": 1000 + n, "currency": "CNY"}
    return event(n, "order.paid", time, **fields | more)


WORLD = [
    event(1, "member.joined", "2025-03-01T10:00:00Z", group_id="g1", member_id="p1"),
    event(2, "card.clicked", "2025-03-02T10:00:00Z", group_id="g1", member_id="p2"),
    event(3, "identity.linked", "2025-03-02T10:00:00Z", member_id="p3", buyer_id="q3"),
    event(4, "member.joined", "2025-03-02T11:00:00Z", group_id="g2", member_id="p3"),
    event(5, "card.clicked", "2025-03-03T10:00:00Z", group_id="g2", member_id="p1"),
    paid(10, "2025-03-01T15:30:00Z", "p1"),  # 23:30 in Shanghai, the same day in New York
    paid(11, "2025-03-01T16:30:00Z", "p1"),  # 00:30 of the next day in Shanghai
    paid(12, "2025-03-02T10:00:00Z", "p2"),  # at the very click
    paid(13, "2025-03-03T09:00:00Z", "p2"),  # 23 hours after it
    paid(14, "2025-03-04T11:00:00Z", "p2"),  # 49 hours after it
    paid(15, "2025-03-05T10:00:00Z", "q3"),
    paid(16, "2025-03-06T10:00:00Z", "p3"),
    paid(17, "2025-03-06T23:00:00Z", "p9"),
    paid(18, "2025-03-07T10:00:00Z", "p1", touch={"group_id": "g2"}),
]
QUESTIONS: list[tuple[str, dict[str, Any]]] = [
    ("/v1/metrics/gmv-share", {"start": "2025-03-01", "end": "2025-03-09", "bucket": "day"}),
    ("/v1/metrics/gmv-share", {"start": "2025-03-02", "end": "2025-03-07"}),
    ("/v1/metrics/repurchase", {"start": "2025-03-01", "end": "2025-03-09"}),
    ("/v1/metrics/repurchase", {"start": "2025-03-02", "end": "2025-03-05", "kind": "cohort"}),
    ("/v1/metrics/repurchase", {"start": "2025-03-02", "end": "2025-03-09", "kind": "returning"}),
    *((f"/v1/orders/o{n}/explain", {}) for n in range(10, 19)),
]
DEFAULTS = {"timezone": "Asia/Shanghai", "identity_mode": "shared", "touch_hours": 24}


def answers(brand: Brand) -> list[Any]:
    drop = ("as_of", "why")
    found = [brand.ask(path, **params) for path, params in QUESTIONS]
    return [{k: v for k, v in answer.items() if k not in drop} for answer in found]


def recounted(settings: dict[str, Any], brand: Brand) -> list[Any]:
    """Where the service and a plain recount of the events differ."""
    world = build(WORLD, {"currency": "CNY", "live_grace_hours": 2, "source": "t"} | settings)
    now = microseconds(datetime.now(UTC))
    return [
        (path, params, found)
        for path, params in QUESTIONS
        if (found := differences(ask(world, path, params, now), brand.ask(path, **params)))
    ]


@pytest.mark.parametrize(
    "change",
    [
        {"timezone": "America/New_York"},
        {"timezone": "America/Havana"},
        {"touch_hours": 0},
        {"touch_hours": 72},
        {"identity_mode": "separate"},
        {"identity_mode": "separate", "touch_hours": 1, "timezone": "UTC"},
    ],
)
def test_a_change_holds_for_the_whole_past(brand: Brand, change: dict[str, Any]) -> None:
    brand.post(WORLD)
    brand.drain()
    assert recounted(DEFAULTS, brand) == []
    first = answers(brand)

    assert patch(brand, **change).status_code == 200
    brand.drain()
    assert recounted(DEFAULTS | change, brand) == []
    assert answers(brand) != first, "the change was to matter"

    assert patch(brand, **{name: DEFAULTS[name] for name in change}).status_code == 200
    brand.drain()
    assert answers(brand) == first


def test_changes_at_once_agree_with_the_last_one(service: Service) -> None:
    """Several settings changed while the events are still on their way."""
    brand = service.brand()
    for n, hours in enumerate((0, 72, 1, 48, 24, 0)):
        brand.post(WORLD[2 * n : 2 * n + 3])
        assert patch(brand, touch_hours=hours).status_code == 200
    brand.post(WORLD)
    brand.drain()
    assert recounted(DEFAULTS | {"touch_hours": 0}, brand) == []


def test_of_two_changes_at_once_the_second_sees_the_first(brand: Brand, service: Service) -> None:
    """Back to what one has read, while another has changed it and the numbers followed."""
    brand.post(WORLD)
    read = service.within(lambda c: brands.find(c, brand.brand_id))
    assert read is not None
    assert patch(brand, touch_hours=72).status_code == 200
    brand.drain()
    service.within(lambda c: brands.change(c, read, {"touch_hours": 24}))
    brand.drain()
    assert recounted(DEFAULTS, brand) == []
