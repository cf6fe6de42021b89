"""Somebody is erased while an export is being written: what was read before is not told."""

from pathlib import Path

import pytest

from tests.exports.files.test_erased_weeks import GONE, WEEK, furnish
from tests.exports.files.test_erasure import there
from tests.exports.running import ask, end_leases, kill_at, over
from tests.make import Brand, Service
from tests.stack import Stack


@pytest.mark.parametrize("point", ["write", "published"])
def test_what_was_read_before_is_not_published(
    workers: Stack, web: Service, mine: Brand, tmp_path: Path, point: str
) -> None:
    first = workers.worker()
    furnish(mine)
    first.kill()
    first.wait()
    export_id = ask(mine, week=WEEK).json()["id"]
    kill_at(workers, point, tmp_path / "mark")
    assert mine.ask(f"/v1/exports/{export_id}")["state"] == "running"
    assert (b"zq91-buyer" in there(web, mine)) is (point == "published")
    with mine.client as client:
        body = {"reason": "asked for"}
        answer = client.post("/v1/customers/m:zq91-member/erase", json=body)
    assert answer.status_code == 200, answer.text
    end_leases(web)
    workers.worker()
    found = over(mine, export_id)
    assert (found["state"], found["revision"]) == ("done", 1)
    left = there(web, mine)
    assert [each for each in GONE if each.encode() in left] == []
    assert b"erased-" in left and b"u2" in left
