"""What another brand has, of every kind that a route can name, and how each route is asked.

A route whose path or query names something that is not declared here fails the walk: add it.
"""

from collections.abc import Callable
from typing import Any

from app.crm.tokens import random_text
from tests.make import Brand

DAY = "2025-03-01T{}:00+08:00"


def _event(n: int, kind: str, clock: str, **data: Any) -> dict[str, Any]:
    return {"id": f"w{n}", "type": kind, "time": DAY.format(clock), "data": data}


def furnish(brand: Brand) -> None:
    """Give a brand one of everything that events name; the ids end in the brand's number."""
    n = brand.brand_id
    came = {"kind": "note", "note_id": f"n{n}", "live_id": f"l{n}"}
    brand.post(
        [
            _event(1, "creator.updated", "08:00", creator_id=f"c{n}", name="林"),
            _event(2, "note.published", "08:01", note_id=f"n{n}", creator_id=f"c{n}"),
            _event(3, "live.started", "08:02", live_id=f"l{n}", title="播"),
            _event(4, "group.created", "08:03", group_id=f"g{n}", name="群"),
            _event(5, "member.joined", "09:00", group_id=f"g{n}", member_id=f"p{n}", source=came),
            _event(
                6,
                "message.sent",
                "09:01",
                message_id=f"m{n}",
                group_id=f"g{n}",
                member_id=f"p{n}",
                text="好",
            ),
            _event(
                7,
                "order.paid",
                "10:00",
                order_id=f"o{n}",
                buyer_id=f"p{n}",
                amount=100,
                currency="CNY",
            ),
        ]
    )
    brand.drain()


def _dead_letter(brand: Brand) -> str:
    with brand.client as client:
        client.post("/v1/events", json=_event(8, "nothing.known", "08:00"))
        letters = client.get("/v1/dead-letters").json()["items"]
    return str(letters[0]["id"])


def _operator(brand: Brand) -> str:
    made = {"login": random_text(10), "name": "林", "role": "analyst", "password": "a password"}
    with brand.client as client:
        return str(client.post("/v1/operators", json=made).json()["operator_id"])


def _key(brand: Brand) -> str:
    made = {"name": "x", "scopes": ["read"]}
    with brand.client as client:
        return str(client.post("/v1/keys", json=made).json()["key"]["key_id"])


def _source(brand: Brand) -> str:
    with brand.client as client:
        return str(client.post("/v1/sources", json={"name": "x"}).json()["source_id"])


def named(letter: str) -> Callable[[Brand], str]:
    """An id of what `furnish` made."""
    return lambda brand: f"{letter}{brand.brand_id}"


THINGS: dict[str, Callable[[Brand], str]] = {
    "order_id": named("o"),
    "group_id": named("g"),
    "note_id": named("n"),
    "live_id": named("l"),
    "creator_id": named("c"),
    "member_id": named("p"),
    "buyer_id": named("p"),
    "message_id": named("m"),
    "customer_id": lambda brand: f"b:p{brand.brand_id}",
    "dead_letter_id": _dead_letter,
    "operator_id": _operator,
    "key_id": _key,
    "source_id": _source,
}
"""How to make or name a real thing of a brand, for each parameter that names one."""

ABSENT = {"dead_letter_id": "987654321987", "customer_id": "b:nobody"}
"""An id that nothing has, where it must look like one; `nobody` for the others."""

BODIES: dict[str, Any] = {"patchOperator": {"name": "x"}, "patchSource": {"name": "x"}}
"""By operation_id: a body that is in order, where a route with an id in its path wants one."""

OPEN = {"postWebhook"}
"""Routes whose id is itself who is asking: the signature is what holds them."""

QUERY = {"start": "2025-03-01", "end": "2025-03-08", "by": "note"}
"""Query parameters that a route asks for; those that name none of these are left out."""
