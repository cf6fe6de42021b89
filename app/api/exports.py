"""Exports: asking for files, and how far they are."""

from datetime import datetime
from typing import Annotated, Any

import msgspec
from litestar import Request, Response, get, post
from litestar.datastructures import State as AppState
from litestar.di import NamedDependency
from litestar.params import FromPath, Parameter
from sqlalchemy import select

from app.api.answers import answer
from app.api.bodies import decode_body, json_body
from app.api.params import Cursor, Limit
from app.core import page
from app.core.db import transaction
from app.core.errors import BadParameter, NotFound, Problem
from app.core.page import Sort
from app.crm.audit import record
from app.crm.caller import Caller
from app.exports import runs
from app.exports.asked import Format, Kind, ListName
from app.exports.asking import ExportBody, ask
from app.exports.runs import Found, State
from app.exports.weeks import parse_week
from app.ingest.text import storable
from app.metrics.words import Language
from app.models.exports import Export

NEWEST = (
    Sort(Export.created_at.expression, datetime, descending=True),
    Sort(Export.export_id.expression, str, descending=True),
)


class ExportFile(msgspec.Struct, frozen=True):
    """A file; `sha256` is in hexadecimal. One that was removed has no `url`, and why."""

    name: str
    media_type: str
    bytes: int
    sha256: str
    rows: int
    url: str | None
    removed_why: str | None


class ExportAnswer(msgspec.Struct, frozen=True, kw_only=True):
    """An export and how far it is.

    `state`: `unchanged` is a run of a week of which nothing has moved since the export `previous`;
    it has no files. `revision` is of a week's; `previous` is the one before it, and `moved` sums
    up what moved since. `step` is what is being done; `waiting`: for events to be counted.
    `start` and `end` (excluded) are local dates. `code` and `detail` say why it failed.
    """

    id: str
    kind: Kind
    state: State
    step: str | None
    percent: int
    week: str | None
    revision: int | None
    previous: str | None
    start: str | None
    end: str | None
    as_of: datetime
    list_name: ListName | None = msgspec.field(name="list")
    filters: dict[str, Any]
    segment_id: str | None
    language: Language
    formats: tuple[Format, ...]
    everything: bool
    reveal: bool
    rows: int
    moved: dict[str, Any] | None
    files: list[ExportFile]
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


class ExportPage(msgspec.Struct, frozen=True):
    """Exports, newest first; `next` is the cursor of the following page."""

    items: list[ExportAnswer]
    next: str | None


