"""Downloads: the bytes that were written, whole or in part, to who may have them."""

import asyncio
import base64
import hashlib
import os
from datetime import UTC, datetime, timedelta
from pathlib import Path
from urllib.parse import parse_qs, quote, urlsplit

import httpx
import msgspec
import pytest
from sqlalchemy.ext.asyncio import AsyncConnection

from app.core.brand_secret import secret_of
from app.core.db import enter
from app.exports.links import Link
from tests.api.access import key_of
from tests.exports.published import publish, store_of
from tests.make import Brand, Service

BOOK = os.urandom(3_000_000)
FILES = {
    '红群-2026-W46 "r1".xlsx': BOOK,
    "csv/groups.csv": b"\xef\xbb\xbfa\r\n1\r\n",
    "csv/0.csv": b"",
}
(NAME, CSV, EMPTY) = FILES


@pytest.fixture(scope="module")
def brand(service: Service) -> Brand:
    return service.brand()


@pytest.fixture(scope="module")
def export_id(service: Service, brand: Brand) -> str:
    return publish(service, brand, FILES, people=frozenset({NAME}))


def get(
    brand: Brand, path: str, method: str = "GET", key: str | None = None, **headers: str
) -> httpx.Response:
    with brand.client as client:
        if key is not None:
            client.headers["authorization"] = f"Bearer {key}"
        given = {name.replace("_", "-"): value for name, value in headers.items()}
        return client.request(method, path, headers=given)


def path(export_id: str, name: str = NAME) -> str:
    return f"/v1/exports/{export_id}/files/{quote(name)}"


def downloads(brand: Brand) -> list[dict[str, object]]:
    """The entries of the audit log, oldest first."""
    with brand.client as client:
        items = client.get("/v1/audit", params={"action": "export.download", "limit": 200}).json()[
            "items"
        ]
    return list(reversed(items))


def test_the_whole_file(brand: Brand, export_id: str) -> None:
    answer = get(brand, path(export_id))
    assert (answer.status_code, answer.content == BOOK) == (200, True)
    headers = answer.headers
    assert headers["content-length"] == "3000000"
    assert headers["etag"] == f'"{hashlib.sha256(BOOK).hexdigest()}"'
    assert headers["accept-ranges"] == "bytes"
    assert headers["cache-control"] == "private, no-store"
    assert headers["x-content-type-options"] == "nosniff"
    assert headers["content-type"] == "application/octet-stream"
    assert headers["content-disposition"] == (
        'attachment; filename="__-2026-W46__r1_.xlsx"; '
        "filename*=UTF-8''%E7%BA%A2%E7%BE%A4-2026-W46%20%22r1%22.xlsx"
    )
    entry = downloads(brand)[-1]
    assert (entry["subject"], entry["detail"]) == (
        export_id,
        {"file": NAME, "bytes": 3_000_000, "by_link": False},
    )
    assert get(brand, path(export_id, CSV)).content == FILES[CSV]
    assert get(brand, path(export_id, CSV)).headers["content-type"] == "text/csv; charset=utf-8"
    assert get(brand, path(export_id, EMPTY)).content == b""


@pytest.mark.parametrize(
    "asked,start,end",
    [
        ("bytes=0-0", 0, 1),
        ("bytes=1000000-2999999", 1_000_000, 3_000_000),
        ("bytes=2999990-", 2_999_990, 3_000_000),
        ("bytes=-7", 2_999_993, 3_000_000),
        ("bytes=-9999999999", 0, 3_000_000),
        ("bytes=5-9999999999999", 5, 3_000_000),
    ],
)
def test_a_range(brand: Brand, export_id: str, asked: str, start: int, end: int) -> None:
    answer = get(brand, path(export_id), range=asked)
    assert (answer.status_code, answer.content == BOOK[start:end]) == (206, True)
    assert answer.headers["content-range"] == f"bytes {start}-{end - 1}/3000000"
    assert answer.headers["content-length"] == str(end - start)
    assert downloads(brand)[-1]["detail"] == {
        "file": NAME,
        "bytes": end - start,
        "range": f"{start}-{end - 1}",
        "by_link": False,
    }


