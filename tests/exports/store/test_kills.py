"""Who is killed in the midst of publishing leaves nothing half-written for a reader to see."""

import signal
import uuid
from pathlib import Path

import pytest

from app.core.settings import Settings
from app.exports.store import open_store
from tests.exports.store.bucket import Endpoint
from tests.exports.store.conftest import Publisher
from tests.exports.store.staged import seen, staged

SIZES = {"a.xlsx": 3_000, "csv/b.csv": 200_000}
PREFIX = "7/2026-W46/r1"

pytestmark = pytest.mark.anyio


async def test_at_every_act_on_a_file(tmp_path: Path, publisher: Publisher) -> None:
    names, _ = (staged(tmp_path / word, word, SIZES) for word in ("one", "two"))
    found, kills = set(), 0
    while True:
        root = tmp_path / f"store{kills}"
        asked = {"where": str(root), "folder": str(tmp_path / "one"), "prefix": PREFIX}
        publisher.begin(**asked, kill_at=kills + 1)
        ended = publisher.end()
        store = open_store(Settings(export_url=str(root)))
        first = await seen(store, PREFIX)
        await store.publish(tmp_path / "two", PREFIX, names)
        assert await seen(store, PREFIX) == (first or "two")
        # What is complete is not looked behind: upkeep takes what is beside it.
        left = [each.name for each in (root / "7/2026-W46").iterdir() if each.name != "r1"]
        assert first is not None or left == []
        found.add(first)
        if ended == 0:
            break
        assert ended == -signal.SIGKILL
        kills += 1
    assert kills > 8 and found == {None, "one"}


async def test_at_every_request(tmp_path: Path, endpoint: Endpoint, publisher: Publisher) -> None:
    names, _ = (staged(tmp_path / word, word, SIZES) for word in ("one", "two"))
    bucket = f"kills-{uuid.uuid4().hex[:8]}"
    endpoint.make(bucket)
    found, kills = set(), 0
    while True:
        where = f"s3://{bucket}/{kills}"
        asked = {"where": where, "folder": str(tmp_path / "one"), "prefix": PREFIX}
        endpoint.kill(publisher.begin(**asked), kills + 1)
        ended = publisher.end()
        endpoint.spare()
        store = open_store(Settings(export_url=where))
        first = await seen(store, PREFIX)
        await store.publish(tmp_path / "two", PREFIX, names)
        assert await seen(store, PREFIX) == (first or "two")
        await store.remove(PREFIX)
        found.add(first)
        if ended == 0:
            break
        assert ended == -signal.SIGKILL
        kills += 1
    assert kills > 8 and found == {None, "one"}
