"""Runs of exports: asking for one, reading how far it is, and cancelling it."""

from datetime import date, datetime
from typing import Any, Literal
from zoneinfo import ZoneInfo

import msgspec
from sqlalchemy import Row, text
from sqlalchemy.ext.asyncio import AsyncConnection

from app.core.errors import Problem
from app.core.sql import sql
from app.crm import brands
from app.crm.tokens import random_text
from app.exports.asked import FORMATS, Asked, Kind
from app.exports.manifest import Manifest
from app.exports.weeks import Week, scheduled
from app.metrics.words import Language

State = Literal["queued", "running", "done", "unchanged", "failed", "cancelled"]
OVER: tuple[State, ...] = ("done", "unchanged", "failed", "cancelled")

FIELDS = (
    "export_id, kind, week, revision, first_day, end_day, as_of, language, asked, state, step,"
    " percent, rows_written, previous_id, moved, manifest, prefix, created_at, created_by,"
    " scheduled_for, started_at, finished_at, expires_at, removed_at, removed_why, code, detail"
)


class Queued(msgspec.Struct, frozen=True):
    """A run that was asked for; `joined`: somebody had asked for the same one before."""

    export_id: str
    joined: bool


class Found(msgspec.Struct, frozen=True):
    """A run as its row says; `manifest` is there once its files are, and `prefix` where they lie.

    `week` and `revision` are of weekly ones; `previous_id` is the revision before. `moved` sums up
    what moved since. `code` and `detail` say why it failed.
    """

    export_id: str
    kind: Kind
    week: str | None
    revision: int | None
    first_day: date | None
    end_day: date | None
    as_of: datetime
    language: Language
    asked: Asked
    state: State
    step: str | None
    percent: int
    rows: int
    previous_id: str | None
    moved: dict[str, Any] | None
    manifest: Manifest | None
    prefix: str | None
    created_at: datetime
    created_by: str
    scheduled_for: datetime | None
    started_at: datetime | None
    finished_at: datetime | None
    expires_at: datetime | None
    removed_at: datetime | None
    removed_why: str | None
    code: str | None
    detail: str | None


def shown(row: Row[Any]) -> Found:
    """A run as its row says."""
    given = dict(row._mapping)
    manifest, asked = given.pop("manifest"), given.pop("asked")
    return Found(
        **{name: given[name] for name in Found.__struct_fields__ if name in given},
        rows=given["rows_written"],
        asked=msgspec.convert(asked, Asked),
        manifest=None if manifest is None else msgspec.convert(manifest, Manifest),
    )


async def find(connection: AsyncConnection, brand_id: int, export_id: str) -> Found | None:
    """A run by its id."""
    found = await connection.execute(
        text(f"SELECT {FIELDS} FROM export WHERE brand_id = :brand AND export_id = :id"),
        {"brand": brand_id, "id": export_id},
    )
    row = found.one_or_none()
    return None if row is None else shown(row)


async def newest(connection: AsyncConnection, brand_id: int, week: str) -> Found | None:
    """The newest finished revision of a week."""
    found = await connection.execute(
        text(
            f"SELECT {FIELDS} FROM export WHERE brand_id = :brand AND kind = 'weekly'"
            " AND week = :week AND state = 'done' ORDER BY revision DESC LIMIT 1"
        ),
        {"brand": brand_id, "week": week},
    )
    row = found.one_or_none()
    return None if row is None else shown(row)