@pytest.mark.parametrize("asked", ["bytes=3000000-", "bytes=-0", "bytes=9000000-9999999"])
def test_a_range_without_a_byte(brand: Brand, export_id: str, asked: str) -> None:
    before = downloads(brand)
    answer = get(brand, path(export_id), range=asked)
    assert (answer.status_code, answer.json()["code"]) == (416, "range_not_satisfiable")
    assert answer.headers["content-range"] == "bytes */3000000"
    assert downloads(brand) == before
    assert get(brand, path(export_id, EMPTY), range="bytes=0-").status_code == 416


@pytest.mark.parametrize(
    "asked",
    [
        "bytes=0-1,5-6",
        "lines=0-1",
        "bytes=",
        "bytes=-",
        "bytes=5-2",
        "bytes=x-1",
        "bytes=" + "9" * 5_000 + "-",
    ],
)
def test_what_is_no_range_is_answered_with_the_whole(
    brand: Brand, export_id: str, asked: str
) -> None:
    answer = get(brand, path(export_id), range=asked)
    assert (answer.status_code, len(answer.content)) == (200, len(BOOK))


def test_a_range_of_the_same_file_only(brand: Brand, export_id: str) -> None:
    known = get(brand, path(export_id), "HEAD").headers
    for condition, status in (
        (known["etag"], 206),
        (known["last-modified"], 206),
        ('"other"', 200),
        ("Sun, 01 Nov 2026 00:00:00 GMT", 200),
    ):
        answer = get(brand, path(export_id), range="bytes=0-9", if_range=condition)
        assert (answer.status_code, condition) == (status, condition)


def test_head_sends_and_audits_nothing(brand: Brand, export_id: str) -> None:
    before = downloads(brand)
    answer = get(brand, path(export_id), "HEAD")
    assert (answer.status_code, answer.content) == (200, b"")
    assert answer.headers["content-length"] == "3000000"
    assert downloads(brand) == before


def test_a_download_goes_on_where_it_broke_off(brand: Brand, export_id: str) -> None:
    with brand.client as client, client.stream("GET", path(export_id)) as answer:
        begun = next(answer.iter_bytes(100_000))
        etag = answer.headers["etag"]
    rest = get(brand, path(export_id), range=f"bytes={len(begun)}-", if_range=etag)
    assert begun + rest.content == BOOK


def test_who_may(service: Service, brand: Brand, export_id: str) -> None:
    reader, exporter = key_of(service, brand, "read"), key_of(service, brand, "export")
    assert get(brand, path(export_id), key=reader).status_code == 403
    assert get(brand, path(export_id), key=exporter).status_code == 200
    revealing = publish(service, brand, FILES, people=frozenset({NAME}), reveal=True)
    answer = get(brand, path(revealing), key=exporter)
    assert (answer.status_code, "pii:read" in answer.json()["detail"]) == (403, True)
    assert get(brand, path(revealing, CSV), key=exporter).status_code == 200
    both = key_of(service, brand, "export", "pii:read")
    assert get(brand, path(revealing), key=both).content == BOOK
    with brand.client as client:
        client.headers["authorization"] = f"Bearer {exporter}"
        refused = client.post(f"/v1/exports/{revealing}/links", json={"file": NAME})
    assert refused.status_code == 403


@pytest.mark.parametrize(
    "name", ["nothing.csv", "../../../etc/passwd", "csv", "manifest.json/..", "%00"]
)
def test_only_files_of_the_manifest(brand: Brand, export_id: str, name: str) -> None:
    answer = get(brand, f"/v1/exports/{export_id}/files/{quote(name)}")
    assert answer.status_code in (400, 404), answer.text


def test_removed_files_say_why(service: Service, brand: Brand) -> None:
    for why in ("expired", "erased"):
        one = publish(service, brand, FILES)
        service.sql(
            "UPDATE export SET removed_at = now(), removed_why = :why"
            " WHERE brand_id = :b AND export_id = :id",
            why=why,
            b=brand.brand_id,
            id=one,
        )
        answer = get(brand, path(one))
        assert (answer.status_code, answer.json()["code"]) == (410, why)
    lost = publish(service, brand, FILES)
    asyncio.run(store_of(service).remove(f"{brand.brand_id}/{lost}", [NAME]))
    answer = get(brand, path(lost))
    assert (answer.status_code, answer.json()["code"]) == (410, "missing")
    assert get(brand, path(lost, CSV)).status_code == 200


