"""`hongqun verify` finds what is wrong in a derived table, and `hongqun rebuild` mends it."""

import asyncio
import os
import subprocess
import sys
from typing import Any

import pytest
from sqlalchemy.ext.asyncio import AsyncConnection

from app.core.db import open_pool
from app.derive import beside
from app.derive.beside import BY_CUSTOMER, SUMS
from app.derive.verify import Report, Sample, verify
from tests.desk.people import derived
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
    {
        "id": "live",
        "type": "live.started",
        "time": "2025-03-05T11:00:00+08:00",
        "data": {"live_id": "l1"},
    },
    {
        "id": "view",
        "type": "live.joined",
        "time": "2025-03-05T11:30:00+08:00",
        "data": {"live_id": "l1", "member_id": "p1"},
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
    "UPDATE purchase_day SET next_day = next_day + 1 WHERE brand_id = :b AND order_id = 'o1'",
    "UPDATE purchase_day SET day = day + 1 WHERE brand_id = :b AND order_id = 'o2'",
    "DELETE FROM purchase_day WHERE brand_id = :b AND order_id = 'o1'",
    "UPDATE joining SET joined_day = joined_day - 1 WHERE brand_id = :b",
    "UPDATE joining SET bought_at = bought_at + interval '1 day' WHERE brand_id = :b",
    "UPDATE joining SET spoke_on = 2 WHERE brand_id = :b",
    "DELETE FROM joining WHERE brand_id = :b",
    "UPDATE customer SET net = net + 1 WHERE brand_id = :b",
    "UPDATE customer SET customer_id = 'm:nobody' WHERE brand_id = :b",
    "UPDATE customer SET first_note_id = NULL WHERE brand_id = :b",
    "DELETE FROM customer WHERE brand_id = :b",
    "UPDATE sale_sum SET gmv = gmv + 1 WHERE brand_id = :b AND grain = 'day'"
    " AND start = '2025-03-02' AND dimension = 'cell'",
    "UPDATE sale_sum SET gmv = gmv - 1 WHERE brand_id = :b AND grain = 'month'"
    " AND dimension = 'group'",
    "UPDATE sale_sum SET start = start + 1 WHERE brand_id = :b AND grain = 'day'"
    " AND dimension = 'note' AND start = '2025-03-05'",
    "UPDATE sale_sum SET paid_back = paid_back + 1 WHERE brand_id = :b AND dimension = 'cell'"
    " AND start = '2025-03-06'",
    "UPDATE purchase_sum SET customers = customers + 1 WHERE brand_id = :b AND kind = 'own'"
    " AND grain = 'day'",
    "UPDATE purchase_sum SET previous = previous + 1 WHERE brand_id = :b AND kind = 'own'"
    " AND grain = 'day'",
    "DELETE FROM purchase_sum WHERE brand_id = :b AND grain = 'month' AND kind = 'bought'",
    "UPDATE group_sum SET joins = joins + 1 WHERE brand_id = :b AND grain = 'week'",
    "UPDATE group_sum SET start = start + 1 WHERE brand_id = :b AND grain = 'day'",
    "DELETE FROM group_sum WHERE brand_id = :b AND grain = 'month'",
    "UPDATE live_sum SET gmv = gmv + 1 WHERE brand_id = :b",
    "UPDATE live_sum SET viewers = 0 WHERE brand_id = :b",
    "DELETE FROM live_sum WHERE brand_id = :b",
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


def test_every_derived_table_is_planted_in() -> None:
    assert {plant.split()[2 if plant.startswith("DELETE") else 1] for plant in PLANTED} == {
        *BY_CUSTOMER,
        *SUMS,
    }


@pytest.mark.parametrize("plant", PLANTED)
def test_a_planted_difference_is_found_and_mended(
    service: Service, brand: Brand, plant: str
) -> None:
    before = derived(service, brand)
    service.sql(plant, b=brand.brand_id)
    table = plant.split()[2 if plant.startswith("DELETE") else 1]
    found = service.within(lambda connection: verified(connection, brand.brand_id))
    assert table in {each.table for each in found.first}
    asyncio.run(rebuild(service, brand.brand_id))
    assert derived(service, brand) == before


async def verified(connection: AsyncConnection, brand_id: int) -> Report:
    report = await verify(connection, brand_id, lambda what, done, total: None)
    await connection.rollback()
    return report


async def rebuild(service: Service, brand_id: int) -> None:
    pool = open_pool(service.settings, "hongqun test")
    async with pool.connect() as connection:
        await beside.begin(connection, brand_id)
        await connection.commit()
        async for _ in beside.steps(connection, brand_id):
            await connection.commit()
        await beside.swap(connection, brand_id)
        await connection.commit()
        await connection.invalidate()
    await pool.dispose()


def test_the_commands_say_what_they_find(service: Service, brand: Brand) -> None:
    given = ["--brand", str(brand.brand_id)]
    answer = hongqun(service, "verify", *given)
    assert (answer.returncode, answer.stdout) == (0, "no difference\n")
    where = "WHERE brand_id = :b AND order_id = 'o1'"
    service.sql(f"UPDATE order_credit SET amount = amount + 1 {where}", b=brand.brand_id)
    answer = hongqun(service, "verify", *given)
    assert answer.returncode == 1
    assert "order_credit o1: amount is 9901, not 9900" in answer.stdout
    # The sums are counted from the rows as they are stored, wrong ones too.
    assert "sale_sum" in answer.stdout
    assert hongqun(service, "rebuild", *given).returncode == 0
    assert hongqun(service, "verify", *given).returncode == 0


def test_a_sample_is_verified(service: Service, brand: Brand) -> None:
    async def sampled(connection: AsyncConnection) -> Report:
        sample = Sample(["m:p1", "m:nobody"], 1, "x")
        report = await verify(connection, brand.brand_id, lambda *told: None, sample)
        await connection.rollback()
        return report

    report = service.within(sampled)
    assert (report.customers, report.sums, report.differences) == (1, 1, 0)


def test_what_is_pending_is_no_difference(service: Service, brand: Brand) -> None:
    given = {"b": brand.brand_id}
    marks = "brand_id, kind, key, start, since) VALUES (:b, 'day', '', '2025-03-02', 'infinity')"
    service.sql(f"INSERT INTO dirty_sum ({marks}", **given)
    wrong = "WHERE brand_id = :b AND grain = 'day' AND start = '2025-03-02'"
    service.sql(f"UPDATE sale_sum SET gmv = gmv + 1 {wrong}", **given)
    try:
        assert hongqun(service, "verify", "--brand", str(brand.brand_id)).returncode == 0
    finally:  # who drains waits for this one too
        service.sql(f"UPDATE sale_sum SET gmv = gmv - 1 {wrong}", **given)
        service.sql("DELETE FROM dirty_sum WHERE brand_id = :b", **given)
