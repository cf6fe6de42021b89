"""Webhook sources: who sends events, and the secrets they sign with."""

from datetime import UTC, datetime
from typing import Annotated, Any

import msgspec
from litestar import Request, Response, delete, get, patch, post
from litestar.datastructures import State
from litestar.di import NamedDependency
from litestar.params import FromPath, Parameter
from sqlalchemy import Row, select

from app.api.answers import answer
from app.api.bodies import decode_body, json_body
from app.api.rotation import Rotation
from app.api.sessions import NO_STORE
from app.core.db import transaction
from app.core.errors import NotFound
from app.core.page import Sort, after, ordered, read_cursor, write_cursor
from app.crm import audit, sources
from app.crm.caller import Caller
from app.models.brand import WebhookSource

Name = Annotated[str, msgspec.Meta(min_length=1, max_length=200, pattern=r"\S")]
SENDS = ("events:write",)
"""Whoever knows a source's secret can send events."""


class SourceAnswer(msgspec.Struct, frozen=True):
    """A source without its secrets; the one before the last rotation lives `old_secret_until`."""

    source_id: str
    name: str
    created_at: datetime
    old_secret_until: datetime | None


class SourcePage(msgspec.Struct, frozen=True):
    """Sources, newest first; `next` is the cursor of the following page."""

    items: list[SourceAnswer]
    next: str | None


class SourceName(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What a source is called."""

    name: Name


class SourceSecret(msgspec.Struct, frozen=True):
    """A source's secret, shown only now; it posts to /v1/webhooks/{source_id}."""

    source_id: str
    webhook_secret: str


ORDER = [
    Sort(WebhookSource.__table__.c.created_at, datetime, descending=True),
    Sort(WebhookSource.__table__.c.source_id, str, descending=True),
]


def _answer(row: Row[Any]) -> SourceAnswer:
    until = row.old_secret_until
    live = until is not None and until > datetime.now(UTC)
    return SourceAnswer(row.source_id, row.name, row.created_at, until if live else None)


@get(
    "/v1/sources",
    summary="List webhook sources",
    operation_id="listSources",
    tags=["access"],
    opt={"scope": "admin"},
)
async def list_sources(
    caller: NamedDependency[Caller],
    state: State,
    limit: Annotated[int, Parameter(ge=1, le=200, description="Rows a page.")] = 50,
    cursor: Annotated[str | None, Parameter(description="`next` of the page before.")] = None,
) -> Response[SourcePage]:
    """List the webhook sources of the brand."""
    table = WebhookSource.__table__
    asked = select(table).where(table.c.brand_id == caller.brand_id)
    if cursor is not None:
        asked = asked.where(after(ORDER, read_cursor("sources", cursor, ORDER)))
    async with transaction(state.pool, caller.brand_id) as connection:
        found = (await connection.execute(ordered(asked, ORDER).limit(limit + 1))).all()
    rows = found[:limit]
    last = rows[-1] if len(found) > limit else None
    more = write_cursor("sources", [last.created_at, last.source_id]) if last is not None else None
    return answer(SourcePage([_answer(row) for row in rows], more))


@get(
    "/v1/sources/{source_id:str}",
    summary="Read a webhook source",
    operation_id="getSource",
    tags=["access"],
    opt={"scope": "admin"},
)
async def get_source(
    caller: NamedDependency[Caller], state: State, source_id: FromPath[str]
) -> Response[SourceAnswer]:
    """A webhook source of the brand, without its secrets."""
    async with transaction(state.pool, caller.brand_id) as connection:
        row = await sources.row(connection, caller.brand_id, source_id)
    if row is None:
        raise NotFound("webhook source")
    return answer(_answer(row))


@post(
    "/v1/sources",
    summary="Make a webhook source",
    operation_id="makeSource",
    operation_class=json_body(SourceName),
    tags=["access"],
    opt={"scope": "admin"},
)
async def make_source(
    request: Request[Any, Any, Any], caller: NamedDependency[Caller], state: State
) -> Response[SourceSecret]:
    """Make a source; its secret shows only now. The caller must be able to send events too."""
    asked = await decode_body(request, SourceName)
    caller.must_hold(SENDS)
    async with transaction(state.pool, caller.brand_id) as connection:
        source_id, secret = await sources.create(connection, caller.brand_id, asked.name)
        await audit.record(connection, caller.brand_id, caller.actor, "source.create", source_id)
    return answer(SourceSecret(source_id, secret), 201, NO_STORE)


@patch(
    "/v1/sources/{source_id:str}",
    summary="Rename a webhook source",
    operation_id="patchSource",
    operation_class=json_body(SourceName),
    tags=["access"],
    opt={"scope": "admin"},
)
async def patch_source(
    request: Request[Any, Any, Any],
    caller: NamedDependency[Caller],
    state: State,
    source_id: FromPath[str],
) -> Response[SourceAnswer]:
    """Give a source another name; its id and secrets stay."""
    asked = await decode_body(request, SourceName)
    async with transaction(state.pool, caller.brand_id) as connection:
        before = await sources.rename(connection, caller.brand_id, source_id, asked.name)
        row = await sources.row(connection, caller.brand_id, source_id)
        if before is None or row is None:
            raise NotFound("webhook source")
        if before != asked.name:
            detail = {"name": {"before": before, "after": asked.name}}
            await audit.record(
                connection, caller.brand_id, caller.actor, "source.change", source_id, detail
            )
    return answer(_answer(row))


@post(
    "/v1/sources/{source_id:str}/rotate",
    summary="Give a webhook source a new secret",
    operation_id="rotateSource",
    operation_class=json_body(Rotation, required=False),
    tags=["access"],
    opt={"scope": "admin"},
)
async def rotate_source(
    request: Request[Any, Any, Any],
    caller: NamedDependency[Caller],
    state: State,
    source_id: FromPath[str],
) -> Response[SourceSecret]:
    """Make a new secret; the old one stays live for the overlap, the one before it ends."""
    asked = await decode_body(request, Rotation, empty=Rotation())
    caller.must_hold(SENDS)
    async with transaction(state.pool, caller.brand_id) as connection:
        secret = await sources.rotate(connection, caller.brand_id, source_id, asked.hours)
        if secret is None:
            raise NotFound("webhook source")
        await audit.record(
            connection,
            caller.brand_id,
            caller.actor,
            "source.rotate",
            source_id,
            {"overlap_hours": asked.hours},
        )
    return answer(SourceSecret(source_id, secret), 201, NO_STORE)


@delete(
    "/v1/sources/{source_id:str}",
    summary="Remove a webhook source",
    operation_id="removeSource",
    tags=["access"],
    opt={"scope": "admin"},
)
async def remove_source(
    caller: NamedDependency[Caller], state: State, source_id: FromPath[str]
) -> None:
    """Remove a source, at once: what it sends answers 404. Its events stay."""
    async with transaction(state.pool, caller.brand_id) as connection:
        if not await sources.remove(connection, caller.brand_id, source_id):
            raise NotFound("webhook source")
        await audit.record(connection, caller.brand_id, caller.actor, "source.remove", source_id)
