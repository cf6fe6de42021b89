"""Workers die anywhere in a run: another goes on, and what is visible is always whole."""

import hashlib
import json
from pathlib import Path

import pytest

from app.exports.folder_store import FolderStore
from tests.exports.running import (
    ask,
    end_leases,
    kill_at,
    order,
    over,
    until,
    weeks_ago,
    worker_that,
)
from tests.make import Brand, Service
from tests.stack import Stack

POINTS = ["read", "write", "publish", "published", "tell"]


def files_of(stack: Stack, brand: Brand) -> list[Path]:
    root = Path(stack.settings.exports) / str(brand.brand_id)
    return sorted(path for path in root.rglob("*") if path.is_file())


def whole(folder: Path) -> dict[str, str]:
    """The hashes of the files that a manifest names, as they are found in the folder."""
    manifest = json.loads((folder / "manifest.json").read_bytes())
    found = {}
    for file in manifest["files"]:
        found[file["name"]] = hashlib.sha256((folder / file["name"]).read_bytes()).hexdigest()
        assert found[file["name"]] == file["sha256"]
    return found


@pytest.mark.parametrize("point", POINTS)
def test_another_goes_on_where_one_was_killed(
    workers: Stack, web: Service, mine: Brand, tmp_path: Path, point: str
) -> None:
    week = weeks_ago(1)
    export_id = ask(mine, week=week.name).json()["id"]
    kill_at(workers, point, tmp_path / "mark")
    prefix = Path(workers.settings.exports) / str(mine.brand_id) / week.name / "r1"
    assert mine.ask(f"/v1/exports/{export_id}")["state"] == "running"
    assert prefix.exists() is (point in ("published", "tell"))
    before = whole(prefix) if prefix.exists() else None
    end_leases(web)
    workers.worker()
    found = over(mine, export_id)
    assert (found["state"], found["revision"], found["percent"]) == ("done", 1, 100)
    assert {file["name"]: file["sha256"] for file in found["files"]} == whole(prefix)
    if before is not None:
        assert whole(prefix) == before, "what was visible stays as it was"
    partial = [path for path in files_of(workers, mine) if ".partial-" in str(path)]
    assert partial == []
    audit = mine.ask("/v1/audit")["items"]
    assert [each["action"] for each in audit].count("export.publish") == 1


def test_one_over_which_workers_die_again_and_again_is_given_up(
    workers: Stack, web: Service, mine: Brand
) -> None:
    export_id = ask(mine, week=weeks_ago(1).name).json()["id"]
    web.sql(
        "UPDATE export SET attempts = 3, state = 'running', leased_until = now(), holder = 'x'"
        " WHERE export_id = :id",
        id=export_id,
    )
    workers.worker()
    found = over(mine, export_id)
    assert (found["state"], found["code"], found["revision"]) == ("failed", "interrupted", None)


def test_a_worker_that_ends_in_order_hands_its_run_on(
    workers: Stack, web: Service, mine: Brand, tmp_path: Path
) -> None:
    export_id = ask(mine, week=weeks_ago(1).name).json()["id"]
    mark = tmp_path / "mark"
    stopped = worker_that(workers, "--stop-at", "read", "--mark", str(mark))
    until(lambda: mark.exists() or None)
    stopped.terminate()
    stopped.wait(20)
    found = mine.ask(f"/v1/exports/{export_id}")
    assert found["state"] == "queued"
    assert web.sql("SELECT attempts FROM export WHERE export_id = :id", id=export_id)[0][0] == 0
    workers.worker()
    assert over(mine, export_id)["state"] == "done"


@pytest.mark.parametrize("point", ["read", "published"])
def test_a_cancelled_run_stops_and_leaves_no_file(
    workers: Stack, web: Service, mine: Brand, tmp_path: Path, point: str
) -> None:
    week = weeks_ago(1)
    export_id = ask(mine, week=week.name).json()["id"]
    mark = tmp_path / "mark"
    worker_that(workers, "--stop-at", point, "--mark", str(mark))
    until(lambda: mark.exists() or None)
    with mine.client as client:
        answer = client.post(f"/v1/exports/{export_id}/cancel")
        assert answer.json()["state"] == "cancelled", answer.text
        assert client.post(f"/v1/exports/{export_id}/cancel").status_code == 200
    until(lambda: None if files_of(workers, mine) else True)
    # The worker is free again, and its revision is, too.
    again = ask(mine, week=week.name).json()
    assert (again["revision"], again["id"] != export_id) == (1, True)


def test_files_of_a_run_that_was_cancelled_after_its_worker_died_give_way(
    workers: Stack, web: Service, mine: Brand, tmp_path: Path
) -> None:
    week = weeks_ago(1)
    mine.post([order(f"a{mine.brand_id}", week.first_day.isoformat() + "T12:00:00+08:00")])
    first = ask(mine, week=week.name).json()["id"]
    kill_at(workers, "published", tmp_path / "mark")
    with mine.client as client:
        client.post(f"/v1/exports/{first}/cancel")
    workers.worker()
    found = over(mine, ask(mine, week=week.name).json()["id"])
    store = FolderStore(Path(workers.settings.exports))
    manifest = Path(store.address(f"{mine.brand_id}/{week.name}/r1", "manifest.json"))
    assert found["state"] == "done"
    assert json.loads(manifest.read_bytes())["export_id"] == found["id"]
    assert whole(manifest.parent)
