"""`hongqun export`: works by itself or waits for a worker, and says where the files lie."""

import json
from collections.abc import Callable
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from app.cli.main import hongqun
from tests.exports.running import order, until, weeks_ago
from tests.make import Brand
from tests.stack import Stack, env

Run = Callable[..., Result]


@pytest.fixture
def run(stack: Stack) -> Run:
    """Run a command beside the service, in this process."""

    def go(*words: str) -> Result:
        return CliRunner(env=env(stack.settings)).invoke(hongqun, words)

    return go


def test_it_writes_a_week_by_itself(workers: Stack, mine: Brand, run: Run, tmp_path: Path) -> None:
    week = weeks_ago(1)
    words = ("export", week.name, "--brand", str(mine.brand_id))
    first = run(*words)
    assert first.exit_code == 0, first.output
    paths = [Path(line) for line in first.stdout.splitlines()]
    assert paths
    assert all(path.is_file() for path in paths)
    second = run(*words, "--out", str(tmp_path))
    assert second.exit_code == 0, second.output
    assert second.stdout.startswith(f"nothing has moved since revision 1 of {week.name}\n")
    root = f"{mine.brand_id}/{week.name}/r1/"
    for path in paths:
        copy = tmp_path / str(path).partition(root)[2]
        assert copy.read_bytes() == path.read_bytes()
    assert (tmp_path / "manifest.json").exists()
    # What came late moves numbers.
    mine.post([order(f"late-{mine.brand_id}", f"{week.first_day}T12:00:00+08:00")])
    worker = workers.worker()
    mine.drain()
    worker.terminate()
    worker.wait(20)
    third = run(*words, "--json")
    said = json.loads(third.stdout)
    assert (said["state"], said["revision"], bool(said["moved"])) == ("done", 2, True)
    assert all("/r2/" in address for address in said["files"].values())


def test_it_waits_for_a_worker(workers: Stack, mine: Brand, run: Run) -> None:
    workers.worker()
    done = run("export", "--list", "groups", "--brand", str(mine.brand_id), "--json")
    assert done.exit_code == 0, done.output
    said = json.loads(done.stdout)
    until(lambda: mine.ask(f"/v1/exports/{said['export_id']}")["state"] == "done" or None)


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["2026-W99"], "no week of that year"),
        (["2099-W10"], "is not over; its files will be made at 2099-03-09T06:00+08:00"),
        (["x"], "week"),
        ([], "Name one of"),
        (["--segment", "seg_abcdefghijkm"], "no such segment"),
        (["--list", "orders", "--filter", "x"], "name=value"),
        (["--start", "2026-11-02", "--end", "2026-11-01"], "after the start"),
    ],
)
def test_it_says_what_is_wrong(mine: Brand, run: Run, words: list[str], said: str) -> None:
    done = run("export", "--brand", str(mine.brand_id), *words)
    assert done.exit_code != 0
    assert said in done.output + str(done.exception)


def test_a_brand_that_is_not_there(run: Run) -> None:
    done = run("export", "2026-W01", "--brand", "987654321")
    assert done.exit_code != 0
    assert "there is no brand 987654321" in done.output
