"""The files of an export, and the manifest that names them. Runs in a thread."""

import hashlib
from collections.abc import Callable, Sequence
from datetime import timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import msgspec

from app.exports import csv_file, parquet_file
from app.exports.asked import Run
from app.exports.content import Content
from app.exports.frame import Frame
from app.exports.manifest import NAME, File, Manifest
from app.exports.workbook import book

Told = Callable[[str, int], None]


def write(content: Content, folder: Path, told: Told) -> list[File]:
    """Write what was asked for, below the folder; `told` of each step hears its percentage."""
    formats = content.run.asked.formats
    files: list[File] = []
    if "parquet" in formats:
        files += _tables(content, folder, "parquet", told)
    if "csv" in formats:
        files += _tables(content, folder, "csv", told)
    if "xlsx" in formats:
        name = f"{stem(content.run)}.xlsx"
        book.write(content, folder / name, lambda percent: told("xlsx", percent))
        frames = list(content.frames.values())
        files.append(_file(folder, name, book.MEDIA_TYPE, frames))
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


def _tables(content: Content, folder: Path, ending: str, told: Told) -> list[File]:
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
        told(ending, 100 * done // every)
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
