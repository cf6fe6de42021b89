"""Imports: a CSV or XLSX file in, and what became of its rows."""

from datetime import UTC, datetime, timedelta
from typing import Annotated, Any
from zoneinfo import available_timezones

import msgspec
from litestar import Request, Response, get, post
from litestar.datastructures import State
from litestar.di import NamedDependency
from litestar.openapi.spec import Example
from litestar.params import FromPath, Parameter
from sqlalchemy import select

from app.api.answers import answer
from app.api.bodies import decode_body, json_body
from app.api.uploads import FileOperation, format_of, upload
from app.core import page
from app.core.db import transaction
from app.core.errors import BadParameter, NotFound, Problem
from app.core.moments import instant
from app.core.page import Sort
from app.crm import brands
from app.crm.audit import record
from app.crm.caller import Caller
from app.ingest.text import storable
from app.models.sheets import SheetImport, SheetProblem
from app.sheets import imports
from app.sheets.asked import Asked, Encoding, SheetKind, Unit
from app.sheets.imports import Import, shown

FUTURE = timedelta(minutes=5)
NEWEST = (
    Sort(SheetImport.created_at.expression, datetime, descending=True),
    Sort(SheetImport.import_id.expression, str, descending=True),
)
BY_ROW = (
    Sort(SheetProblem.row_no.expression, int),
    Sort(SheetProblem.n.expression, int),
)

Limit = Annotated[int, Parameter(ge=1, le=page.MOST, description="Rows of the page.")]
Cursor = Annotated[str | None, Parameter(description="`next` of the page before.")]


class ImportPage(msgspec.Struct, frozen=True):
    """Imports, newest first; `next` is the cursor of the following page."""

    items: list[Import]
    next: str | None


class ImportProblem(msgspec.Struct, frozen=True):
    """What was wrong with a row, counted as a spreadsheet does: the headers are in row 1.

    A warning did not keep the row out. `value` is left out where it is personal.
    """

    row: int
    header: str | None
    code: str
    detail: str
    value: str | None
    warning: bool


class ImportProblemPage(msgspec.Struct, frozen=True):
    """Problems by row; `next` is the cursor of the following page."""

    items: list[ImportProblem]
    next: str | None


