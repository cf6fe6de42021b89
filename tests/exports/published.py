"""Exports that are done, with files of a test's own."""

import asyncio
import hashlib
import tempfile
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import msgspec

from app.crm.tokens import random_id
from app.exports.manifest import NAME, File, Manifest
from app.exports.store import Store, open_store
from tests.make import Brand, Service

MEDIA = {"csv": "text/csv; charset=utf-8", "parquet": "application/vnd.apache.parquet"}


def store_of(service: Service) -> Store:
    """Where the service has its files."""
    return open_store(service.settings)


def entry(name: str, content: bytes, *, people: bool) -> File:
    """A file as the manifest tells of it."""
    return File(
        name=name,
        media_type=MEDIA.get(name.rpartition(".")[2], "application/octet-stream"),
        bytes=len(content),
        sha256=hashlib.sha256(content).hexdigest(),
        tables=[Path(name).stem],
        rows=1,
        people=people,
    )


def publish(
    service: Service,
    brand: Brand,
    files: dict[str, bytes],
    *,
    people: frozenset[str] = frozenset(),
    week: str | None = None,
    revision: int | None = None,
    finished_at: datetime | None = None,
    **asked: Any,
) -> str:
    """A finished export with these files, of which some name people; gives its id."""
    export_id = random_id(12)
    prefix = f"{brand.brand_id}/{week}/r{revision}" if week else f"{brand.brand_id}/{export_id}"
    entries = [entry(name, content, people=name in people) for name, content in files.items()]
    now = datetime.now(UTC)
    manifest = msgspec.to_builtins(
        Manifest(
            export_id=export_id,
            kind="weekly" if week else "window",
            week=week,
            revision=revision,
            start=None,
            end=None,
            timezone="Asia/Shanghai",
            currency="CNY",
            as_of=now,
            read_at=now,
            rule_version=1,
            language="zh-CN",
            settings={},
            rows={},
            sums={},
            files=entries,
        )
    )
    with tempfile.TemporaryDirectory() as folder:
        for name, content in [*files.items(), (NAME, msgspec.json.encode(manifest))]:
            (Path(folder) / name).parent.mkdir(parents=True, exist_ok=True)
            (Path(folder) / name).write_bytes(content)
        asyncio.run(store_of(service).publish(Path(folder), prefix, [*files, NAME]))
    service.sql(
        "INSERT INTO export (brand_id, export_id, kind, week, revision, as_of, language, asked,"
        " state, created_by, finished_at, prefix, manifest, lists_people, attempts)"
        " VALUES (:b, :id, :kind, :week, :revision, now(), 'zh-CN', CAST(:asked AS jsonb), 'done',"
        " 'cli', :at, :prefix, CAST(:manifest AS jsonb), :people, 1)",
        b=brand.brand_id,
        id=export_id,
        kind="weekly" if week else "window",
        week=week,
        revision=revision,
        asked=msgspec.json.encode(asked).decode(),
        at=finished_at or datetime.now(UTC),
        prefix=prefix,
        manifest=msgspec.json.encode(manifest).decode(),
        people=bool(people),
    )
    return export_id
