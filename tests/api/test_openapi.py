"""The OpenAPI document is truthful: what it says of each route is what the route answers."""

import json
from typing import Any

import httpx
import pytest

from tests.api.door import BATCH, EVENT, JSON, LINES, by_key, by_webhook, order
from tests.api.schema import Document
from tests.make import Brand, Service

PROBLEM = "application/problem+json"
WINDOW = {"start": "2025-03-01", "end": "2025-03-08"}


@pytest.fixture(scope="module")
def document(service: Service) -> Document:
    answer = httpx.get(f"{service.base}/schema/openapi.json", trust_env=False)
    assert answer.status_code == 200
    return Document(answer.json())


def check(document: Document, template: str, answer: httpx.Response) -> None:
    """The answer's status, media type and body must be documented."""
    method = answer.request.method.lower()
    documented = document.document["paths"][template][method]["responses"]
    assert str(answer.status_code) in documented, (method, template, answer.text)
    (kind, content), *_ = documented[str(answer.status_code)]["content"].items()
    assert answer.headers["content-type"].split(";")[0] == kind
    assert document.wrong(content["schema"], answer.json()) == []


def test_every_route_tells_its_problems(document: Document) -> None:
    for method, path, operation in document.operations():
        where = (method, path)
        said = operation["responses"]
        problems = {status for status in said if status >= "400"}
        for status in problems:
            assert list(said[status]["content"]) == [PROBLEM], where
            reference = said[status]["content"][PROBLEM]["schema"]
            assert reference == {"$ref": "#/components/schemas/ProblemDetails"}
        assert "503" in problems
        needs_key = operation.get("security") != [{}]
        if needs_key:
            assert {"400", "401", "403"} <= problems, where
        if "{" in path:
            assert "404" in problems, where
        if method not in ("get", "delete"):
            assert {"400", "413", "415", "422"} <= problems, where
            # What only asks for something to be done anew has nothing to say.
            anew = ("/refresh", "/enable", "/test", "/replay")
            assert path.endswith(anew) or operation["requestBody"]["content"], where
        assert operation["summary"], where
        assert operation["operationId"], where


def test_the_bodies_of_intake_are_documented(document: Document) -> None:
    for path in ("/v1/events", "/v1/webhooks/{source_id}"):
        operation = document.document["paths"][path]["post"]
        assert set(operation["requestBody"]["content"]) == {EVENT, BATCH, JSON, LINES}
    names = [parameter["name"] for parameter in operation["parameters"]]
    assert names == ["source_id", "webhook-id", "webhook-timestamp", "webhook-signature"]


def test_public_routes_ask_for_no_key(document: Document) -> None:
    public = {
        path for _, path, operation in document.operations() if operation.get("security") == [{}]
    }
    assert public == {
        *("/v1/webhooks/{source_id}", "/v1/downloads", "/v1/sessions", "/healthz", "/readyz")
    }
    assert document.document["security"] == [{"apiKey": []}]


def test_ratios_are_numbers(document: Document) -> None:
    schemas = document.document["components"]["schemas"]
    number = {"oneOf": [{"type": "number"}, {"type": "null"}]}
    assert schemas["Shares"]["properties"]["touch"] == number
    assert schemas["Repurchase"]["properties"]["lift"] == number


@pytest.mark.parametrize(
    "name",
    ["gmv-share", "repurchase", "funnel", "retention", "activity", "lives", "before-after"],
)
def test_forms_of_answers_are_documented(document: Document, name: str) -> None:
    operation = document.document["paths"][f"/v1/metrics/{name}"]["get"]
    said = operation["responses"]
    assert list(said["200"]["content"]) == [JSON, "text/csv"]
    assert {"304", "406"} <= said.keys()
    assert "ETag" in said["200"]["headers"]
    assert "ETag" in said["304"]["headers"]
    assert "content" not in said["304"]
    parameters = {(each["name"], each["in"]) for each in operation["parameters"]}
    assert {("lang", "query"), ("If-None-Match", "header")} <= parameters
    assert len(parameters) == len(operation["parameters"])


