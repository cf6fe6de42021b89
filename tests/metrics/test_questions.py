"""How the metrics are asked: what each answer names, and what is refused, by its field."""

from typing import Any

import pytest

from tests.make import Brand, Service
from tests.metrics.told import MARCH, told

PATHS = ("funnel?by=note", "retention", "activity", "lives", "before-after")


@pytest.fixture(scope="module")
def brand(service: Service) -> Brand:
    return told(service, "03-03 10:00 member.joined group_id=g1 member_id=ann", currency="JPY")


def answered(brand: Brand, path: str, **params: Any) -> Any:
    with brand.client as client:
        return client.get(f"/v1/metrics/{path}".split("?")[0], params=with_path(path) | params)


def with_path(path: str) -> dict[str, Any]:
    return {"by": "note"} if path.endswith("by=note") else {}


@pytest.mark.parametrize("path", PATHS)
def test_what_was_used(brand: Brand, path: str) -> None:
    found = answered(brand, path, **MARCH).json()
    assert found["metric"] == path.split("?")[0]
    assert found["window"] == {"start": "2025-03-01", "end": "2025-04-01"}
    assert (found["timezone"], found["currency"]) == ("Asia/Shanghai", "JPY")
    assert found["as_of"] == "2025-04-30T16:00:00Z"
    assert found["rule_version"] == 1


@pytest.mark.parametrize("path", PATHS)
@pytest.mark.parametrize(
    ("wrong", "field"),
    [
        ({"start": None}, "start"),
        ({"end": None}, "end"),
        ({"start": "2025-3-1"}, "start"),
        ({"end": "2025-02-01"}, "end"),
        ({"as_of": "2025-04-01"}, "as_of"),
    ],
)
def test_refused_everywhere(brand: Brand, path: str, wrong: dict[str, Any], field: str) -> None:
    params = {name: value for name, value in (MARCH | wrong).items() if value is not None}
    refused = answered(brand, path, **params)
    assert refused.status_code == 400
    assert refused.headers["content-type"] == "application/problem+json"
    assert refused.json()["field"] == field


@pytest.mark.parametrize(
    ("path", "wrong", "field"),
    [
        ("funnel", {}, "by"),
        ("funnel", {"by": "sku"}, "by"),
        ("funnel?by=note", {"within_days": "0"}, "within_days"),
        ("funnel?by=note", {"within_days": "3651"}, "within_days"),
        ("funnel?by=note", {"sort": "amount"}, "sort"),
        ("funnel?by=note", {"limit": "1001"}, "limit"),
        ("funnel?by=note", {"cursor": "x"}, "cursor"),
        ("retention", {"kind": "buy"}, "kind"),
        ("retention", {"days": ""}, "days"),
        ("retention", {"days": "1,,7"}, "days"),
        ("retention", {"days": "-1"}, "days"),
        ("retention", {"days": "1.5"}, "days"),
        ("retention", {"days": "3651"}, "days"),
        ("activity", {"bucket": "hour"}, "bucket"),
        ("activity", {"start": "2000-01-01"}, "bucket"),
        ("before-after", {"days": "0"}, "days"),
        ("before-after", {"days": "seven"}, "days"),
    ],
)
def test_refused(brand: Brand, path: str, wrong: dict[str, str], field: str) -> None:
    refused = answered(brand, path, **MARCH | wrong)
    assert (refused.status_code, refused.json().get("field")) == (400, field)


@pytest.mark.parametrize("path", PATHS)
@pytest.mark.parametrize("kind", ["stay", "speak"])
@pytest.mark.parametrize(
    "odd",
    [
        {"end": "2025-03-01"},
        {"start": "1900-01-01", "end": "2199-12-31", "bucket": "month"},
        {"as_of": "0001-01-01T00:00:00Z"},
        {"as_of": "9999-12-31T23:59:59Z", "days": "3650", "within_days": "3650"},
    ],
)
def test_odd_windows(brand: Brand, path: str, kind: str, odd: dict[str, str]) -> None:
    assert answered(brand, path, kind=kind, **MARCH | odd).status_code == 200


@pytest.mark.parametrize("path", PATHS)
def test_another_brands_ids_give_the_empty_answer(
    service: Service, brand: Brand, path: str
) -> None:
    other = service.brand(currency="JPY")
    assert answered(other, path, group_id="g1", **MARCH).json() | {"group_id": None} == answered(
        service.brand(currency="JPY"), path, **MARCH
    ).json() | {"group_id": None}
