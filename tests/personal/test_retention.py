"""Retention: texts and payloads go with time, and nothing else changes."""

import msgspec

from tests.api.door import problem
from tests.make import Brand
from tests.personal.people import Desk, event

ASKED = {"start": "2025-02-01", "end": "2025-06-01", "as_of": "2025-07-01T00:00:00+08:00"}

OLD = [
    event("j", "member.joined", "03-01T09:00", group_id="g", member_id="a", nickname="甲"),
    event(
        "m1",
        "message.sent",
        "03-01T10:00",
        group_id="g",
        message_id="m1",
        member_id="a",
        text="旧消息",
    ),
    event("d1", "direct_message.sent", "03-01T10:00", message_id="d1", member_id="a", text="私信"),
    event("o", "order.paid", "03-02T10:00", order_id="o1", buyer_id="a", amount=5, currency="CNY"),
]


def change(brand: Brand, **settings: int | None) -> None:
    with brand.client as client:
        answer = client.patch("/v1/brand", json=settings)
        assert answer.status_code == 200, answer.text
        assert {k: answer.json()[k] for k in settings} == settings


def test_old_texts_go_and_young_ones_stay(desk: Desk, brand: Brand) -> None:
    young = event(
        "m2",
        "message.sent",
        "03-01T10:00",
        group_id="g",
        message_id="m2",
        member_id="a",
        text="新消息",
    )
    (now,) = desk.sql(
        "SELECT to_char(now() - interval '9 days', 'YYYY-MM-DD') AS day FROM brand"
        " WHERE brand_id = :b"
    )
    brand.post([*OLD, young | {"time": f"{now.day}T12:00:00Z"}])
    brand.drain()
    before = brand.ask("/v1/metrics/activity", **ASKED)
    change(brand, message_text_days=30)
    desk.tend()
    kept = desk.sql("SELECT text, member_id, sent_at FROM message WHERE brand_id = :b ORDER BY 3")
    assert [(row.text, row.member_id) for row in kept] == [(None, "a"), ("新消息", "a")]
    (direct,) = desk.sql("SELECT text, member_id FROM direct_message WHERE brand_id = :b")
    assert (direct.text, direct.member_id) == (None, "a")
    assert brand.ask("/v1/metrics/activity", **ASKED) == before
    # What comes late is emptied in its turn.
    late = event(
        "m3",
        "message.sent",
        "03-01T11:00",
        group_id="g",
        message_id="m3",
        member_id="a",
        text="迟到",
    )
    brand.post([late])
    brand.drain()
    desk.tend()
    (row,) = desk.sql("SELECT text FROM message WHERE brand_id = :b AND message_id = 'm3'")
    assert row.text is None
    change(brand, message_text_days=10)
    desk.tend()
    assert desk.sql("SELECT 1 FROM message WHERE brand_id = :b AND text IS NOT NULL") != []
    change(brand, message_text_days=8)
    desk.tend()
    assert desk.sql("SELECT 1 FROM message WHERE brand_id = :b AND text IS NOT NULL") == []


def test_old_payloads_go_and_repeats_are_still_known(desk: Desk, brand: Brand) -> None:
    brand.post(OLD[:2])
    brand.drain()
    desk.sql(
        "UPDATE event SET received_at = received_at - interval '40 days',"
        " event_no = event_no - (CAST(40 AS bigint) * 86400000 << 20) WHERE brand_id = :b"
    )
    brand.post(OLD[2:])
    brand.drain()
    change(brand, raw_event_days=39)
    desk.tend()
    rows = desk.sql("SELECT event_id, raw = '' AS empty FROM event WHERE brand_id = :b ORDER BY 1")
    assert {row.event_id for row in rows if row.empty} == {"j", "m1"}
    assert {row.event_id for row in rows if not row.empty} == {"d1", "o"}
    (receipt,) = brand.post(OLD)
    assert receipt["duplicates"] == len(OLD)
    other = OLD[1] | {"data": OLD[1]["data"] | {"text": "别的"}}
    (receipt,) = brand.post([OLD[0], other])
    assert [each["code"] for each in receipt["rejected"]] == ["id_conflict"]


def test_what_may_be_tried_again_keeps_its_payload(desk: Desk, brand: Brand) -> None:
    brand.post(OLD)
    brand.drain()
    old = "event_no - (CAST(40 AS bigint) * 86400000 << 20)"
    desk.sql(f"UPDATE event SET event_no = {old} WHERE brand_id = :b")
    (first,) = desk.sql("SELECT min(event_no) AS no FROM event WHERE brand_id = :b")
    desk.sql(
        "INSERT INTO dead_letter (brand_id, source, raw, raw_hash, code, detail, event_no)"
        " VALUES (:b, 'api', '', 'x', 'projection_failed', '', :no)",
        no=first.no,
    )
    change(brand, raw_event_days=1)
    desk.tend()
    assert desk.sql("SELECT 1 FROM event WHERE brand_id = :b AND raw = ''") == []
    desk.sql("DELETE FROM dead_letter WHERE brand_id = :b")
    desk.tend()
    assert desk.sql("SELECT 1 FROM event WHERE brand_id = :b AND raw <> ''") == []


def test_without_the_settings_everything_is_kept(desk: Desk, brand: Brand) -> None:
    brand.post(OLD)
    brand.drain()
    change(brand, message_text_days=1)
    change(brand, message_text_days=None)
    desk.tend()
    (row,) = desk.sql("SELECT text FROM message WHERE brand_id = :b")
    assert row.text == "旧消息"


def test_a_time_of_no_days_is_refused(brand: Brand) -> None:
    for value in (0, -1, 36501, 1.5, "30", True):
        with brand.client as client:
            answer = client.patch(
                "/v1/brand",
                content=msgspec.json.encode({"raw_event_days": value}),
                headers={"content-type": "application/json"},
            )
        problem(answer, 422, "invalid", "/raw_event_days")