async def queue_week(
    connection: AsyncConnection,
    brand_id: int,
    week: Week,
    actor: str,
    *,
    language: Language | None = None,
    asked: Asked | None = None,
    by_the_clock: bool = False,
) -> Queued:
    """Ask for the next revision of a week, or join who has asked for it already.

    The Parquet files are always among those written: the revision after is compared with them.

    Raises:
        Problem: 409 where the week is not over, or its export is not due yet.
    """
    brand = await brands.get(connection, brand_id)
    before = await newest(connection, brand_id, week.name)
    as_of = before.as_of if before else due_at(brand, week)
    if before is None:
        await _must_have_come(connection, brand.zone, week, as_of)
    asked = asked or Asked()
    formats = tuple(each for each in FORMATS if each in (*asked.formats, "parquet"))
    given = {
        "brand": brand_id,
        "week": week.name,
        "first_day": week.first_day,
        "end_day": week.end_day,
        "as_of": as_of,
        "language": language or brand.export_language,
        "asked": _stored(msgspec.structs.replace(asked, formats=formats)),
        "actor": actor,
        "scheduled_for": due_at(brand, week) if by_the_clock else None,
    }
    while True:
        made = await connection.scalar(sql("exports", "queue_week"), given | {"id": _new_id()})
        if made is not None:
            return Queued(made, joined=False)
        # The clock notes that it has asked for the week, whoever was before it.
        joined = await connection.scalar(
            text(
                "UPDATE export SET scheduled_for ="
                " coalesce(scheduled_for, CAST(:scheduled_for AS timestamptz))"
                " WHERE brand_id = :brand AND kind = 'weekly' AND week = :week"
                " AND state IN ('queued', 'running') RETURNING export_id"
            ),
            given,
        )
        if joined is not None:
            return Queued(joined, joined=True)


def due_at(brand: brands.Brand, week: Week) -> datetime:
    """When a week is exported by the brand's settings of now."""
    return scheduled(brand.zone, week.end_day, brand.export_weekday, brand.export_time)


async def _must_have_come(
    connection: AsyncConnection, zone: ZoneInfo, week: Week, as_of: datetime
) -> None:
    now = (await connection.execute(text("SELECT clock_timestamp()"))).scalar_one()
    if as_of <= now:
        return
    local = as_of.astimezone(zone).isoformat(timespec="minutes")
    over = now.astimezone(zone).date() >= week.end_day
    raise Problem(
        409,
        "not_yet" if over else "week_not_over",
        f"{week.name} {'is over, but its files are' if over else 'is not over; its files will be'}"
        f" made at {local}.",
        field="/week",
        members={"scheduled_for": as_of.isoformat().replace("+00:00", "Z")},
    )


async def queue(
    connection: AsyncConnection,
    brand_id: int,
    kind: Kind,
    actor: str,
    asked: Asked,
    language: Language,
    *,
    first_day: date | None = None,
    end_day: date | None = None,
    as_of: datetime | None = None,
) -> Queued:
    """Ask for an export of a window, a list or a segment; as of now where no instant is given."""
    export_id = _new_id()
    await connection.execute(
        text(
            "INSERT INTO export (brand_id, export_id, kind, first_day, end_day, as_of, language,"
            " asked, state, created_by) VALUES (:brand, :id, :kind, :first_day, :end_day,"
            " coalesce(CAST(:as_of AS timestamptz), clock_timestamp()), :language,"
            " CAST(:asked AS jsonb), 'queued', :actor)"
        ),
        {
            "brand": brand_id,
            "id": export_id,
            "kind": kind,
            "first_day": first_day,
            "end_day": end_day,
            "as_of": as_of,
            "language": language,
            "asked": _stored(asked),
            "actor": actor,
        },
    )
    return Queued(export_id, joined=False)


async def cancel(connection: AsyncConnection, brand_id: int, export_id: str) -> None:
    """Stop a run that is not over; whoever has it in hand notices, and leaves no file."""
    await connection.execute(
        text(
            "UPDATE export SET state = 'cancelled', revision = NULL, step = NULL, holder = NULL,"
            " leased_until = NULL, finished_at = clock_timestamp()"
            " WHERE brand_id = :brand AND export_id = :id AND state IN ('queued', 'running')"
        ),
        {"brand": brand_id, "id": export_id},
    )


def prefix_of(brand_id: int, export_id: str, week: str | None, revision: int | None) -> str:
    """Where in the store the files of a run lie."""
    if week is not None and revision is not None:
        return f"{brand_id}/{week}/r{revision}"
    return f"{brand_id}/{export_id}"


def _new_id() -> str:
    return "exp_" + random_text(16, "abcdefghijkmnpqrstuvwxyz23456789")


def _stored(asked: Asked) -> str:
    return msgspec.json.encode(asked).decode()
