"""Asking for exports by the API: what is answered, and what is refused."""

from datetime import UTC, datetime
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from app.exports.weeks import parse_week, scheduled
from tests.api.access import key_of
from tests.exports.running import ask, over, weeks_ago
from tests.make import Brand, Service

SHANGHAI = ZoneInfo("Asia/Shanghai")


@pytest.fixture
def brand(service: Service) -> Brand:
    return service.brand()


def test_a_week_becomes_files(brand: Brand) -> None:
    week = weeks_ago(1)
    answer = ask(brand, week=week.name)
    made = answer.json()
    assert answer.status_code == 202
    assert answer.headers["location"] == f"/v1/exports/{made['id']}"
    assert (made["kind"], made["week"], made["revision"], made["language"]) == (
        "weekly",
        week.name,
        1,
        "zh-CN",
    )
    assert (made["start"], made["end"]) == (str(week.first_day), str(week.end_day))
    due = scheduled(SHANGHAI, week.end_day, 1, "06:00")
    assert datetime.fromisoformat(made["as_of"]) == due
    found = over(brand, made["id"])
    assert (found["state"], found["percent"], found["step"]) == ("done", 100, None)
    assert found["files"], found
    for file in found["files"]:
        assert file["url"] == f"/v1/exports/{made['id']}/files/{file['name']}"
        assert file["bytes"] > 0
        assert len(file["sha256"]) == 64
    kept = datetime.fromisoformat(found["expires_at"]) - datetime.fromisoformat(
        found["finished_at"]
    )
    assert kept.days in (399, 400)
    audit = [each for each in brand.ask("/v1/audit")["items"] if "export" in each["action"]]
    assert [(each["action"], each["subject"]) for each in audit] == [
        ("export.publish", made["id"]),
        ("export.start", made["id"]),
    ]
    assert audit[1]["detail"] == {"week": week.name}


def test_a_window_is_of_an_instant(brand: Brand) -> None:
    made = ask(
        brand,
        start="2025-03-01",
        end="2025-03-11",
        as_of="2025-04-01T00:00:00+08:00",
        language="en",
        formats=["parquet"],
        everything=True,
    ).json()
    assert (made["kind"], made["revision"], made["week"]) == ("window", None, None)
    assert (made["start"], made["end"]) == ("2025-03-01", "2025-03-11")
    assert made["as_of"] == "2025-03-31T16:00:00Z"
    assert (made["language"], made["formats"], made["everything"]) == ("en", ["parquet"], True)
    assert over(brand, made["id"])["state"] == "done"


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({}, "/week"),
        ({"week": "2026-W46", "list": "orders"}, "/list"),
        ({"week": "2026-W46", "start": "2026-11-01", "end": "2026-11-02"}, "/start"),
        ({"week": "2026-46"}, "/week"),
        ({"week": "2025-W53"}, "/week"),
        ({"week": 202646}, "/week"),
        ({"start": "2026-11-01"}, "/end"),
        ({"end": "2026-11-01"}, "/start"),
        ({"start": "2026-11-02", "end": "2026-11-02"}, "/end"),
        ({"start": "2026-02-30", "end": "2026-03-02"}, "/start"),
        ({"start": "2000-01-01", "end": "2026-03-02"}, "/end"),
        ({"start": "1999-12-31", "end": "2000-03-02"}, "/start"),
        ({"start": "2026-11-01", "end": "2026-11-02", "as_of": "2026-11-01"}, "/as_of"),
        ({"start": "2026-11-01", "end": "2026-11-02", "as_of": "2098-01-01T00:00:00Z"}, "/as_of"),
        ({"start": "2026-11-01", "end": "2026-11-02", "as_of": "0000-01-01T00:00:00Z"}, "/as_of"),
        ({"week": "2026-W40", "as_of": "2026-11-01T00:00:00Z"}, "/as_of"),
        ({"week": "2026-W40", "filters": {"group_id": "g1"}}, "/filters"),
        ({"week": "2026-W40", "reveal": True}, "/reveal"),
        ({"list": "orders", "reveal": True}, "/reveal"),
        ({"list": "messages"}, "/list"),
        ({"list": "orders", "filters": []}, "/filters"),
        ({"week": "2026-W40", "formats": []}, "/formats"),
        ({"week": "2026-W40", "formats": ["pdf"]}, "/formats/0"),
        ({"week": "2026-W40", "language": "fr"}, "/language"),
        ({"week": "2026-W40", "x": 1}, "/x"),
        ({"segment_id": ""}, "/segment_id"),
        ({"segment_id": "a\u0000b"}, "/segment_id"),
    ],
)
def test_what_does_not_fit_is_named(brand: Brand, body: dict[str, Any], field: str) -> None:
    answer = ask(brand, **body)
    assert answer.status_code == 422, answer.text
    assert answer.json()["field"] == field
    assert brand.ask("/v1/exports")["items"] == []


