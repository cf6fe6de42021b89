"""Endpoints as they are asked for: what is refused, what is shown, what is audited."""

from typing import Any

import pytest

from app.outbound.endpoints import MOST
from tests.api.access import client, key_of
from tests.make import Brand, Service

URL = "https://nowhere.invalid/hook?x=1"
AT = "/v1/webhook-endpoints"


@pytest.fixture
def strict(service: Service) -> Brand:
    """A brand of a service that is not told to be in development."""
    return service.brand()


def make(brand: Brand, **body: Any) -> Any:
    with brand.client as asking:
        answer = asking.post(AT, json={"url": URL, "name": "仓库"} | body)
    assert answer.status_code == 201, answer.text
    assert answer.headers["cache-control"] == "no-store"
    return answer.json()


def test_made_and_read(strict: Brand) -> None:
    made = make(strict)
    assert made["secret"].startswith("whsec_")
    found = strict.ask(f"{AT}/{made['endpoint_id']}")
    assert found.pop("created_at") is not None
    assert found == {
        "endpoint_id": made["endpoint_id"],
        "url": URL,
        "name": "仓库",
        "types": ["export.ready", "export.revised", "metric.alarm"],
        "off": None,
        "old_secret_until": None,
    }
    with strict.client as asking:
        assert made["secret"] not in asking.get(AT).text
    assert strict.ask("/v1/audit")["items"][0]["action"] == "webhook_endpoint.create"


@pytest.mark.parametrize(
    ("body", "code", "field"),
    [
        ({"url": "http://nowhere.invalid/"}, "bad_address", "/url"),
        ({"url": "https://127.0.0.1/"}, "bad_address", "/url"),
        ({"url": "https://localhost/"}, "bad_address", "/url"),
        ({"url": "https://169.254.169.254/latest"}, "bad_address", "/url"),
        ({"url": "https://[::1]/"}, "bad_address", "/url"),
        ({"url": "https://user:pass@nowhere.invalid/"}, "bad_address", "/url"),
        ({"url": ""}, "invalid", "/url"),
        ({"url": 1}, "invalid", "/url"),
        ({"name": " "}, "invalid", "/name"),
        ({"types": []}, "invalid", "/types"),
        ({"types": ["webhook.test"]}, "invalid", "/types/0"),
        ({"secret": "whsec_mine"}, "invalid", "/secret"),
    ],
)
def test_refused(strict: Brand, body: dict[str, Any], code: str, field: str) -> None:
    made = make(strict)["endpoint_id"]
    with strict.client as asking:
        for answer in (
            asking.post(AT, json={"url": URL, "name": "x"} | body),
            asking.patch(f"{AT}/{made}", json=body),
        ):
            assert answer.status_code == 422, answer.text
            assert (answer.json()["code"], answer.json()["field"]) == (code, field)
    assert len(strict.ask(AT)["items"]) == 1


def test_changed(strict: Brand) -> None:
    made = make(strict)["endpoint_id"]
    with strict.client as asking:
        answer = asking.patch(f"{AT}/{made}", json={"types": ["metric.alarm", "metric.alarm"]})
        assert answer.json()["types"] == ["metric.alarm"]
        assert asking.patch(f"{AT}/{made}", json={}).json() == answer.json()
    first, second = strict.ask("/v1/audit")["items"][:2]
    assert (first["action"], second["action"]) == (
        "webhook_endpoint.change",
        "webhook_endpoint.create",
    ), "what changes nothing is not audited"


def test_removed_with_its_log(service: Service, strict: Brand) -> None:
    made = make(strict)["endpoint_id"]
    with strict.client as asking:
        assert asking.post(f"{AT}/{made}/test").status_code == 202
        assert asking.delete(f"{AT}/{made}").status_code == 204
        assert asking.delete(f"{AT}/{made}").status_code == 404
    for table in ("webhook_endpoint", "webhook_delivery", "webhook_attempt"):
        assert not service.sql(f"SELECT 1 FROM {table} WHERE brand_id = :b", b=strict.brand_id), (
            table
        )


def test_not_too_many(strict: Brand) -> None:
    for _ in range(MOST):
        make(strict)
    with strict.client as asking:
        answer = asking.post(AT, json={"url": URL, "name": "x"})
        assert (answer.status_code, answer.json()["code"]) == (409, "too_many")
        first = asking.get(AT, params={"limit": 15}).json()
        rest = asking.get(AT, params={"limit": 15, "cursor": first["next"]}).json()
    ids = [each["endpoint_id"] for each in first["items"] + rest["items"]]
    assert len(set(ids)) == MOST and rest["next"] is None


def test_reading_shows_no_secret_and_writing_takes_admin(service: Service, strict: Brand) -> None:
    made = make(strict)["endpoint_id"]
    with client(strict, key_of(service, strict, "read")) as reading:
        assert reading.get(f"{AT}/{made}").status_code == 200
        assert reading.post(f"{AT}/{made}/secret/rotate").status_code == 403
        assert reading.post(f"{AT}/{made}/test").status_code == 403