def test_a_file_that_was_cut_off_is_not_given_out(service: Service, brand: Brand) -> None:
    one = publish(service, brand, FILES)
    where = Path(store_of(service).address(f"{brand.brand_id}/{one}", NAME))
    where.write_bytes(BOOK[:-1])
    assert get(brand, path(one)).status_code == 410


def link(brand: Brand, export_id: str, name: str = NAME) -> dict[str, str]:
    with brand.client as client:
        answer = client.post(f"/v1/exports/{export_id}/links", json={"file": name})
    assert answer.status_code == 201, answer.text
    assert answer.headers["cache-control"] == "no-store"
    made: dict[str, str] = answer.json()
    return made


def test_a_link_needs_no_key(service: Service, brand: Brand, export_id: str) -> None:
    made = link(brand, export_id)
    assert made["url"].startswith(f"{brand.base}/v1/downloads?token=")
    answer = httpx.get(made["url"], trust_env=False, headers={"range": "bytes=0-99"})
    assert (answer.status_code, answer.content) == (206, BOOK[:100])
    assert httpx.head(made["url"], trust_env=False).headers["content-length"] == "3000000"
    entry = downloads(brand)[-1]
    assert entry["actor"] == f"key:{brand.key.split('_')[2]}"
    assert entry["detail"] == {"file": NAME, "bytes": 100, "range": "0-99", "by_link": True}


def test_a_link_dies_with_its_hour_and_its_file(service: Service, brand: Brand) -> None:
    one = publish(service, brand, FILES)
    made = link(brand, one)
    assert httpx.get(made["url"], trust_env=False).status_code == 200

    over = service.within(
        lambda c: _signed(c, brand, Link(brand.brand_id, one, NAME, "key:x", _ago()))
    )
    answer = httpx.get(f"{brand.base}/v1/downloads", params={"token": over}, trust_env=False)
    assert (answer.status_code, answer.json()["code"]) == (410, "link_expired")
    service.sql(
        "UPDATE export SET removed_at = now(), removed_why = 'erased'"
        " WHERE brand_id = :b AND export_id = :id",
        b=brand.brand_id,
        id=one,
    )
    answer = httpx.get(made["url"], trust_env=False)
    assert (answer.status_code, answer.json()["code"]) == (410, "erased")


def test_a_link_that_was_changed_is_none(service: Service, brand: Brand, export_id: str) -> None:
    token = parse_qs(urlsplit(link(brand, export_id)["url"]).query)["token"][0]
    content, signature = token.split(".")
    other = service.brand()
    other.ask("/v1/status")
    theirs = service.within(
        lambda c: _signed(c, other, Link(brand.brand_id, export_id, NAME, "key:x", _later()))
    )
    flipped = content[:-1] + ("A" if content[-1] != "A" else "B")
    for wrong in (
        *(f"{flipped}.{signature}", f"{content}.{'A' * len(signature)}", f"{content}."),
        *(content, "", ".", "x" * 5_000, "é.é", theirs, "W1tbW1tbW1tb.AA"),
    ):
        answer = httpx.get(f"{brand.base}/v1/downloads", params={"token": wrong}, trust_env=False)
        assert (answer.status_code, answer.json()["code"]) == (404, "not_found"), wrong


def _ago() -> datetime:
    return datetime.now(UTC) - timedelta(seconds=1)


def _later() -> datetime:
    return datetime.now(UTC) + timedelta(minutes=5)


async def _signed(connection: AsyncConnection, brand: Brand, link: Link) -> str:
    """A link signed by this brand's secret, whatever it claims."""
    await enter(connection, brand.brand_id)
    secret = await secret_of(connection, brand.brand_id)
    content = msgspec.json.encode(link)
    return ".".join(
        base64.urlsafe_b64encode(part).rstrip(b"=").decode()
        for part in (content, secret.signed(content))
    )
