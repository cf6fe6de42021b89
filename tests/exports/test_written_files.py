"""The files of an export together: their names, hashes and rows as the manifest tells them."""

import hashlib
from datetime import date
from pathlib import Path

import msgspec
import pytest

from app.exports.asked import Asked, Run
from app.exports.manifest import Manifest
from app.exports.write import manifest, stem, write, write_manifest
from tests.exports.sample import run, sample


def test_the_manifest_tells_of_every_file_what_it_is(tmp_path: Path) -> None:
    content = sample()
    heard: list[tuple[str, int]] = []
    files = write(content, tmp_path, lambda step, percent: heard.append((step, percent)))
    write_manifest(manifest(content, files), tmp_path)
    told = msgspec.json.decode((tmp_path / "manifest.json").read_bytes(), type=Manifest)

    there = {path.relative_to(tmp_path).as_posix() for path in tmp_path.rglob("*.*")}
    assert there == {file.name for file in told.files} | {"manifest.json"}
    assert {file.name for file in told.files} == {
        "hongqun-2026-W46-r1.xlsx",
        *(f"{kind}/{name}.{kind}" for kind in ("csv", "parquet") for name in content.frames),
    }
    for file in told.files:
        raw = (tmp_path / file.name).read_bytes()
        assert (file.bytes, file.sha256) == (len(raw), hashlib.sha256(raw).hexdigest())
    by_name = {file.name: file for file in told.files}
    assert by_name["csv/orders.csv"].rows == told.rows["orders"] == 420
    assert by_name["csv/orders.csv"].people
    assert not by_name["csv/notes.csv"].people
    assert by_name["hongqun-2026-W46-r1.xlsx"].people
    assert by_name["hongqun-2026-W46-r1.xlsx"].rows == sum(told.rows.values())
    assert told.sums == {"orders": 420, "gmv": 6_123_400}
    assert (told.start, told.end, told.week) == ("2026-11-09", "2026-11-16", "2026-W46")
    assert (told.as_of, told.rule_version) == (content.run.as_of, 7)

    percents = [percent for _, percent in heard]
    assert percents == sorted(percents)
    assert dict(heard) == {"parquet": 10, "csv": 20, "xlsx": 100}


def test_only_what_was_asked_for_is_written(tmp_path: Path) -> None:
    content = sample(asked=Asked(formats=("csv",)))
    files = write(content, tmp_path, lambda step, percent: None)
    assert {file.name for file in files} == {f"csv/{name}.csv" for name in content.frames}
    assert [path.name for path in tmp_path.iterdir()] == ["csv"]


@pytest.mark.parametrize(
    ("made", "name"),
    [
        (run(revision=3), "hongqun-2026-W46-r3"),
        (run(kind="window", week=None, revision=None), "hongqun-2026-11-09-2026-11-15"),
        (
            run(
                kind="window",
                week=None,
                revision=None,
                first_day=date(2026, 2, 1),
                end_day=date(2026, 3, 1),
            ),
            "hongqun-2026-02-01-2026-02-28",
        ),
        (
            run(
                kind="list",
                week=None,
                revision=None,
                first_day=None,
                end_day=None,
                asked=Asked(list="customers"),
            ),
            "hongqun-customers",
        ),
        (
            run(kind="segment", week=None, revision=None, first_day=None, end_day=None),
            "hongqun-segment",
        ),
    ],
)
def test_the_workbook_is_called_after_what_it_is_of(made: Run, name: str) -> None:
    assert stem(made) == name
