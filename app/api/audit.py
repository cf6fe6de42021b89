"""The audit log: who did what that somebody may have to answer for."""

from datetime import datetime
from typing import Annotated, Any

import msgspec
from litestar import Response, get
from litestar.datastructures import State
from litestar.di import NamedDependency
from litestar.params import Parameter
from sqlalchemy import Text, cast, select, tuple_

from app.api.answers import answer
from app.core.db import transaction
from app.core.moments import instant
from app.core.page import Sort, ordered, read_cursor, write_cursor
from app.crm.caller import Caller
from app.models.audit import AuditEntry


class AuditItem(msgspec.Struct, frozen=True):
    """An entry; `hash` is hexadecimal, and covers the hash of the entry before."""

    seq: int
    at: datetime
    actor: str
    action: str
    subject: str
    detail: dict[str, Any]
    hash: str


class AuditPage(msgspec.Struct, frozen=True):
    """Entries, newest first; `next` is the cursor of the following page."""

    items: list[AuditItem]
    next: str | None


ENTRY = AuditEntry.__table__.c
ORDER = [Sort(ENTRY.at, datetime, descending=True), Sort(ENTRY.seq, int, descending=True)]


@get(
    "/v1/audit",
    summary="Read the audit log",
    operation_id="listAudit",
    tags=["access"],
    opt={"scope": "admin"},
)
async def list_audit(
    caller: NamedDependency[Caller],
    state: State,
    actor: Annotated[
        str | None, Parameter(description="Only by this one: key:…, operator:…, cli, system.")
    ] = None,
    action: Annotated[
        str | None, Parameter(description="Only these actions, as key.create.")
    ] = None,
    since: Annotated[str | None, Parameter(description="Only from this instant on.")] = None,
    until: Annotated[str | None, Parameter(description="Only before this instant.")] = None,
    limit: Annotated[int, Parameter(ge=1, le=200, description="Rows a page.")] = 50,
    cursor: Annotated[str | None, Parameter(description="`next` of the page before.")] = None,
) -> Response[AuditPage]:
    """List what was done in the brand, by whom and when, newest first."""
    asked = select(
        ENTRY.seq,
        ENTRY.at,
        ENTRY.actor,
        ENTRY.action,
        ENTRY.subject,
        cast(ENTRY.detail, Text).label("detail"),
        ENTRY.hash,
    ).where(ENTRY.brand_id == caller.brand_id)
    if actor is not None:
        asked = asked.where(ENTRY.actor == actor)
    if action is not None:
        asked = asked.where(ENTRY.action == action)
    if since is not None:
        asked = asked.where(ENTRY.at >= instant("since", since))
    if until is not None:
        asked = asked.where(ENTRY.at < instant("until", until))
    if cursor is not None:
        at, seq = read_cursor("audit", cursor, ORDER)
        asked = asked.where(tuple_(ENTRY.at, ENTRY.seq) < tuple_(at, seq))
    async with transaction(state.pool, caller.brand_id) as connection:
        found = (await connection.execute(ordered(asked, ORDER).limit(limit + 1))).all()
    items = [
        AuditItem(
            seq=row.seq,
            at=row.at,
            actor=row.actor,
            action=row.action,
            subject=row.subject,
            detail=msgspec.json.decode(row.detail),
            hash=row.hash.hex(),
        )
        for row in found[:limit]
    ]
    more = write_cursor("audit", [items[-1].at, items[-1].seq]) if len(found) > limit else None
    return answer(AuditPage(items, more))
