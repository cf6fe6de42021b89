"""RFM scores against values worked out by hand: ties, few buyers, cut points of the brand."""

import time
from datetime import UTC, datetime, timedelta
from typing import Any

import httpx
import pytest
from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncConnection

from app.core.db import open_pool
from app.crm import rfm as cut_points
from app.metrics.rfm import MEASURES, cuts_of, score, scored
from app.models.tables import metadata
from tests.make import Brand, Service
from tests.metrics.told import at

NOON = "T04:00:00Z"
"""Of a day of March 2025, in Shanghai."""

DAYS: dict[str, tuple[int, ...]] = {
    **dict.fromkeys("abc", (1,)),
    **dict.fromkeys("def", (2,)),
    "g": (10,),
    "h": (9, 10),
    "i": (9, 10, 11),
    "j": (8, 9, 10, 11, 12),
}
"""On which days of March each of ten customers bought. They spent 100, 200 … 1,000 in all."""

SCORES = {
    "a": (1, 1, 1),
    "b": (1, 1, 1),
    "c": (1, 1, 2),
    "d": (2, 1, 2),
    "e": (2, 1, 3),
    "f": (2, 1, 3),
    "g": (4, 1, 4),
    "h": (4, 4, 4),
    "i": (5, 5, 5),
    "j": (5, 5, 5),
}
"""The cut points are the values in places 2, 4, 6 and 8 of ten.

Last bought on 1 1 1 2 2 2 10 10 11 12: cut at 1, 2, 2 and 10. Days 1 1 1 1 1 1 1 2 3 5: cut at 1,
1, 1 and 2. Spent 100 … 1,000: cut at 200, 400, 600 and 800.
"""


def paid(who: str, day: int, amount: int, n: int = 0) -> dict[str, Any]:
    order = {"order_id": f"{who} {day} {n}", "buyer_id": who, "amount": amount, "currency": "CNY"}
    time = at(f"03-{day:02}", "12:00")
    return {"id": order["order_id"], "type": "order.paid", "time": time, "data": order}