def test_a_week_can_be_had_once_it_is_due(service: Service) -> None:
    brand = service.brand(timezone="UTC")
    now = datetime.now(UTC)
    # In whose settings the newest week that is over falls due only after now: in six days or less.
    late = {"export_weekday": (now.isoweekday() - 1) % 7 or 7, "export_time": "00:00"}
    with brand.client as client:
        if now.isoweekday() == 1:
            late = {"export_weekday": 7}
        assert client.patch("/v1/brand", json=late | {"timezone": "UTC"}).status_code == 200
    going = weeks_ago(0) if now.isoweekday() != 1 else weeks_ago(-1)
    answer = ask(brand, week=going.name)
    assert answer.status_code == 409
    problem = answer.json()
    assert (problem["code"], problem["field"]) == ("week_not_over", "/week")
    due = datetime.fromisoformat(problem["scheduled_for"])
    assert due > now
    assert due.date().isocalendar()[:2] != (int(going.name[:4]), int(going.name[6:]))


def test_a_week_that_is_over_but_not_due_says_when(service: Service) -> None:
    """A Sunday, or another day of the week, that is still to come after the week's end."""
    brand = service.brand(timezone="UTC")
    now = datetime.now(UTC)
    with brand.client as client:
        client.patch("/v1/brand", json={"export_weekday": 7, "export_time": "23:59"})
    week = weeks_ago(0).plus(-1) if now.isoweekday() != 1 else weeks_ago(0)
    answer = ask(brand, week=week.name)
    assert answer.status_code == 409
    assert answer.json()["code"] == "not_yet"
    due = datetime.fromisoformat(answer.json()["scheduled_for"])
    assert due == scheduled(ZoneInfo("UTC"), parse_week(week.name).end_day, 7, "23:59")


def test_what_is_not_there_is_not_found(brand: Brand, service: Service) -> None:
    assert ask(brand, segment_id="seg_abcdefghijkm").status_code == 404
    other = service.brand()
    export_id = ask(other, list="groups").json()["id"]
    with brand.client as client:
        assert client.get(f"/v1/exports/{export_id}").status_code == 404
        assert client.post(f"/v1/exports/{export_id}/cancel").status_code == 404
        for bad in ("%00", "%ED%A0%80", "x" * 3_000):
            assert client.get(f"/v1/exports/{bad}").status_code in (400, 404)


def test_who_may_ask(brand: Brand, service: Service) -> None:
    asks = {"read": 403, "write": 403, "admin": 403, "export": 202}
    for scope, status in asks.items():
        other = Brand(brand.base, brand.brand_id, key_of(service, brand, scope), "", "")
        assert ask(other, list="groups").status_code == status, scope
        with other.client as client:
            assert client.get("/v1/exports").status_code == (200 if scope == "read" else 403)
    exporting = Brand(brand.base, brand.brand_id, key_of(service, brand, "export"), "", "")
    reading = Brand(
        brand.base, brand.brand_id, key_of(service, brand, "export", "pii:read"), "", ""
    )
    assert ask(exporting, list="customers", reveal=True).status_code == 403
    assert ask(reading, list="customers", reveal=True).status_code == 202
    details = [each["detail"] for each in brand.ask("/v1/audit")["items"]]
    assert {"list": "customers", "reveal": True} in details


def test_lists_of_exports(brand: Brand) -> None:
    ids = [ask(brand, list=name).json()["id"] for name in ("orders", "groups", "notes")]
    ids.append(ask(brand, week=weeks_ago(1).name).json()["id"])
    for export_id in ids:
        over(brand, export_id)
    seen, cursor = [], None
    while True:
        page = brand.ask("/v1/exports", limit=3, **({"cursor": cursor} if cursor else {}))
        seen += [each["id"] for each in page["items"]]
        if (cursor := page["next"]) is None:
            break
    assert seen == ids[::-1]

    def listed(**asked: str) -> list[str]:
        return [each["id"] for each in brand.ask("/v1/exports", **asked)["items"]]

    assert listed(kind="weekly") == listed(week=weeks_ago(1).name) == ids[3:]
    assert listed(kind="weekly", week="2020-W01") == listed(state="queued") == []
    assert listed(kind="list") == ids[2::-1]
    with brand.client as client:
        for bad in ({"week": "x"}, {"kind": "x"}, {"state": "x"}, {"cursor": "x"}, {"limit": 0}):
            assert client.get("/v1/exports", params=bad).status_code == 400


def test_one_that_is_over_cannot_be_cancelled(brand: Brand) -> None:
    export_id = ask(brand, list="groups").json()["id"]
    over(brand, export_id)
    with brand.client as client:
        answer = client.post(f"/v1/exports/{export_id}/cancel")
    assert (answer.status_code, answer.json()["code"]) == (409, "export_over")
