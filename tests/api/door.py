"""The two doors that events come in by, and what their answers must look like."""

import time
from collections.abc import Callable, Iterable
from typing import Any

import httpx
import pytest

from app.ingest.signature import sign
from tests.make import PLAIN, Brand

Body = bytes | Iterable[bytes]
Send = Callable[..., httpx.Response]

JSON = "application/json"
EVENT = "application/cloudevents+json"
BATCH = "application/cloudevents-batch+json"
LINES = "application/x-ndjson"


def by_webhook(
    brand: Brand,
    body: bytes,
    kind: str | None = JSON,
    *,
    chunked: bool = False,
    source_id: str | None = None,
    webhook_id: str = "delivery-1",
    signature: str | None = None,
    **headers: str,
) -> httpx.Response:
    """Deliver a body, signed by the brand's source unless a signature is given."""
    now = int(time.time())
    given = {
        "webhook-id": webhook_id,
        "webhook-timestamp": str(now),
        "webhook-signature": sign(brand.secret, webhook_id, now, body)
        if signature is None
        else signature,
    }
    path = f"/v1/webhooks/{source_id or brand.source_id}"
    return _post(brand, path, body, kind, chunked, given | _named(headers))


def by_key(
    brand: Brand,
    body: bytes,
    kind: str | None = JSON,
    *,
    chunked: bool = False,
    **headers: str,
) -> httpx.Response:
    """Post a body to /v1/events under the brand's key unless the headers say otherwise."""
    given = {"authorization": f"Bearer {brand.key}"} | _named(headers)
    return _post(brand, "/v1/events", body, kind, chunked, given)


DOORS = pytest.mark.parametrize("send", [by_webhook, by_key])


def order(id_: str | None = "e1", **more: Any) -> dict[str, Any]:
    """An order.paid; `amount`, `time` and `source` can be given, others go into its data."""
    event: dict[str, Any] = {
        "type": "order.paid",
        "time": more.pop("time", "2025-03-01T12:00:00+08:00"),
        "data": {"order_id": f"o-{id_}", "buyer_id": "b1", "amount": 100, "currency": "CNY"} | more,
    }
    if "source" in more:
        event["source"] = event["data"].pop("source")
    return event if id_ is None else {"id": id_} | event


def problem(answer: httpx.Response, status: int, code: str, field: str | None = None) -> Any:
    """The body of an answer that must be this problem, as RFC 9457 has it."""
    assert answer.status_code == status, answer.text
    assert answer.headers["content-type"].startswith("application/problem+json")
    body = answer.json()
    assert body["status"] == status
    assert body["code"] == code, body
    assert body.get("field") == field, body
    assert body["title"]
    assert body["detail"]
    return body


def stored(brand: Brand) -> list[str]:
    """The dead letters' raw texts, newest first."""
    return [letter["raw"] for letter in brand.ask("/v1/dead-letters")["items"]]


def _named(headers: dict[str, str]) -> dict[str, str]:
    return {name.replace("_", "-"): value for name, value in headers.items()}


def _post(
    brand: Brand, path: str, body: bytes, kind: str | None, chunked: bool, headers: dict[str, str]
) -> httpx.Response:
    if kind is not None:
        headers = {"content-type": kind} | headers
    content: Body = (body[at : at + 65_536] for at in range(0, len(body), 65_536))
    with httpx.Client(base_url=brand.base, timeout=60, trust_env=False, verify=PLAIN) as client:
        return client.post(path, content=content if chunked else body, headers=headers)