def orders() -> list[dict[str, Any]]:
    return [
        paid(who, day, 100 * n // len(days))
        for n, (who, days) in enumerate(DAYS.items(), 1)
        for day in days
    ]


def told(service: Service, events: list[dict[str, Any]]) -> Brand:
    brand = service.brand()
    brand.post(events)
    brand.drain()
    return brand


def send(brand: Brand, method: str, path: str = "/v1/rfm", **given: Any) -> httpx.Response:
    with brand.client as client:
        return client.request(method, path, **given)


def refreshed(brand: Brand) -> dict[str, Any]:
    answer = send(brand, "POST", "/v1/rfm/refresh")
    assert answer.status_code == 200, answer.text
    found: dict[str, Any] = answer.json()
    return found


def scores(brand: Brand, who: str) -> tuple[int | None, ...]:
    found = brand.ask(f"/v1/customers/b:{who}")["rfm"]
    return tuple(found[measure] for measure in MEASURES)


def own(recency: list[int] | None, frequency: Any, monetary: Any) -> dict[str, Any]:
    return {"recency_days": recency, "frequency": frequency, "monetary": monetary}


@pytest.fixture(scope="module")
def ten(service: Service) -> Brand:
    brand = told(
        service,
        [
            *orders(),
            # Who paid nothing, or got all of it back, has not bought.
            paid("free", 3, 0),
            paid("back", 3, 5_000),
            {
                "id": "r",
                "type": "order.refunded",
                "time": at("03-04"),
                "data": {"order_id": "back 3 0", "refund_id": "r", "amount": 5_000},
            },
        ],
    )
    refreshed(brand)
    return brand


def test_quintiles(ten: Brand) -> None:
    answer = ten.ask("/v1/rfm")
    cuts = answer["cut_points"]
    assert cuts["by"] == "quintiles"
    assert cuts["recency"] == [f"2025-03-{day:02}{NOON}" for day in (1, 2, 2, 10)]
    assert (cuts["frequency"], cuts["monetary"]) == ([1, 1, 1, 2], [200, 400, 600, 800])
    assert (cuts["customers"], cuts["recency_days"], answer["customers"]) == (10, None, 10)
    assert {who: scores(ten, who) for who in SCORES} == SCORES
    assert scores(ten, "free") == scores(ten, "back") == (None, None, None)


def test_how_many_score_what(ten: Brand) -> None:
    answer = ten.ask("/v1/rfm")
    assert answer["scores"] == {
        "recency": [3, 3, 0, 2, 2],
        "frequency": [7, 0, 0, 1, 2],
        "monetary": [2, 2, 2, 2, 2],
    }
    cells = {(c["recency"], c["frequency"], c["monetary"]): c["customers"] for c in answer["cells"]}
    assert cells == {
        cell: list(SCORES.values()).count(cell) for cell in sorted(set(SCORES.values()))
    }


@pytest.mark.parametrize(
    ("amounts", "expected"),
    [
        ([5], [1]),
        ([5, 7], [1, 3]),
        ([5, 7, 9], [1, 2, 4]),
        ([5, 7, 9, 11], [1, 2, 3, 4]),
        ([5, 7, 9, 11, 13], [1, 2, 3, 4, 5]),
        ([5, 5, 5, 5, 5, 5], [1] * 6),
        ([5, 5, 5, 5, 5, 9], [1, 1, 1, 1, 1, 5]),
    ],
)
def test_few_and_equal(service: Service, amounts: list[int], expected: list[int]) -> None:
    """Of n values the cut points lie in places ceil(n/5), ceil(2n/5), ceil(3n/5), ceil(4n/5)."""
    brand = told(service, [paid(f"p{n}", 1, amount) for n, amount in enumerate(amounts)])
    refreshed(brand)
    found = [scores(brand, f"p{n}") for n in range(len(amounts))]
    assert [monetary for _, _, monetary in found] == expected
    assert {(recency, frequency) for recency, frequency, _ in found} == {(1, 1)}


def test_nobody_bought(service: Service) -> None:
    brand = service.brand()
    answer = refreshed(brand)
    assert answer["cut_points"]["customers"] == 0
    assert answer["cut_points"]["monetary"] is None
    assert answer["scores"]["monetary"] == [0, 0, 0, 0, 0]


def test_who_buys_again_scores_at_once(service: Service) -> None:
    brand = told(service, orders())
    refreshed(brand)
    assert scores(brand, "a") == (1, 1, 1)
    brand.post([paid("a", 13, 701)])
    brand.drain()
    # Now on two days, 801 in all: above the cut points as they were counted.
    assert scores(brand, "a") == (5, 4, 5)


def test_cut_points_of_the_brand(service: Service) -> None:
    now = datetime.now(UTC)
    brand = service.brand()
    minute = timedelta(minutes=1)
    ages = {
        "r5": timedelta(days=10) - minute,
        "r4": timedelta(days=10) + minute,
        "r2": timedelta(days=90) - minute,
        "r1": timedelta(days=90) + minute,
    }
    for who, age in ages.items():
        order = {"order_id": who, "buyer_id": who, "amount": 250, "currency": "CNY"}
        time = (now - age).isoformat()
        brand.post([{"id": who, "type": "order.paid", "time": time, "data": order}])
    brand.drain()
    answer = send(brand, "PUT", json=own([10, 30, 60, 90], [1, 2, 3, 4], [249, 250, 250, 1000]))
    assert answer.status_code == 200, answer.text
    cuts = answer.json()["cut_points"]
    assert (cuts["by"], cuts["recency_days"]) == ("brand", [10, 30, 60, 90])
    assert cuts["monetary"] == [249, 250, 250, 1000]
    assert {who: scores(brand, who) for who in ages} == {
        "r5": (5, 1, 2),
        "r4": (4, 1, 2),
        "r2": (2, 1, 2),
        "r1": (1, 1, 2),
    }
    # Counting quintiles anew does not set the brand's own aside; null does.
    assert refreshed(brand)["cut_points"]["by"] == "brand"
    back = send(brand, "PUT", json=own(None, None, None)).json()["cut_points"]
    assert (back["by"], back["monetary"]) == ("quintiles", [250, 250, 250, 250])
    audited = service.sql(
        "SELECT action, detail FROM audit_entry WHERE brand_id = :b ORDER BY seq", b=brand.brand_id
    )
    assert [row.action for row in audited] == ["rfm.change"] * 2
    assert audited[0].detail["frequency"] == [1, 2, 3, 4]


FOUR = [1, 2, 3, 4]


@pytest.mark.parametrize(
    ("body", "field"),
    [
        (own([1, 2, 3], FOUR, FOUR), "/recency_days"),
        (own(FOUR, [2, 1, 3, 4], FOUR), "/frequency"),
        (own(FOUR, FOUR, [0, 0, 0, -1]), "/monetary/3"),
        (own([0, 1, 2, 3], FOUR, FOUR), "/recency_days/0"),
        (own(FOUR, FOUR, [1, 2, 3, 10**23]), "/monetary/3"),
        (own(FOUR, FOUR, None), "/monetary"),
        ({"frequency": FOUR, "monetary": FOUR}, "/recency_days"),
        (own(FOUR, FOUR, FOUR) | {"by": "x"}, "/by"),
    ],
)
def test_cut_points_that_are_none(ten: Brand, body: Any, field: str) -> None:
    answer = send(ten, "PUT", json=body)
    assert answer.status_code == 422
    assert answer.json()["field"] == field
    assert ten.ask("/v1/rfm")["cut_points"]["by"] == "quintiles"


def test_ranges_find_whom_the_scores_say(service: Service, ten: Brand) -> None:
    """The condition for lists and segments agrees with the score, for each range of scores."""
    customer = metadata.tables["customer"]

    async def act(connection: AsyncConnection) -> None:
        cuts = await cuts_of(connection, ten.brand_id, datetime.now(UTC))
        mine = customer.c.brand_id == ten.brand_id
        for place, measure in enumerate(MEASURES):
            assert (
                await connection.scalar(
                    select(score(measure, customer, cuts)).where(
                        mine, customer.c.customer_id == "b:free"
                    )
                )
                is None
            )
            for least in range(1, 6):
                for most in range(least, 6):
                    condition = scored(measure, customer, cuts, least, most)
                    found = await connection.scalars(
                        select(customer.c.customer_id).where(mine, condition)
                    )
                    expected = {f"b:{w}" for w, s in SCORES.items() if least <= s[place] <= most}
                    assert set(found) == expected, (measure, least, most)

    service.within(act)


def test_by_night(service: Service) -> None:
    brand = told(service, orders())
    quiet = service.brand()
    ids = [brand.brand_id, quiet.brand_id]
    made = (
        "INSERT INTO schedule (brand_id, job, next_due_at)"
        " SELECT unnest(CAST(:ids AS bigint[])), 'rfm', '2025-01-01T00:00:00Z'"
        " ON CONFLICT (brand_id, job) DO UPDATE SET next_due_at = excluded.next_due_at"
    )
    service.sql(made, ids=ids)

    async def act(connection: AsyncConnection) -> None:
        pool = open_pool(service.settings, "hongqun test")
        try:
            # The worker of the tests may be quicker.
            for each in set(ids) & set(await cut_points.due(pool)):
                await cut_points.count(pool, each, datetime.now(UTC))
        finally:
            await pool.dispose()

    until = time.monotonic() + 60
    while True:
        service.within(act)
        rows = service.sql(
            "SELECT brand_id, next_due_at,"
            " to_char(next_due_at AT TIME ZONE 'Asia/Shanghai', 'HH24:MI') AS at"
            " FROM schedule WHERE job = 'rfm' AND brand_id = ANY (:ids) AND next_due_at > now()",
            ids=ids,
        )
        found = {row.brand_id: row for row in rows}
        if len(found) == 2:
            break
        assert time.monotonic() < until
        time.sleep(0.1)
    assert found[brand.brand_id].at == "02:00"
    # Nobody has bought of it yet: it is looked at again soon.
    assert found[quiet.brand_id].next_due_at < datetime.now(UTC) + timedelta(minutes=11)
    assert brand.ask("/v1/rfm")["cut_points"]["customers"] == 10
