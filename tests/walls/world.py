"""What another brand has, of every kind that a route can name, and how each route is asked.

A route whose path or query names something that is not declared here fails the walk: add it.
"""

import time
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


def _made(path: str, field: str, **body: Any) -> Callable[[Brand], str]:
    """Make a thing by a POST; gives the field of the answer that is its id."""

    def make(brand: Brand) -> str:
        with brand.client as client:
            answer = client.post(path.format(brand.brand_id), json=body)
        assert answer.is_success, answer.text
        return str(answer.json()[field])

    return make


def _merge(brand: Brand) -> str:
    """A merge that is not undone yet, of two who were named for it."""
    one, other = random_text(8), random_text(8)
    brand.post(
        [
            _event(0, "member.updated", "08:00", member_id=each) | {"id": random_text(8)}
            for each in (one, other)
        ]
    )
    brand.drain()
    body = {side: {"space": "member", "id": each} for side, each in (("a", one), ("b", other))}
    return _made("/v1/identity-merges", "merge_id", **body)(brand)


def _erasure(brand: Brand) -> str:
    """Somebody was erased, who was named for it."""
    one = random_text(8)
    brand.post([_event(0, "member.updated", "08:00", member_id=one) | {"id": random_text(8)}])
    brand.drain()
    return _made(f"/v1/customers/m:{one}/erase", "erasure_id", reason="asked for")(brand)


def _import(brand: Brand) -> str:
    with brand.client as client:
        answer = client.post(
            "/v1/imports",
            params={"kind": "notes"},
            content=b"note_id,title\nn1,x\n",
            headers={"content-type": "text/csv"},
        )
    assert answer.is_success, answer.text
    return str(answer.json()["id"])


def _endpoint(brand: Brand) -> str:
    """The one endpoint of a brand, of which deliveries are asked too; its name leads nowhere."""
    with brand.client as client:
        there = client.get("/v1/webhook-endpoints").json()["items"]
    if there:
        return str(there[0]["endpoint_id"])
    made = {"url": "https://nowhere.invalid/hook", "name": "x"}
    return _made("/v1/webhook-endpoints", "endpoint_id", **made)(brand)


def _webhook_message(brand: Brand) -> str:
    return _made(f"/v1/webhook-endpoints/{_endpoint(brand)}/test", "message_id")(brand)


def _export(brand: Brand) -> str:
    """An export that is done, so that it has files."""
    export_id = _made("/v1/exports", "id", list="orders")(brand)
    until = time.monotonic() + 60
    while brand.ask(f"/v1/exports/{export_id}")["state"] != "done":
        assert time.monotonic() < until, brand.ask(f"/v1/exports/{export_id}")
        time.sleep(0.1)
    return export_id


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
    "owner_member_id": named("p"),
    "inviter_member_id": named("p"),
    "message_id": named("m"),
    "customer_id": lambda brand: f"b:p{brand.brand_id}",
    "dead_letter_id": _dead_letter,
    "operator_id": _operator,
    "key_id": _key,
    "source_id": _source,
    "segment_id": _made(
        "/v1/segments", "segment_id", name=random_text(8), rule={"tags": {"any_of": ["x"]}}
    ),
    "tag_group_id": lambda brand: _made("/v1/tag-groups", "tag_group_id", name=random_text(8))(
        brand
    ),
    "tag_id": lambda brand: _made("/v1/tags", "tag_id", name=random_text(8))(brand),
    "remark_id": _made("/v1/customers/b:p{}/remarks", "remark_id", text="x"),
    "task_id": _made("/v1/customers/b:p{}/tasks", "task_id", title="x"),
    "merge_id": _merge,
    "erasure_id": _erasure,
    "import_id": _import,
    "endpoint_id": _endpoint,
    "webhook_message_id": _webhook_message,
    "alarm_id": _made(
        "/v1/alarms",
        "alarm_id",
        name="x",
        series="repurchase_window",
        grain="week",
        condition="below",
        threshold=0.1,
    ),
    "export_id": _export,
    "name": lambda brand: "parquet/orders.parquet",
}
"""How to make or name a real thing of a brand, for each parameter that names one."""

ABSENT = {
    "dead_letter_id": "987654321987",
    "customer_id": "b:nobody",
    "segment_id": "seg_abcdefghijkm",
}
"""An id that nothing has, where it must look like one; `nobody` for the others."""

BODIES: dict[str, Any] = {
    "patchOperator": {"name": "x"},
    "patchSource": {"name": "x"},
    "patchWebhookEndpoint": {"name": "x"},
    "patchAlarm": {"name": "x"},
    "patchSegment": {"name": "x"},
    "patchTagGroup": {"name": "x"},
    "patchTag": {"name": "x"},
    "tagCustomers": {"customer_ids": ["b:x"]},
    "untagCustomers": {"customer_ids": ["b:x"]},
    "tagCustomer": lambda brand: {"tag_ids": [THINGS["tag_id"](brand)]},
    "makeRemark": {"text": "x"},
    "patchRemark": {"text": "x"},
    "makeTask": {"title": "x"},
    "patchTask": {"title": "x"},
    "linkExportFile": {"file": "parquet/orders.parquet"},
    "eraseCustomer": {"reason": "x", "dry_run": True},
}
"""By operation_id: a body that is in order, or what makes one for who asks, where a route with an
id in its path wants one.
"""

OPEN = {"postWebhook", "postSnapshot"}
"""Routes whose id is itself who is asking, held by the signature, or is named by the asking."""

QUERY = {"start": "2025-03-01", "end": "2025-03-08", "by": "note"}
"""Query parameters that a route asks for; those that name none of these are left out."""
