"""Stand-in."""

import hashlib
from collections.abc import Callable, Sequence
from pathlib import Path

import msgspec
import pyarrow as pa
import pyarrow.parquet as pq

from app.exports.content import Content
from app.exports.manifest import NAME, File, Manifest


def write(content: Content, folder: Path, told: Callable[[str, int], None]) -> list[File]:
    """Stand-in."""
    files = []
    (folder / "parquet").mkdir()
    for name, frame in content.frames.items():
        path = folder / "parquet" / f"{name}.parquet"
        pq.write_table(pa.Table.from_batches(list(frame.batches()), frame.spec.schema), path)
        told("parquet", 50)
        files.append(
            File(
                name=f"parquet/{name}.parquet",
                media_type="application/vnd.apache.parquet",
                bytes=path.stat().st_size,
                sha256=hashlib.sha256(path.read_bytes()).hexdigest(),
                tables=[name],
                rows=frame.rows,
                people=frame.spec.people,
            )
        )
    return files


def manifest(content: Content, files: Sequence[File]) -> Manifest:
    """Stand-in."""
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
    """Stand-in."""
    (folder / NAME).write_bytes(msgspec.json.format(msgspec.json.encode(made), indent=2) + b"\n")
