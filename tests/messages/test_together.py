"""Messages that come together are stored as if each had come alone."""

from typing import Any

from tests.make import Brand, Service

ODD: list[dict[str, Any]] = [
    {"text": "链接发我"},
    {"text": ""},
    {},
    {"text": "a\x1fb\x1e", "kind": "text"},
    {"text": "\x1e"},
    {"reply_to": "m0", "kind": "note_card", "card": {"note_id": "n\x1f", "sku": "s"}},
    {"member_id": "bob\x1f"},
    {"message_id": "\x1e", "text": "'\\\" {} %s :x"},
]
TIMES = ("2000-01-01T00:00:00Z", "2025-03-01T11:59:59.999999Z", "2025-03-01T20:00:00.000007+08:00")


def events() -> list[dict[str, Any]]:
    said: list[dict[str, Any]] = [{"text": str(n)} for n in range(len(TIMES))] + ODD
    made = [
        {
            "id": f"e{n}",
            "type": "message.sent",
            "time": TIMES[min(n, len(TIMES) - 1)],
            "data": {"group_id": "g", "message_id": f"m{n}", "member_id": "ann"} | each,
        }
        for n, each in enumerate(said)
    ]
    again = {"group_id": "g", "message_id": "m0", "member_id": "bob", "text": "later"}
    late = {"time": "2025-03-02T00:00:00Z"}
    return [
        *made,
        {"id": "again", "type": "message.sent", "data": again} | late,
        {"id": "recall", "type": "message.recalled", "data": {"group_id": "g", "message_id": "m2"}}
        | late,
    ]


def stored(service: Service, brand: Brand) -> list[list[Any]]:
    tables = ("message", "message_identity", "member_speech", "identity")
    return [
        [
            row.row
            for row in service.sql(
                f"SELECT to_jsonb(t) - 'brand_id' AS row FROM {table} AS t WHERE brand_id = :b"
                " ORDER BY 1",
                b=brand.brand_id,
            )
        ]
        for table in tables
    ]


def test_together_or_each_alone(service: Service) -> None:
    together, alone = service.brand(), service.brand()
    together.post(events())
    together.drain()
    for event in events():
        alone.post([event])
        alone.drain()
    found = stored(service, together)
    assert found == stored(service, alone)
    texts = {row["message_id"]: row["text"] for row in found[0]}
    assert [texts[f"m{n}"] for n in range(3, 8)] == ["链接发我", "", None, "a\x1fb\x1e", "\x1e"]
    assert texts["m0"] == "later"
    times = {row["message_id"]: row["sent_at"] for row in found[0]}
    assert times["m0"] == "2000-01-01T00:00:00+00:00"
    assert times["m1"] == "2025-03-01T11:59:59.999999+00:00"
    assert times["m2"] == "2025-03-01T12:00:00.000007+00:00"