class CancelBody(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Nothing needs to be said."""


@post(
    "/v1/imports",
    summary="Import a CSV or XLSX file",
    operation_id="postImport",
    operation_class=FileOperation,
    tags=["imports"],
    opt={"scope": "write"},
    status_code=202,
)
async def post_import(
    request: Request[Any, Any, Any],
    caller: NamedDependency[Caller],
    state: State,
    kind: Annotated[SheetKind, Parameter(description="What a row is.")],
    amounts: Annotated[
        Unit | None,
        Parameter(
            description="Unit of the amounts, required for orders: fen is the currency's minor "
            "unit, yuan its major one."
        ),
    ] = None,
    encoding: Annotated[
        Encoding,
        Parameter(
            description="Of a CSV file. auto: UTF-8 where all of it is valid UTF-8, else GB18030 "
            "where all of it is valid in that; the import says which."
        ),
    ] = "auto",
    timezone: Annotated[
        str | None,
        Parameter(
            description="IANA time zone of local times; the brand's where left out.",
            examples=[Example(value="Asia/Shanghai")],
        ),
    ] = None,
    as_of: Annotated[
        str | None,
        Parameter(
            description="Instant (RFC 3339 with offset) that stands for the time of what rows say "
            "without a time; that of the upload where left out.",
            examples=[Example(value="2026-11-01T00:00:00+08:00")],
        ),
    ] = None,
    dry_run: Annotated[bool, Parameter(description="Report only; nothing is taken in.")] = False,
    name: Annotated[
        str | None, Parameter(max_length=200, description="A name to know the import by.")
    ] = None,
    header: Annotated[
        list[str] | None,
        Parameter(
            max_items=200,
            description="A header of the file and the column that it names, with = between them; "
            "may be repeated.",
            examples=[Example(value=["客户编号=member_id"])],
        ),
    ] = None,
) -> Response[Import]:
    """Store the file and queue it; a worker reads it. Needs the scope events:write as well."""
    if "events:write" not in caller.scopes:
        raise Problem(403, "forbidden", "The API key lacks the scope events:write.")
    now = datetime.now(UTC)
    async with transaction(state.pool, caller.brand_id) as connection:
        brand = await brands.get(connection, caller.brand_id)
    asked = Asked(
        kind=kind,
        format=format_of(request),
        currency=brand.currency,
        timezone=_timezone(timezone) or brand.timezone,
        as_of=now if as_of is None else _as_of(as_of, now),
        encoding=encoding,
        amounts=amounts,
        dry_run=dry_run,
        headers=_headers(header or []),
    )
    if kind == "orders" and amounts is None:
        raise BadParameter("amounts", "is required for orders: fen or yuan")
    if name is not None and not storable(name):
        raise BadParameter("name", "holds a NUL or a lone surrogate")
    import_id = await upload(request, state.pool, caller, asked, name, state.import_bytes)
    async with transaction(state.pool, caller.brand_id) as connection:
        await imports.queue(connection, caller.brand_id, import_id)
        if not dry_run:
            await record(
                connection, caller.brand_id, caller.actor, "import.start", import_id, {"kind": kind}
            )
        made = await imports.find(connection, caller.brand_id, import_id)
    assert made is not None
    return answer(made, 202, {"Location": f"/v1/imports/{import_id}"})


@get(
    "/v1/imports",
    summary="List imports",
    operation_id="listImports",
    tags=["imports"],
    opt={"scope": "read"},
)
async def list_imports(
    caller: NamedDependency[Caller], state: State, limit: Limit = 50, cursor: Cursor = None
) -> Response[ImportPage]:
    """Imports, the newest first."""
    asked = select(SheetImport.__table__).where(SheetImport.brand_id == caller.brand_id)
    if cursor is not None:
        asked = asked.where(page.after(NEWEST, page.read_cursor("imports", cursor, NEWEST)))
    async with transaction(state.pool, caller.brand_id) as connection:
        found = await connection.execute(page.ordered(asked, NEWEST).limit(limit + 1))
        rows = found.all()
    last = rows[limit - 1] if len(rows) > limit else None
    following = (
        None if last is None else page.write_cursor("imports", [last.created_at, last.import_id])
    )
    return answer(ImportPage([shown(row) for row in rows[:limit]], following))


@get(
    "/v1/imports/{import_id:str}",
    summary="Get an import",
    operation_id="getImport",
    tags=["imports"],
    opt={"scope": "read"},
)
async def get_import(
    caller: NamedDependency[Caller], state: State, import_id: FromPath[str]
) -> Response[Import]:
    """How far an import is, and what became of its rows."""
    return answer(await _found(state, caller, import_id))


@get(
    "/v1/imports/{import_id:str}/problems",
    summary="List what was wrong with the rows of an import",
    operation_id="listImportProblems",
    tags=["imports"],
    opt={"scope": "read"},
)
async def list_import_problems(
    caller: NamedDependency[Caller],
    state: State,
    import_id: FromPath[str],
    limit: Limit = 50,
    cursor: Cursor = None,
) -> Response[ImportProblemPage]:
    """The first 10,000 problems by row, kept 90 days; the import counts all of them by code."""
    asked = select(SheetProblem.__table__).where(
        SheetProblem.brand_id == caller.brand_id, SheetProblem.import_id == import_id
    )
    if cursor is not None:
        asked = asked.where(page.after(BY_ROW, page.read_cursor("problems", cursor, BY_ROW)))
    await _found(state, caller, import_id)
    async with transaction(state.pool, caller.brand_id) as connection:
        found = await connection.execute(page.ordered(asked, BY_ROW).limit(limit + 1))
        rows = found.all()
    items = [
        ImportProblem(each.row_no, each.header, each.code, each.detail, each.value, each.warning)
        for each in rows[:limit]
    ]
    last = rows[limit - 1] if len(rows) > limit else None
    following = None if last is None else page.write_cursor("problems", [last.row_no, last.n])
    return answer(ImportProblemPage(items, following))


@post(
    "/v1/imports/{import_id:str}/cancel",
    summary="Cancel an import",
    operation_id="cancelImport",
    operation_class=json_body(CancelBody, required=False),
    tags=["imports"],
    opt={"scope": "write", "problems": [409]},
    status_code=200,
)
async def cancel_import(
    request: Request[Any, Any, Any],
    caller: NamedDependency[Caller],
    state: State,
    import_id: FromPath[str],
) -> Response[Import]:
    """Stop it; the rows that were taken in stay. One that is cancelled already stays so."""
    await decode_body(request, CancelBody, empty=CancelBody())
    await _found(state, caller, import_id)
    async with transaction(state.pool, caller.brand_id) as connection:
        await imports.cancel(connection, caller.brand_id, import_id)
        found = await imports.find(connection, caller.brand_id, import_id)
    assert found is not None
    if found.state != "cancelled":
        raise Problem(409, "import_over", f"The import is {found.state}.")
    return answer(found)


async def _found(state: State, caller: Caller, import_id: str) -> Import:
    if not storable(import_id):
        raise NotFound("import")
    async with transaction(state.pool, caller.brand_id) as connection:
        found = await imports.find(connection, caller.brand_id, import_id)
    if found is None:
        raise NotFound("import")
    return found


def _timezone(given: str | None) -> str | None:
    if given is not None and given not in available_timezones():
        raise BadParameter("timezone", "is no time zone of the IANA database, as Asia/Shanghai")
    return given


def _as_of(given: str, now: datetime) -> datetime:
    at = instant("as_of", given)
    if at > now + FUTURE or at.year < 2000:
        raise BadParameter("as_of", "must lie between 2000 and now")
    return at


def _headers(given: list[str]) -> dict[str, str]:
    headers: dict[str, str] = {}
    for each in given:
        header, equals, column = each.rpartition("=")
        if not equals or not header.strip() or not column.strip() or not storable(each):
            raise BadParameter("header", "must be a header, =, and a column, as 客户编号=member_id")
        headers[header.strip()] = column.strip()
    return headers
