"""Alarms by hand: which fire when April is closed, and which when March moves afterwards."""

from typing import Any

import httpx
import msgspec
import pytest

from tests.kept.keeper import Keeper
from tests.kept.test_numbers import APRIL, JUNE, LATE, MARCH, WORLD
from tests.make import Brand

MAY = "2025-05-01T00:00:00+08:00"
"""March and April are closed then, and nothing was kept before."""

TOUCH, MEMBER = "group_share_touch_gross", "group_share_member_gross"


def post(brand: Brand, path: str, body: Any) -> httpx.Response:
    with brand.client as client:
        return client.post(path, json=body)


def alarm(brand: Brand, series: str, condition: str, threshold: Any, **more: Any) -> str:
    body = {"name": "警报", "series": series, "grain": "month"} | more
    answer = post(brand, "/v1/alarms", body | {"condition": condition, "threshold": threshold})
    assert answer.status_code == 201, answer.text
    return str(answer.json()["alarm_id"])


def fired(brand: Brand, alarm_id: str) -> list[tuple[str, int]]:
    rows = brand.ask(f"/v1/alarms/{alarm_id}/firings")["items"]
    return [(row["start"], row["revision"]) for row in rows]


def listen(brand: Brand) -> str:
    made = post(brand, "/v1/webhook-endpoints", {"url": "https://nowhere.invalid/", "name": "x"})
    return f"/v1/webhook-endpoints/{made.json()['endpoint_id']}/deliveries"


@pytest.fixture
def brand(keeper: Keeper) -> Brand:
    made = keeper.web.brand()
    keeper.tell(made, WORLD)
    return made


def test_the_numbers_are_those_worked_out_by_hand() -> None:
    assert (MARCH[TOUCH][0], APRIL[TOUCH][0]) == (0.125, 0.75)
    assert (MARCH[MEMBER][0], APRIL[MEMBER][0]) == (0.5, 0.0)


def test_when_a_period_is_closed(keeper: Keeper, brand: Brand) -> None:
    """Touch: March 100 of 800, April 600 of 800. Member: March 400 of 800, April none."""
    yes = [
        alarm(brand, TOUCH, "above", 0.7499),
        alarm(brand, MEMBER, "below", "0.1"),
        # From 0.125 to 0.75 is by five times 0.125.
        alarm(brand, TOUCH, "rose_by", 5),
        # From 0.5 to nothing is by all of it.
        alarm(brand, MEMBER, "fell_by", 1),
        alarm(brand, "repurchase_window", "fell_by", 0.5),
        alarm(brand, "group_share_touch_net_ledger", "above", 1),
        # A cohort is watched for 30 days: March is the last that is mature.
        alarm(brand, "repurchase_cohort", "above", 0.9),
    ]
    no = [
        alarm(brand, TOUCH, "above", 0.75),
        alarm(brand, MEMBER, "below", 0),
        alarm(brand, TOUCH, "rose_by", 5.000001),
        alarm(brand, TOUCH, "fell_by", 0.01),
        alarm(brand, MEMBER, "rose_by", 0.01),
        alarm(brand, TOUCH, "above", 0.1, enabled=False),
        # Nothing to divide by: nothing is said.
        alarm(brand, "repurchase_cohort_non_group", "below", 1),
        alarm(brand, "repurchase_cohort", "rose_by", 0.1),
    ]
    log = listen(brand)
    keeper.keep(brand, MAY)
    april, march = [("2025-04-01", 1)], [("2025-03-01", 1)]
    assert [fired(brand, each) for each in yes] == [april] * 6 + [march]
    assert [fired(brand, each) for each in no] == [[]] * len(no)
    said = {
        (body := msgspec.json.decode(each["body"]))["data"]["alarm_id"]: body
        for each in brand.ask(log)["items"]
    }
    assert said.keys() == set(yes)
    rose = said[yes[2]]
    assert rose["type"] == "metric.alarm"
    assert rose["data"] == {
        "alarm_id": yes[2],
        "name": "警报",
        "series": TOUCH,
        "grain": "month",
        "start": "2025-04-01",
        "end": "2025-05-01",
        "value": 0.75,
        "numerator": 600,
        "denominator": 800,
        "before": 0.125,
        "condition": "rose_by",
        "threshold": 5,
        "revision": 1,
        "as_of": "2025-04-30T16:00:00Z",
    }
    assert said[yes[0]]["data"]["before"] is None


