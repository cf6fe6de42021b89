"""What is published is there whole, byte for byte, until it is removed."""

import asyncio
import os
import stat
import time
from pathlib import Path

import pytest

from app.core.settings import Settings, SettingsError
from app.core.settings import read as read_settings
from app.exports.manifest import NAME
from app.exports.staging import StoreAway
from app.exports.store import Store, open_store
from tests.exports.store.bucket import Endpoint
from tests.exports.store.staged import FILES, read, seen, staged

WEEK = "7/2026-W46/r1"

pytestmark = pytest.mark.anyio


async def test_what_is_published_is_read_whole_and_in_part(store: Store, tmp_path: Path) -> None:
    names = staged(tmp_path / "one", "茶")
    assert await store.manifest(WEEK) is None
    await store.publish(tmp_path / "one", WEEK, names)
    assert await seen(store, WEEK) == "茶"
    content = (tmp_path / "one" / "csv/orders.csv").read_bytes()
    assert await read(store, WEEK, "csv/orders.csv", 5, 1_200_000) == content[5:1_200_000]
    assert await read(store, WEEK, "csv/orders.csv", 1_499_999, 1_500_000) == content[-1:]
    assert {name: await store.size(WEEK, name) for name in FILES} == FILES
    await store.fetch(WEEK, "csv/orders.csv", tmp_path / "copy")
    assert (tmp_path / "copy").read_bytes() == content
    assert store.address(WEEK, "书.xlsx").endswith("/7/2026-W46/r1/书.xlsx")


async def test_what_is_complete_is_not_replaced(store: Store, tmp_path: Path) -> None:
    for word in ("one", "two"):
        names = staged(tmp_path / word, word)
        await store.publish(tmp_path / word, WEEK, names)
    assert await seen(store, WEEK) == "one"
    await store.publish(tmp_path / "two", "7/2026-W46/r10", names)
    await store.remove(WEEK)
    assert await seen(store, WEEK) is None
    assert await seen(store, "7/2026-W46/r10") == "two"
    await store.publish(tmp_path / "two", WEEK, names)
    assert await seen(store, WEEK) == "two"


async def test_files_go_one_by_one_or_all(store: Store, tmp_path: Path) -> None:
    names = staged(tmp_path / "one", "one")
    for prefix in (WEEK, "7/abc", "70/abc"):
        await store.publish(tmp_path / "one", prefix, names)
    await store.remove("7/abc", ["书.xlsx"])
    await store.remove("7/abc", ["书.xlsx", "never.csv"])
    for missing in ("书.xlsx", "never.csv"):
        with pytest.raises(FileNotFoundError):
            await store.size("7/abc", missing)
        with pytest.raises(FileNotFoundError):
            await read(store, "7/abc", missing, 0, 1)
        with pytest.raises(FileNotFoundError):
            await store.fetch("7/abc", missing, tmp_path / "copy")
    assert await store.size("7/abc", "csv/orders.csv") == FILES["csv/orders.csv"]
    await store.remove_brand(7)
    assert [await seen(store, prefix) for prefix in (WEEK, "7/abc", "70/abc")] == [
        None,
        None,
        "one",
    ]
    await store.remove_brand(7)
    await store.remove(WEEK)
    await store.tidy(7)


async def test_two_at_once_leave_one_whole(store: Store, tmp_path: Path) -> None:
    names, _ = (staged(tmp_path / word, word) for word in ("one", "two"))
    ended = await asyncio.gather(
        *(store.publish(tmp_path / word, WEEK, names) for word in ("one", "two")),
        return_exceptions=True,
    )
    assert all(each is None or isinstance(each, StoreAway) for each in ended), ended
    await store.publish(tmp_path / "one", WEEK, names)
    assert await seen(store, WEEK) in ("one", "two")


async def test_after_a_cancel_nothing_appears(store: Store, tmp_path: Path) -> None:
    names = staged(tmp_path / "one", "one", {f"{n}.csv": 400_000 for n in range(40)})
    going = asyncio.ensure_future(store.publish(tmp_path / "one", WEEK, names))
    await asyncio.sleep(0.02)
    going.cancel()
    with pytest.raises(asyncio.CancelledError):
        await going
    before = await seen(store, WEEK)
    await asyncio.sleep(0.3)
    assert await seen(store, WEEK) == before


