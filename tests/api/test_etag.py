"""Tags of answers: they change exactly when the answer does."""

from typing import Any

import httpx
import pytest

from tests.make import Brand, Service
from tests.metrics.told import tell, told

STORY = """
    03-01 10:00 group.created   group_id=g1 name=福利群
    03-02 10:00 member.joined   group_id=g1 member_id=ann source.kind=note source.note_id=n1
    03-03 10:00 message.sent    group_id=g1 member_id=ann message_id=m1
    03-03 12:00 live.started    live_id=l1
    03-03 13:00 live.ended      live_id=l1
    03-03 12:45 order.paid      order_id=o1 buyer_id=ann amount=1000 touch.live_id=l1
"""
MARCH = {"start": "2025-03-01", "end": "2025-04-01"}
LATER = "2025-06-01T00:00:00+08:00"
PATHS: dict[str, dict[str, str]] = {
    "gmv-share": {},
    "repurchase": {},
    "funnel": {"by": "creator"},
    "retention": {},
    "activity": {},
    "lives": {},
    "before-after": {"days": "7"},
}
EACH = pytest.mark.parametrize("path", PATHS)
JSON, CSV = "application/json", "text/csv"


@pytest.fixture(scope="module")
def brand(service: Service) -> Brand:
    return told(service, STORY)


def asked(
    brand: Brand, path: str, accept: str = JSON, known: str | None = None, **params: Any
) -> httpx.Response:
    headers = {"accept": accept} | ({} if known is None else {"if-none-match": known})
    with brand.client as client:
        return client.get(
            f"/v1/metrics/{path}", params=MARCH | PATHS[path] | params, headers=headers
        )


def tag(brand: Brand, path: str, accept: str = JSON, **params: Any) -> str:
    found = asked(brand, path, accept, **params)
    assert found.status_code == 200, found.text
    assert found.headers["cache-control"] == "private, no-cache"
    assert found.headers["vary"] == "Accept"
    assert int(found.headers["content-length"]) == len(found.content)
    return found.headers["etag"]


def tags(brand: Brand, **params: Any) -> dict[str, str]:
    return {path: tag(brand, path, **params) for path in PATHS}


@EACH
@pytest.mark.parametrize("accept", [JSON, CSV])
def test_unchanged(brand: Brand, path: str, accept: str) -> None:
    given = tag(brand, path, accept)
    assert given.startswith('W/"')
    assert tag(brand, path, accept) == given
    known = asked(brand, path, accept, known=given)
    assert known.status_code == 304
    assert known.content == b""
    assert known.headers["etag"] == given
    assert known.headers["vary"] == "Accept"
    assert known.headers["cache-control"] == "private, no-cache"


@EACH
def test_each_representation_has_its_own(brand: Brand, path: str) -> None:
    given = {
        tag(brand, path, accept, **params)
        for accept in (JSON, CSV)
        for params in ({}, {"lang": "en"}, {"as_of": LATER}, {"as_of": "2025-06-02T00:00:00Z"})
    }
    assert len(given) == 8
    assert tag(brand, path, lang="zh-CN") == tag(brand, path)
    # One instant, written in two ways.
    assert tag(brand, path, as_of=LATER) == tag(brand, path, as_of="2025-05-31T16:00:00Z")


@pytest.mark.parametrize(
    ("known", "status"),
    [
        ("{}", 304),
        ('"x", {}', 304),
        ('W/"x",{} , "y"', 304),
        ("{strong}", 304),
        ("*", 304),
        ('W/"x"', 200),
        ('"*"', 200),
        ("x", 200),
        ("", 200),
    ],
)
def test_if_none_match(brand: Brand, known: str, status: int) -> None:
    given = tag(brand, "lives")
    known = known.format(given, strong=given.removeprefix("W/"))
    assert asked(brand, "lives", known=known).status_code == status


def test_several_headers(brand: Brand) -> None:
    given = tag(brand, "lives")
    with brand.client as client:
        headers = [*client.headers.items(), ("if-none-match", '"x"'), ("if-none-match", given)]
        found = client.get("/v1/metrics/lives", params=MARCH, headers=headers)
    assert found.status_code == 304


def test_what_changes_it(service: Service) -> None:
    brand, other = told(service, STORY), told(service, STORY)
    before = tags(brand)
    # Another brand's event, a title that no answer shows, an order outside of every window.
    tell(other, "03-09 10:00 order.paid order_id=o9 buyer_id=ann amount=900")
    tell(brand, "03-09 10:00 note.updated note_id=n1 title=春款")
    tell(brand, "07-09 10:00 order.paid order_id=o8 buyer_id=ann amount=900")
    tell(brand, STORY)
    assert tags(brand) == before
    # A purchase of the member's.
    tell(brand, "03-04 10:00 order.paid order_id=o2 buyer_id=ann amount=500 touch.live_id=l1")
    after = tags(brand)
    changed = {path for path in PATHS if after[path] != before[path]}
    assert changed == {"gmv-share", "repurchase", "funnel", "lives", "before-after"}
    for path in PATHS:
        still = asked(brand, path, known=before[path]).status_code == 304
        assert still == (path not in changed)


def test_a_large_answer_is_whole(service: Service) -> None:
    brand = told(service, "01-01 10:00 member.joined group_id=g1 member_id=ann")
    wide = {"start": "2012-01-01", "end": "2025-06-01"}
    found = asked(brand, "activity", **wide)
    assert len(found.json()["rows"]) == 4900
    assert int(found.headers["content-length"]) == len(found.content) > 256 * 1024
    text = asked(brand, "activity", CSV, **wide)
    assert len(text.text.splitlines()) == 4901
    assert asked(brand, "activity", known=found.headers["etag"], **wide).status_code == 304
