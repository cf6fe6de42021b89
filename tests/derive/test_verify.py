"""`hongqun verify` finds what is wrong in a derived table, and `hongqun rebuild` mends it."""

import os
import subprocess
import sys
from typing import Any

import pytest

from tests.make import Brand, Service

EVENTS: list[dict[str, Any]] = [
    {
        "id": "join",
        "type": "member.joined",
        "time": "2025-03-01T10:00:00+08:00",
        "data": {"group_id": "g1", "member_id": "p1", "source": {"kind": "note", "note_id": "n1"}},
    },
    *(
        {
            "id": f"paid {order_id}",
            "type": "order.paid",
            "time": f"2025-03-0{day}T12:00:00+08:00",
            "data": {
                "order_id": order_id,
                "buyer_id": "p1",
                "amount": 9_900,
                "currency": "CNY",
            },
        }
        for order_id, day in (("o1", 2), ("o2", 5))
    ),
    {
        "id": "back",
        "type": "order.refunded",
        "time": "2025-03-06T12:00:00+08:00",
        "data": {"order_id": "o2", "refund_id": "r1", "amount": 100},
    },
]

PLANTED = [
    "UPDATE order_credit SET amount = amount + 1 WHERE brand_id = :b AND order_id = 'o1'",
    "UPDATE order_credit SET paid_day = paid_day + 1 WHERE brand_id = :b AND order_id = 'o1'",
    "UPDATE order_credit SET cell = 'neither' WHERE brand_id = :b AND order_id = 'o1'",
    "UPDATE order_credit SET refunded = 101 WHERE brand_id = :b AND order_id = 'o2'",
    "UPDATE order_credit SET customer_id = 'm:nobody' WHERE brand_id = :b AND order_id = 'o1'",
    "DELETE FROM order_credit WHERE brand_id = :b AND order_id = 'o2'",
    "UPDATE refund_credit SET amount = amount - 1 WHERE brand_id = :b",
    "UPDATE refund_credit SET refunded_at = refunded_at + interval '1 day' WHERE brand_id = :b",
    "DELETE FROM refund_credit WHERE brand_id = :b",
]


def hongqun(service: Service, *arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "app", *arguments],
        env=os.environ | {"DATABASE_URL": service.settings.database},
        capture_output=True,
        text=True,
        timeout=60,
    )


@pytest.fixture(scope="module")
def brand(service: Service) -> Brand:
    made = service.brand()
    made.post(EVENTS)
    made.drain()
    return made


@pytest.mark.parametrize("plant", PLANTED)
def test_a_planted_difference_is_found_and_mended(
    service: Service, brand: Brand, plant: str
) -> None:
    given = ["--brand", str(brand.brand_id)]
    assert hongqun(service, "verify", *given).returncode == 0
    service.sql(plant, b=brand.brand_id)
    found = hongqun(service, "verify", *given)
    assert found.returncode == 1
    assert "_credit o" in found.stdout
    assert hongqun(service, "rebuild", *given).returncode == 0
    assert hongqun(service, "verify", *given).returncode == 0