async def test_the_folder_is_ours_alone(tmp_path: Path) -> None:
    store = open_store(Settings(data=tmp_path / "data"))
    await store.publish(tmp_path / "one", WEEK, staged(tmp_path / "one", "one"))
    root = tmp_path / "data" / "exports"
    for path in [root, *root.rglob("*")]:
        assert stat.S_IMODE(path.stat().st_mode) == (0o700 if path.is_dir() else 0o600), path


async def test_what_was_abandoned_is_tidied_away(tmp_path: Path) -> None:
    store, root = open_store(Settings(export_url=str(tmp_path / "x"))), tmp_path / "x"
    await store.publish(tmp_path / "one", WEEK, staged(tmp_path / "one", "one"))
    for age, name in ((2 * 86_400, "old"), (60, "young")):
        left = root / f"7/2026-W46/r2.partial-{name}"
        left.mkdir()
        (left / "a.csv").write_text("x")
        for each in (left / "a.csv", left):
            os.utime(each, (time.time() - age,) * 2)
    await store.tidy(7)
    assert sorted(p.name for p in (root / "7/2026-W46").iterdir()) == ["r1", "r2.partial-young"]


async def test_a_store_that_is_away_says_so(tmp_path: Path, endpoint: Endpoint) -> None:
    (tmp_path / "file").write_text("x")
    names = staged(tmp_path / "one", "one")
    for where in ("s3://no-such-bucket/x", str(tmp_path / "file" / "below")):
        store = open_store(Settings(export_url=where))
        with pytest.raises(StoreAway):
            await store.publish(tmp_path / "one", WEEK, names)
    with pytest.raises(StoreAway, match="bucket"):
        await open_store(Settings(export_url="s3://no-such-bucket")).manifest(WEEK)


@pytest.mark.parametrize(
    "name,given",
    [
        ("HONGQUN_EXPORT_URL", "gs://bucket/x"),
        ("HONGQUN_EXPORT_URL", "s3://"),
        ("HONGQUN_EXPORT_URL", "s3://UPPER_case/x"),
        ("HONGQUN_PUBLIC_URL", "crm.example.com"),
        ("HONGQUN_PUBLIC_URL", "ftp://crm.example.com"),
    ],
)
def test_a_malformed_address_is_told_at_the_start(name: str, given: str) -> None:
    with pytest.raises(SettingsError, match=name):
        read_settings({name: given})


def test_where_files_lie() -> None:
    assert read_settings({"HONGQUN_DATA": "/srv/x"}).exports == "/srv/x/exports"
    assert read_settings({"HONGQUN_EXPORT_URL": "/srv/y"}).exports == "/srv/y"
    s3 = open_store(read_settings({"HONGQUN_EXPORT_URL": "s3://a-bucket/a/b/"}))
    assert s3.address("7/abc", NAME) == "s3://a-bucket/a/b/7/abc/manifest.json"


async def test_a_bucket_that_is_named_in_the_host(
    tmp_path: Path, endpoint: Endpoint, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As of Alibaba OSS; the endpoint stands in as a proxy, since no such host is known here."""
    endpoint.make("in-the-host")
    monkeypatch.setenv("AWS_ENDPOINT_URL", "http://in-the-host.s3.amazonaws.com")
    monkeypatch.setenv("AWS_VIRTUAL_HOSTED_STYLE_REQUEST", "true")
    monkeypatch.setenv("HTTP_PROXY", endpoint.url)
    monkeypatch.setenv("http_proxy", endpoint.url)
    endpoint.asked.clear()
    store = open_store(Settings(export_url="s3://in-the-host/x"))
    await store.publish(tmp_path / "one", WEEK, staged(tmp_path / "one", "one"))
    assert await seen(store, WEEK) == "one"
    assert f"PUT /x/{WEEK}/{NAME}" in endpoint.asked