def test_answers_are_as_documented(document: Document, brand: Brand) -> None:
    touch = {"group_id": "g1", "note_id": "n1"}
    events: list[dict[str, Any]] = [
        order("a", touch=touch),
        order("b", time="2025-03-03T12:00:00Z"),
        order("c", buyer_id="b2"),
    ]
    check(document, "/v1/events", by_key(brand, json.dumps(events).encode()))
    check(
        document,
        "/v1/events",
        by_key(brand, json.dumps([order("a"), order("a", amount=-1)]).encode()),
    )
    check(document, "/v1/webhooks/{source_id}", by_webhook(brand, b"{}"))
    check(document, "/v1/webhooks/{source_id}", by_webhook(brand, b"{"))
    check(document, "/v1/webhooks/{source_id}", by_webhook(brand, b"{}", signature="v1,x"))
    check(document, "/v1/webhooks/{source_id}", by_webhook(brand, b"{}", source_id="src"))
    brand.drain()
    with brand.client as client:
        get = client.get
        for kind in ("window", "cohort", "returning", "next_period"):
            path = "/v1/metrics/repurchase"
            check(document, path, get(path, params=WINDOW | {"kind": kind}))
        for bucket in ("none", "day"):
            path = "/v1/metrics/gmv-share"
            check(document, path, get(path, params=WINDOW | {"bucket": bucket}))
        path = "/v1/metrics/history"
        for asked in ({}, {"revisions": "true", "grain": "day"}, {"series": "x"}, {"grain": "x"}):
            check(document, path, get(path, params=asked))
        for path in ("/v1/metrics/gmv-share", "/v1/metrics/repurchase"):
            check(document, path, get(path))
        for name, asked in (
            ("funnel", {"by": "note"}),
            ("retention", {}),
            ("activity", {"bucket": "week"}),
            ("lives", {}),
            ("before-after", {}),
        ):
            path = f"/v1/metrics/{name}"
            check(document, path, get(path, params=WINDOW | asked))
            check(document, path, get(path, params=asked, headers={"accept": "text/html"}))
        check(document, "/v1/metrics", get("/v1/metrics"))
        for path in ("/v1/status", "/v1/brand", "/v1/dead-letters", "/healthz", "/readyz"):
            check(document, path, get(path))
        for order_id in ("o-a", "o-b", "nowhere"):
            answer = get(f"/v1/orders/{order_id}/explain")
            check(document, "/v1/orders/{order_id}/explain", answer)
        check(document, "/v1/dead-letters", get("/v1/dead-letters", params={"limit": 0}))
        (letter, *_) = get("/v1/dead-letters").json()["items"]
        path = "/v1/dead-letters/{dead_letter_id}/retry"
        check(document, path, client.post(path.replace("{dead_letter_id}", letter["id"])))
        check(document, path, client.post(path.replace("{dead_letter_id}", "0")))
        for change in ({"touch_hours": 5}, {"touch_hours": -1}, {"currency": "USD"}):
            check(document, "/v1/brand", client.patch("/v1/brand", json=change))
        check(document, "/v1/brand", client.patch("/v1/brand", content=b"{}"))
        for params in ({"kind": "notes"}, {"kind": "x"}, {"kind": "orders"}):
            answer = client.post(
                "/v1/imports", params=params, content=b"x", headers={"content-type": "text/csv"}
            )
            check(document, "/v1/imports", answer)
        for asked in ({}, {"cursor": "x"}):
            check(document, "/v1/imports", get("/v1/imports", params=asked))
        (found, *_) = get("/v1/imports").json()["items"]
        for import_id in (found["id"], "nowhere"):
            path = f"/v1/imports/{import_id}"
            check(document, "/v1/imports/{import_id}", get(path))
            check(document, "/v1/imports/{import_id}/problems", get(f"{path}/problems"))
            cancelled = client.post(f"{path}/cancel")
            check(document, "/v1/imports/{import_id}/cancel", cancelled)
        path = "/v1/groups/{group_id}/snapshots"
        for members in (["m1"], ["m2"]):
            body = {"member_ids": members, "taken_at": "2025-03-01T00:00:00Z"}
            check(document, path, client.post("/v1/groups/g1/snapshots", json=body))
        brand.drain()
        for group in ("g1", "nowhere"):
            check(document, path, get(f"/v1/groups/{group}/snapshots"))
        client.headers.pop("authorization")
        check(document, "/v1/brand", get("/v1/brand"))


def test_the_validator_finds_what_is_wrong(document: Document) -> None:
    schema = {"$ref": "#/components/schemas/Sum"}
    assert document.wrong(schema, {"orders": 1, "gmv": 2}) == []
    bad: list[Any] = [{"orders": "1"}, {"orders": True}, {"orders": 1.5}, {"other": 1}, [], None]
    for wrong in bad:
        assert document.wrong(schema, wrong)