class CancelExportBody(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Nothing needs to be said."""


def told(found: Found, public_url: str | None) -> ExportAnswer:
    """A run as it is answered."""
    made = found.manifest if found.state == "done" else None
    here = f"{(public_url or '').rstrip('/')}/v1/exports/{found.export_id}/files/"
    files = []
    for file in made.files if made else ():
        why = found.removed_why if found.removed_at else file.removed_why
        url = None if why else here + file.name
        files.append(
            ExportFile(file.name, file.media_type, file.bytes, file.sha256, file.rows, url, why)
        )
    asked = found.asked
    return ExportAnswer(
        id=found.export_id,
        kind=found.kind,
        state=found.state,
        step=found.step,
        percent=found.percent,
        week=found.week,
        revision=found.revision,
        previous=found.previous_id,
        start=found.first_day.isoformat() if found.first_day else None,
        end=found.end_day.isoformat() if found.end_day else None,
        as_of=found.as_of,
        list_name=asked.list,
        filters=asked.filters,
        segment_id=asked.segment_id,
        language=found.language,
        formats=asked.formats,
        everything=asked.everything,
        reveal=asked.reveal,
        rows=found.rows,
        moved=found.moved,
        files=files,
        created_at=found.created_at,
        created_by=found.created_by,
        scheduled_for=found.scheduled_for,
        started_at=found.started_at,
        finished_at=found.finished_at,
        expires_at=found.expires_at,
        removed_at=found.removed_at,
        removed_why=found.removed_why,
        code=found.code,
        detail=found.detail,
    )


@post(
    "/v1/exports",
    summary="Ask for an export",
    operation_id="makeExport",
    operation_class=json_body(ExportBody),
    tags=["exports"],
    opt={"scope": "export", "problems": [404, 409]},
    status_code=202,
)
async def make_export(
    request: Request[Any, Any, Any], caller: NamedDependency[Caller], state: AppState
) -> Response[ExportAnswer]:
    """Queue it; a worker writes it. Who asks for a week that is being written gets that one."""
    body = await decode_body(request, ExportBody)
    if body.reveal and "pii:read" not in caller.scopes:
        raise Problem(403, "forbidden", "To reveal phones needs the scope pii:read.")
    async with transaction(state.pool, caller.brand_id) as connection:
        made = await ask(connection, caller.brand_id, body, caller.actor)
        found = await runs.find(connection, caller.brand_id, made.export_id)
    assert found is not None
    location = {"Location": f"/v1/exports/{made.export_id}"}
    return answer(told(found, state.public_url), 202, location)


@get(
    "/v1/exports",
    summary="List exports",
    operation_id="listExports",
    tags=["exports"],
    opt={"scope": "read"},
)
async def list_exports(
    caller: NamedDependency[Caller],
    state: AppState,
    kind: Annotated[Kind | None, Parameter(description="Only of this kind.")] = None,
    week: Annotated[
        str | None, Parameter(description="Only of this ISO week, as 2026-W46.")
    ] = None,
    in_state: Annotated[
        State | None, Parameter(query="state", description="Only those in this state.")
    ] = None,
    limit: Limit = 50,
    cursor: Cursor = None,
) -> Response[ExportPage]:
    """Exports, the newest first, those that failed or were cancelled among them."""
    asked = select(Export.__table__).where(Export.brand_id == caller.brand_id)
    if kind is not None:
        asked = asked.where(Export.kind == kind)
    if week is not None:
        try:
            asked = asked.where(Export.week == parse_week(week).name)
        except ValueError as error:
            raise BadParameter("week", str(error)) from None
    if in_state is not None:
        asked = asked.where(Export.state == in_state)
    if cursor is not None:
        asked = asked.where(page.after(NEWEST, page.read_cursor("exports", cursor, NEWEST)))
    async with transaction(state.pool, caller.brand_id) as connection:
        rows = (await connection.execute(page.ordered(asked, NEWEST).limit(limit + 1))).all()
    items = [told(runs.shown(row), state.public_url) for row in rows[:limit]]
    last = rows[limit - 1] if len(rows) > limit else None
    following = (
        None if last is None else page.write_cursor("exports", [last.created_at, last.export_id])
    )
    return answer(ExportPage(items, following))


@get(
    "/v1/exports/{export_id:str}",
    summary="Read an export",
    operation_id="getExport",
    tags=["exports"],
    opt={"scope": "read"},
)
async def get_export(
    caller: NamedDependency[Caller], state: AppState, export_id: FromPath[str]
) -> Response[ExportAnswer]:
    """How far an export is, and its files."""
    return answer(told(await find_export(state, caller, export_id), state.public_url))


@post(
    "/v1/exports/{export_id:str}/cancel",
    summary="Cancel an export",
    operation_id="cancelExport",
    operation_class=json_body(CancelExportBody, required=False),
    tags=["exports"],
    opt={"scope": "export", "problems": [409]},
    status_code=200,
)
async def cancel_export(
    request: Request[Any, Any, Any],
    caller: NamedDependency[Caller],
    state: AppState,
    export_id: FromPath[str],
) -> Response[ExportAnswer]:
    """Stop it; no file of it stays. One that is cancelled already stays so."""
    await decode_body(request, CancelExportBody, empty=CancelExportBody())
    before = await find_export(state, caller, export_id)
    async with transaction(state.pool, caller.brand_id) as connection:
        await runs.cancel(connection, caller.brand_id, export_id)
        found = await runs.find(connection, caller.brand_id, export_id)
        assert found is not None
        if found.state == "cancelled" and before.state != "cancelled":
            await record(connection, caller.brand_id, caller.actor, "export.cancel", export_id)
    if found.state != "cancelled":
        raise Problem(409, "export_over", f"The export is {found.state}.")
    return answer(told(found, state.public_url))


async def find_export(state: AppState, caller: Caller, export_id: str) -> Found:
    """A run of the caller's brand.

    Raises:
        NotFound: where there is none.
    """
    if not storable(export_id):
        raise NotFound("export")
    async with transaction(state.pool, caller.brand_id) as connection:
        found = await runs.find(connection, caller.brand_id, export_id)
    if found is None:
        raise NotFound("export")
    return found
