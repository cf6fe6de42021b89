"""API keys that a web process remembers: they end at once, and their use is noted."""

import pytest

from tests.api.door import by_key, problem
from tests.intake.door import raw
from tests.make import Service
from tests.stack import Stack

WRITTEN = """
SELECT (SELECT count(*) FROM event WHERE brand_id = :b),
    (SELECT sum(seen) FROM dead_letter WHERE brand_id = :b),
    (SELECT sum(seen) FROM oversized_intake WHERE brand_id = :b)
"""

BODIES = {
    "events": (b"[" + raw("b") + b"]", 202, None),
    "rejected": (raw("c", amount=-1), 422, "amount_out_of_range"),
    "unreadable": (b"{", 400, "invalid_json"),
    "none": (b"[]", 422, "empty_batch"),
    "too many": (b"[" + b",".join([b"{}"] * 1_001) + b"]", 413, "too_large"),
}


@pytest.fixture(scope="module")
def remembering(stack: Stack) -> Service:
    return stack.web()


@pytest.mark.parametrize("name", BODIES)
@pytest.mark.parametrize("how", ["revoked", "expired", "without scope"])
def test_a_key_that_is_remembered_ends_at_once(
    remembering: Service, host: Service, name: str, how: str
) -> None:
    brand = remembering.brand()
    body, status, code = BODIES[name]
    for _ in range(2):
        answer = by_key(brand, body)
        assert answer.status_code == status, answer.text
        assert code is None or answer.json()["code"] == code
    before = host.sql(WRITTEN, b=brand.brand_id)
    change = {
        "revoked": "revoked_at = now()",
        "expired": "expires_at = now()",
        "without scope": "scopes = '{read}'",
    }[how]
    host.sql(f"UPDATE api_key SET {change} WHERE brand_id = :b", b=brand.brand_id)
    refused = (403, "forbidden") if how == "without scope" else (401, "unauthenticated")
    for _ in range(2):
        problem(by_key(brand, body), *refused)
    assert host.sql(WRITTEN, b=brand.brand_id) == before
    other = f"{brand.key[:-1]}{'y' if brand.key.endswith('x') else 'x'}"
    problem(by_key(brand, raw("a"), authorization=f"Bearer {other}"), 401, "unauthenticated")


def test_the_use_of_a_remembered_key_is_noted(remembering: Service, host: Service) -> None:
    brand = remembering.brand()
    assert by_key(brand, raw("a")).status_code == 202
    used = "SELECT last_used_at IS NOT NULL FROM api_key WHERE brand_id = :b"
    assert [tuple(row) for row in host.sql(used, b=brand.brand_id)] == [(True,)]
