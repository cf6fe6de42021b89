"""Of several things wrong with a request the first is told: 404, 413, 415, 401, 400, 422."""

from typing import Any

from app.ingest.body import MOST_BYTES
from tests.api.door import by_key, by_webhook, problem
from tests.make import Brand

TOO_LARGE = b"x" * (MOST_BYTES + 1)
NOWHERE = "src_1_aaaaaaaaaaaa"


def test_the_webhook_asks_in_this_order(brand: Brand) -> None:
    unsigned: Any = {"signature": "v1,none"}
    for source_id in (NOWHERE, "nothing", "src_999999999999999999_aaaaaaaaaaaa"):
        answer = by_webhook(brand, TOO_LARGE, "text/plain", source_id=source_id, **unsigned)
        problem(answer, 404, "not_found")
    problem(by_webhook(brand, TOO_LARGE, "text/plain", **unsigned), 413, "too_large")
    problem(by_webhook(brand, b"x", "text/plain", **unsigned), 415, "unsupported_media_type")
    problem(by_webhook(brand, b"x", **unsigned), 401, "bad_signature")
    problem(by_webhook(brand, b"x"), 400, "invalid_json")
    problem(by_webhook(brand, b"{}"), 422, "invalid", "/type")
    assert brand.ask("/v1/status")["dead_letters"] == 2


def test_events_asks_in_this_order(brand: Brand) -> None:
    no_key: Any = {"authorization": ""}
    problem(by_key(brand, TOO_LARGE, "text/plain", **no_key), 413, "too_large")
    problem(by_key(brand, b"x", "text/plain", **no_key), 415, "unsupported_media_type")
    problem(by_key(brand, b"x", **no_key), 401, "unauthenticated")
    problem(by_key(brand, b"x"), 400, "invalid_json")
    problem(by_key(brand, b"{}"), 422, "invalid", "/type")


def test_an_unauthentic_body_is_never_kept(brand: Brand) -> None:
    by_webhook(brand, b"x", signature="v1,none")
    by_webhook(brand, b"{}", signature="")
    by_webhook(brand, b"{}", webhook_timestamp="1")
    by_key(brand, b"{}", authorization="Bearer no")
    assert brand.ask("/v1/status")["dead_letters"] == 0
