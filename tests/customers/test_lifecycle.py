"""The stages of a lifecycle at their borders, and the settings they hang on."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncConnection

from app.metrics.lifecycle import STAGES, Days, days_of, in_stage, stage
from app.models.tables import metadata
from tests.make import Brand, Service
from tests.metrics.told import told

FIRST = datetime(2025, 3, 1, 4, tzinfo=UTC)
LAST = datetime(2025, 3, 11, 4, tzinfo=UTC)
DAYS = Days(30, 90, 180)
MOMENT = timedelta(microseconds=1)


@pytest.fixture(scope="module")
def brand(service: Service) -> Brand:
    return told(
        service,
        """
        03-01 12:00 order.paid order_id=o1 buyer_id=ann amount=100
        03-11 12:00 order.paid order_id=o2 buyer_id=ann amount=100
        03-11 12:00 order.paid order_id=o3 buyer_id=free amount=0
        """,
    )


def stages(service: Service, brand: Brand, days: Days, at: datetime) -> dict[str, str | None]:
    """The stage of each customer; and each condition must agree with it."""
    customer = metadata.tables["customer"]
    mine = customer.c.brand_id == brand.brand_id

    async def act(connection: AsyncConnection) -> dict[str, str | None]:
        rows = await connection.execute(
            select(customer.c.customer_id, stage(customer, days, at)).where(mine)
        )
        found = {row[0]: row[1] for row in rows}
        for each in STAGES:
            those = await connection.scalars(
                select(customer.c.customer_id).where(mine, in_stage(each, customer, days, at))
            )
            assert set(those) == {name for name, is_ in found.items() if is_ == each}
        return found

    return service.within(act)


@pytest.mark.parametrize(
    ("at", "expected"),
    [
        (FIRST, "new"),
        (FIRST + timedelta(days=30) - MOMENT, "new"),
        (FIRST + timedelta(days=30), "active"),
        (LAST + timedelta(days=90) - MOMENT, "active"),
        (LAST + timedelta(days=90), "at_risk"),
        (LAST + timedelta(days=180) - MOMENT, "at_risk"),
        (LAST + timedelta(days=180), "lapsed"),
    ],
)
def test_borders(service: Service, brand: Brand, at: datetime, expected: str) -> None:
    assert stages(service, brand, DAYS, at) == {"b:ann": expected, "b:free": None}


def test_new_comes_first(service: Service, brand: Brand) -> None:
    """Who is new for longer than others are active is new as long as that."""
    days = Days(200, 5, 6)
    assert stages(service, brand, days, FIRST + timedelta(days=199))["b:ann"] == "new"
    assert stages(service, brand, days, FIRST + timedelta(days=200))["b:ann"] == "lapsed"


def patch(brand: Brand, **settings: Any) -> Any:
    with brand.client as client:
        return client.patch("/v1/brand", json=settings)


def test_the_days_are_settings(service: Service) -> None:
    brand = service.brand()
    assert service.within(lambda c: days_of(c, brand.brand_id)) == DAYS
    changed = patch(
        brand, lifecycle_new_days=7, lifecycle_active_days=200, lifecycle_lapsed_days=201
    )
    assert changed.status_code == 200, changed.text
    assert changed.json()["lifecycle_active_days"] == 200
    assert service.within(lambda c: days_of(c, brand.brand_id)) == Days(7, 200, 201)
    # Nothing that is stored hangs on them.
    assert service.sql("SELECT 1 FROM dirty_brand WHERE brand_id = :b", b=brand.brand_id) == []


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"lifecycle_active_days": 180}, "/lifecycle_active_days"),
        ({"lifecycle_lapsed_days": 90}, "/lifecycle_lapsed_days"),
        ({"lifecycle_new_days": 0}, "/lifecycle_new_days"),
        ({"lifecycle_lapsed_days": 3651}, "/lifecycle_lapsed_days"),
    ],
)
def test_days_that_do_not_fit(service: Service, changes: Any, field: str) -> None:
    brand = service.brand()
    answer = patch(brand, **changes)
    assert (answer.status_code, answer.json()["field"]) == (422, field)
