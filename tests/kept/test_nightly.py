"""The nightly check finds what is wrong in derived rows, and says so until it is mended."""

import asyncio
from datetime import UTC, datetime, timedelta

import pytest
import structlog
from sqlalchemy.ext.asyncio import AsyncEngine

import app.derive.nightly
from app.core.db import transaction
from app.derive.customers import derive_customers
from app.derive.nightly import check as check_brand
from app.derive.verify import Report, Sample
from tests.kept.keeper import Keeper
from tests.make import Brand
from tests.metrics.told import event

NOW = datetime(2026, 11, 20, 19, 0, tzinfo=UTC)
"""Three in the morning in Shanghai."""

NIGHT = timedelta(days=1)


@pytest.fixture
def brand(keeper: Keeper) -> Brand:
    made = keeper.web.brand()
    orders = [
        event(f"03-0{n} 12:00 order.paid order_id=o{n} buyer_id=b{n} amount=100")
        for n in range(1, 10)
    ]
    keeper.tell(made, orders)
    keeper.web.sql(
        "INSERT INTO schedule (brand_id, job, next_due_at) VALUES (:b, 'verify', '2026-11-01')",
        b=made.brand_id,
    )
    return made


def check(keeper: Keeper, brand: Brand, nights: int = 0) -> Report | None:
    return keeper.run(lambda pool: check_brand(pool, brand.brand_id, NOW + nights * NIGHT))


def test_where_all_is_well(keeper: Keeper, brand: Brand) -> None:
    assert brand.ask("/v1/status")["verified_at"] is None
    assert brand.ask("/v1/status")["verify_differences"] is None
    found = check(keeper, brand)
    assert found is not None
    assert (found.customers, found.differences) == (9, 0)
    status = brand.ask("/v1/status")
    assert (status["verified_at"], status["verify_differences"]) == ("2026-11-20T19:00:00Z", 0)
    assert check(keeper, brand) is None, "once a night"
    (row,) = keeper.web.sql(
        "SELECT next_due_at FROM schedule WHERE brand_id = :b AND job = 'verify'", b=brand.brand_id
    )
    assert row.next_due_at == NOW + NIGHT


def test_a_planted_difference_is_an_alarm_until_it_is_mended(
    keeper: Keeper, brand: Brand, monkeypatch: pytest.MonkeyPatch
) -> None:
    given = {"b": brand.brand_id}
    keeper.web.sql(
        "UPDATE order_credit SET amount = 101 WHERE brand_id = :b AND order_id = 'o4'", **given
    )
    with structlog.testing.capture_logs() as logs:
        check(keeper, brand)
    (alarm,) = [each for each in logs if each["event"] == "verify_differences"]
    # The order, and the sums of its day and month, which are counted from the orders.
    wrong = alarm["differences"]
    assert (alarm["log_level"], wrong > 1) == ("error", True)
    status = brand.ask("/v1/status")
    assert (status["verified_at"], status["verify_differences"]) == (
        "2026-11-20T19:00:00Z",
        wrong,
    )
    (row,) = keeper.web.sql("SELECT * FROM verification WHERE brand_id = :b", **given)
    assert (row.customers, row.differences, row.wrong) == (9, wrong, ["b:b4"])
    assert row.lines[0] == "order_credit o4: amount is 101, not 100"

    # The next night's sample is small, but who was wrong is in it.
    monkeypatch.setattr(app.derive.nightly, "MOST_CUSTOMERS", 2)
    found = check(keeper, brand, 1)
    assert found is not None
    assert found.customers == 2
    assert brand.ask("/v1/status")["verify_differences"] > 0

    async def mend(pool: AsyncEngine) -> None:
        async with transaction(pool) as connection:
            await derive_customers(connection, brand.brand_id, {"b:b4": "[]"})

    keeper.run(mend)
    check(keeper, brand, 2)
    assert brand.ask("/v1/status")["verify_differences"] == 0


def test_each_night_has_a_sample_of_its_own(
    keeper: Keeper, brand: Brand, monkeypatch: pytest.MonkeyPatch
) -> None:
    looked: list[set[str]] = []

    async def watched(pool: AsyncEngine, brand_id: int, sample: Sample) -> Report:
        looked.append(set(sample.customers))
        return Report()

    monkeypatch.setattr(app.derive.nightly, "MOST_CUSTOMERS", 3)
    monkeypatch.setattr(app.derive.nightly, "compared", watched)
    for night in range(12):
        check(keeper, brand, night)
    assert {len(customers) for customers in looked} == {3}
    assert len(set().union(*looked)) == 9


def test_what_is_pending_is_no_difference(keeper: Keeper, brand: Brand) -> None:
    brand.post([event("03-20 12:00 order.paid order_id=o20 buyer_id=b2 amount=5")])
    given = {"b": brand.brand_id}
    keeper.web.sql("UPDATE order_credit SET amount = 7 WHERE brand_id = :b", **given)
    keeper.web.sql(
        "INSERT INTO dirty_customer (brand_id, customer_id) SELECT brand_id, customer_id"
        " FROM order_credit WHERE brand_id = :b AND order_id <> 'o1'",
        **given,
    )
    found = check(keeper, brand)
    assert found is not None
    orders = [each.key for each in found.first if each.table == "order_credit"]
    assert orders == [{"order_id": "o1"}]


def test_a_change_of_settings_comes_first(keeper: Keeper, brand: Brand) -> None:
    with brand.client as client:
        client.patch("/v1/brand", json={"touch_hours": 1})
    assert check(keeper, brand) is None
    keeper.work()
    later = NOW + timedelta(minutes=15)
    assert keeper.run(lambda pool: check_brand(pool, brand.brand_id, later)) is not None


def test_two_workers_check_once(keeper: Keeper, brand: Brand) -> None:
    async def both(pool: AsyncEngine) -> list[Report | None]:
        return list(
            await asyncio.gather(*(check_brand(pool, brand.brand_id, NOW) for _ in range(3)))
        )

    found = keeper.run(both)
    assert sorted(each is None for each in found) == [False, True, True]


def test_who_dies_in_the_middle_leaves_it_to_another(
    keeper: Keeper, brand: Brand, monkeypatch: pytest.MonkeyPatch
) -> None:
    class Died(BaseException):
        pass

    async def deadly(pool: AsyncEngine, brand_id: int, sample: Sample) -> Report:
        raise Died

    with monkeypatch.context() as patch:
        patch.setattr(app.derive.nightly, "compared", deadly)
        with pytest.raises(Died):
            check(keeper, brand)
    assert check(keeper, brand) is None
    later = NOW + timedelta(minutes=15)
    assert keeper.run(lambda pool: check_brand(pool, brand.brand_id, later)) is not None
