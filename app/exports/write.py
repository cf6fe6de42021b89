"""The files of an export, and the manifest that names them. Runs in a thread."""

import hashlib
from collections.abc import Callable, Sequence
from datetime import timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import msgspec

from app.exports import csv_file, parquet_file
from app.exports.asked import Format, Run
from app.exports.content import Content
from app.exports.frame import Frame
from app.exports.manifest import NAME, File, Manifest
from app.exports.workbook import book

Told = Callable[[str, int], None]
SHARES: dict[Format, int] = {"parquet": 1, "csv": 1, "xlsx": 8}
"""What is written, in this order, and how much of the work each is."""


def write(content: Content, folder: Path, told: Told) -> list[File]:
    """Write what was asked for, below the folder; `told` hears the step, and how much is done."""
    asked = [each for each in SHARES if each in content.run.asked.formats]
    every = sum(SHARES[each] for each in asked)
    files: list[File] = []
    done = 0
    for each in asked:

        def tell(percent: int, step: Format = each, done: int = done) -> None:
            told(step, (100 * done + SHARES[step] * percent) // every)

        if each == "xlsx":
            name = f"{stem(content.run)}.xlsx"
            book.write(content, folder / name, tell)
            files.append(_file(folder, name, book.MEDIA_TYPE, list(content.frames.values())))
        else:
            files += _tables(content, folder, each, tell)
        done += SHARES[each]
    return files


def manifest(content: Content, files: Sequence[File]) -> Manifest:
    """What the export is made of, and from."""
    run = content.run
    return Manifest(
        export_id=run.export_id,
        kind=run.kind,
        week=run.week,
        revision=run.revision,
        start=None if run.first_day is None else run.first_day.isoformat(),
        end=None if run.end_day is None else run.end_day.isoformat(),
        timezone=content.timezone,
        currency=content.currency,
        as_of=run.as_of,
        read_at=content.read_at,
        rule_version=content.rule_version,
        language=run.language,
        settings=content.settings,
        rows={name: frame.rows for name, frame in content.frames.items()},
        sums=content.sums,
        files=list(files),
        previous=run.previous_id,
    )


def write_manifest(made: Manifest, folder: Path) -> None:
    """Write manifest.json, which comes last: where it lies, the others do."""
    (folder / NAME).write_bytes(msgspec.json.format(msgspec.json.encode(made), indent=2) + b"\n")


def stem(run: Run) -> str:
    """What the workbook is called, without its ending."""
    if run.week is not None:
        return f"hongqun-{run.week}" + (f"-r{run.revision}" if run.revision else "")
    if run.first_day is not None and run.end_day is not None:
        return f"hongqun-{run.first_day}-{run.end_day - timedelta(days=1)}"
    return f"hongqun-{run.asked.list or run.kind}"


def _tables(content: Content, folder: Path, ending: str, told: Callable[[int], None]) -> list[File]:
    """One file a table."""
    (folder / ending).mkdir(exist_ok=True)
    zone, language = ZoneInfo(content.timezone), content.run.language
    every = sum(frame.rows for frame in content.frames.values()) or 1
    done, files = 0, []
    for table, frame in content.frames.items():
        name = f"{ending}/{table}.{ending}"
        if ending == "csv":
            csv_file.write_csv(frame, folder / name, zone, content.currency, language)
            files.append(_file(folder, name, csv_file.MEDIA_TYPE, [frame]))
        else:
            parquet_file.write_parquet(frame, folder / name, content)
            files.append(_file(folder, name, parquet_file.MEDIA_TYPE, [frame]))
        done += frame.rows
        told(100 * done // every)
    return files


def _file(folder: Path, name: str, media_type: str, frames: Sequence[Frame]) -> File:
    path = folder / name
    with path.open("rb") as written:
        digest = hashlib.file_digest(written, "sha256").hexdigest()
    return File(
        name=name,
        media_type=media_type,
        bytes=path.stat().st_size,
        sha256=digest,
        tables=[frame.spec.name for frame in frames],
        rows=sum(frame.rows for frame in frames),
        people=any(frame.spec.people for frame in frames),
    )
