"""What `GET /v1/metrics/history` takes and refuses."""

from typing import Any

import pytest

from app.kept.series import NAMES
from tests.api.schema import Document
from tests.kept.keeper import Keeper, history
from tests.kept.test_numbers import JUNE, LATE, WORLD
from tests.make import Brand

PATH = "/v1/metrics/history"


@pytest.fixture(scope="module")
def brand(keeper: Keeper) -> Brand:
    made = keeper.web.brand()
    keeper.tell(made, WORLD)
    keeper.keep(made, JUNE)
    keeper.tell(made, LATE["an order"][0])
    keeper.keep(made, JUNE)
    return made


@pytest.mark.parametrize(
    ("asked", "field"),
    [
        ({"series": "gmv"}, "series"),
        ({"series": "repurchase_window,gmv"}, "series"),
        ({"series": ["repurchase_window", "gmv"]}, "series"),
        ({"series": ""}, "series"),
        ({"grain": "year"}, "grain"),
        ({"start": "2025-3-1"}, "start"),
        ({"end": "yesterday"}, "end"),
        ({"start": "2025-04-02", "end": "2025-04-01"}, "end"),
        ({"start": "1990-01-01", "end": "2025-04-01"}, "start"),
        ({"rule_version": "0"}, "rule_version"),
        ({"rule_version": "new"}, "rule_version"),
        ({"rule_version": str(2**31)}, "rule_version"),
        ({"revisions": "perhaps"}, "revisions"),
    ],
)
def test_refused(brand: Brand, asked: dict[str, Any], field: str) -> None:
    with brand.client as client:
        refused = client.get(PATH, params=asked)
    assert refused.status_code == 400
    assert refused.headers["content-type"] == "application/problem+json"
    assert refused.json()["field"] == field
    if field == "series":
        assert "repurchase_cohort_lift" in refused.json()["detail"]


def test_what_was_used(brand: Brand) -> None:
    answer = brand.ask(PATH)
    rows = answer.pop("rows")
    assert answer == {
        "metric": "history",
        "rule_version": 1,
        "timezone": "Asia/Shanghai",
        "currency": "CNY",
        "grain": "month",
    }
    assert {row["series"] for row in rows} == set(NAMES)
    assert brand.ask(PATH, rule_version=9)["rows"] == []


@pytest.mark.parametrize(
    "series",
    [
        "repurchase_window,group_share_touch_net",
        ["repurchase_window", "group_share_touch_net"],
        [" group_share_touch_net ,repurchase_window", "repurchase_window"],
    ],
)
def test_series_are_named_in_any_way(brand: Brand, series: Any) -> None:
    found = [(row["series"], row["start"]) for row in history(brand, series=series)]
    months = ["2025-03-01", "2025-04-01", "2025-05-01"]
    names = ["group_share_touch_net", "repurchase_window"]
    assert found == [(name, month) for name in names for month in months]


def test_periods_lie_in_the_window(brand: Brand) -> None:
    def weeks(**asked: str) -> list[str]:
        return [row["start"] for row in history(brand, "week", series="repurchase_window", **asked)]

    every = weeks()
    assert every[0] == "2025-03-03"
    assert weeks(start="2025-03-04", end="2025-03-24") == ["2025-03-10", "2025-03-17"]
    assert weeks(start="2025-03-10", end="2025-03-23") == ["2025-03-10"]
    assert weeks(end="2025-03-17") == ["2025-03-03", "2025-03-10"]
    assert weeks(start="2025-03-04") == every[1:]
    assert weeks(start="2025-03-10", end="2025-03-10") == []


def test_the_answer_is_as_documented(keeper: Keeper, brand: Brand) -> None:
    with brand.client as client:
        document = Document(client.get("/schema/openapi.json").json())
    (operation,) = (o for _, path, o in document.operations() if path == PATH)
    schema = operation["responses"]["200"]["content"]["application/json"]["schema"]
    answer = brand.ask(PATH, revisions="true")
    assert any(row["revisions"] for row in answer["rows"])
    assert document.wrong(schema, answer) == []


def test_of_another_brand_nothing_shows(keeper: Keeper, brand: Brand) -> None:
    assert history(keeper.web.brand(), revisions=True) == []