def test_once_for_a_period(keeper: Keeper, brand: Brand) -> None:
    above = alarm(brand, TOUCH, "above", 0.5)
    none = alarm(brand, "repurchase_window", "below", 0.6)
    keeper.keep(brand, MAY)
    keeper.keep(brand, MAY)
    keeper.keep(brand, MAY, rule_version=2)
    assert fired(brand, above) == [("2025-04-01", 1)]
    keeper.keep(brand, JUNE)
    assert fired(brand, above) == [("2025-04-01", 1)], "in May nothing was sold"
    assert fired(brand, none) == [("2025-04-01", 1)]


def test_history_fires_nothing(keeper: Keeper, brand: Brand) -> None:
    days = alarm(brand, TOUCH, "above", 0.5, grain="day")
    keeper.keep(brand, JUNE)
    assert fired(brand, days) == [], "3 March and 5 April were long over"


def test_when_a_number_moves_afterwards(keeper: Keeper, brand: Brand) -> None:
    """An order of 100 by touch turns March from 100 of 800 into 200 of 900."""
    keeper.keep(brand, MAY)
    crosses = alarm(brand, TOUCH, "above", 0.2)
    was_so_before = alarm(brand, TOUCH, "above", 0.1)
    is_not = alarm(brand, TOUCH, "above", 0.23)
    log = listen(brand)
    keeper.tell(brand, LATE["an order"][0])
    keeper.keep(brand, MAY)
    assert fired(brand, crosses) == [("2025-03-01", 2)]
    assert fired(brand, was_so_before) == fired(brand, is_not) == []
    (told,) = brand.ask(log)["items"]
    data = msgspec.json.decode(told["body"])["data"]
    assert (data["value"], data["numerator"], data["denominator"]) == (0.222222, 200, 900)
    assert data["revision"] == 2


def test_what_it_fired_stays_and_goes_with_it(keeper: Keeper, brand: Brand) -> None:
    made = alarm(brand, TOUCH, "above", 0.5)
    keeper.keep(brand, MAY)
    with brand.client as client:
        changed = client.patch(f"/v1/alarms/{made}", json={"threshold": "0.9", "enabled": False})
        assert (changed.json()["threshold"], changed.json()["enabled"]) == (0.9, False)
        (row,) = brand.ask(f"/v1/alarms/{made}/firings")["items"]
        assert row["threshold"] == 0.5, "the rule as it was then"
        assert client.delete(f"/v1/alarms/{made}").status_code == 204
        assert client.get(f"/v1/alarms/{made}/firings").status_code == 404
    given = {"b": brand.brand_id}
    assert keeper.web.sql("SELECT 1 FROM alarm_firing WHERE brand_id = :b", **given) == []


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({"series": "gmv"}, "/series"),
        ({"grain": "year"}, "/grain"),
        ({"condition": "equals"}, "/condition"),
        ({"threshold": "NaN"}, "/threshold"),
        ({"threshold": "1e3"}, "/threshold"),
        ({"threshold": 1_000_001}, "/threshold"),
        ({"threshold": None}, "/threshold"),
        ({"condition": "fell_by", "threshold": 0}, "/threshold"),
        ({"condition": "rose_by", "threshold": -0.1}, "/threshold"),
        ({"name": ""}, "/name"),
    ],
)
def test_refused(keeper: Keeper, body: dict[str, Any], field: str) -> None:
    fine = {"name": "x", "series": TOUCH, "grain": "week", "condition": "below", "threshold": 1}
    answer = post(keeper.web.brand(), "/v1/alarms", fine | body)
    assert (answer.status_code, answer.json()["field"]) == (422, field)


def test_a_threshold_is_what_was_written(keeper: Keeper) -> None:
    brand = keeper.web.brand()
    for given, kept in (
        (0.1, b"0.1"),
        ("0.10", b"0.1"),
        (-3, b"-3"),
        (1e-9, b"1E-9"),
        (100, b"100"),
    ):
        made = alarm(brand, TOUCH, "below", given)
        with brand.client as client:
            raw = client.get(f"/v1/alarms/{made}").content
        assert b'"threshold":%s,' % kept in raw, raw
