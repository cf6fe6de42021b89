"""API keys: what programs speak with."""

from datetime import UTC, datetime
from typing import Annotated, Any

import msgspec
from litestar import Request, Response, delete, get, post
from litestar.datastructures import State
from litestar.di import NamedDependency
from litestar.params import FromPath, Parameter
from sqlalchemy import Row, select
from sqlalchemy.ext.asyncio import AsyncConnection

from app.api.answers import answer
from app.api.bodies import decode_body, json_body
from app.api.rotation import Rotation
from app.api.sessions import NO_STORE
from app.core.db import transaction
from app.core.errors import NotFound, Problem
from app.core.page import Sort, after, ordered, read_cursor, write_cursor
from app.crm import audit, keys
from app.crm.caller import Caller, Scope
from app.models.brand import ApiKey


class KeyAnswer(msgspec.Struct, frozen=True):
    """A key without its secret. `replaces` is the key whose successor it is."""

    key_id: str
    name: str
    scopes: list[Scope]
    live: bool
    created_at: datetime
    created_by: str | None
    expires_at: datetime | None
    last_used_at: datetime | None
    revoked_at: datetime | None
    replaces: str | None


class KeyPage(msgspec.Struct, frozen=True):
    """Keys, newest first; `next` is the cursor of the following page."""

    items: list[KeyAnswer]
    next: str | None


class NewKey(msgspec.Struct, frozen=True, omit_defaults=True, forbid_unknown_fields=True):
    """A key to be; without `expires_in_days` it lives until it is revoked."""

    name: Annotated[str, msgspec.Meta(min_length=1, max_length=200, pattern=r"\S")]
    scopes: Annotated[list[Scope], msgspec.Meta(min_length=1, max_length=20)]
    expires_in_days: Annotated[int, msgspec.Meta(ge=1, le=3650)] | msgspec.UnsetType = msgspec.UNSET


class KeySecret(msgspec.Struct, frozen=True):
    """A new key, shown only now."""

    api_key: str
    key: KeyAnswer


ORDER = [
    Sort(ApiKey.__table__.c.created_at, datetime, descending=True),
    Sort(ApiKey.__table__.c.key_id, str, descending=True),
]


def _answer(row: Row[Any]) -> KeyAnswer:
    expired = row.expires_at is not None and row.expires_at <= datetime.now(UTC)
    return KeyAnswer(
        key_id=row.key_id,
        name=row.name,
        scopes=row.scopes,
        live=row.revoked_at is None and not expired,
        created_at=row.created_at,
        created_by=row.created_by,
        expires_at=row.expires_at,
        last_used_at=row.last_used_at,
        revoked_at=row.revoked_at,
        replaces=row.replaces,
    )


@get(
    "/v1/keys",
    summary="List API keys",
    operation_id="listKeys",
    tags=["access"],
    opt={"scope": "admin"},
)
async def list_keys(
    caller: NamedDependency[Caller],
    state: State,
    limit: Annotated[int, Parameter(ge=1, le=200, description="Rows a page.")] = 50,
    cursor: Annotated[str | None, Parameter(description="`next` of the page before.")] = None,
) -> Response[KeyPage]:
    """List the keys of the brand, also those that are over."""
    table = ApiKey.__table__
    asked = select(table).where(table.c.brand_id == caller.brand_id)
    if cursor is not None:
        asked = asked.where(after(ORDER, read_cursor("keys", cursor, ORDER)))
    async with transaction(state.pool, caller.brand_id) as connection:
        found = (await connection.execute(ordered(asked, ORDER).limit(limit + 1))).all()
    rows = found[:limit]
    last = rows[-1] if len(found) > limit else None
    more = write_cursor("keys", [last.created_at, last.key_id]) if last is not None else None
    return answer(KeyPage([_answer(row) for row in rows], more))


@get(
    "/v1/keys/{key_id:str}",
    summary="Read an API key",
    operation_id="getKey",
    tags=["access"],
    opt={"scope": "admin"},
)
async def get_key(
    caller: NamedDependency[Caller], state: State, key_id: FromPath[str]
) -> Response[KeyAnswer]:
    """A key of the brand, without its secret."""
    async with transaction(state.pool, caller.brand_id) as connection:
        row = await _find(connection, caller, key_id)
    return answer(_answer(row))


@post(
    "/v1/keys",
    summary="Make an API key",
    operation_id="makeKey",
    operation_class=json_body(NewKey),
    tags=["access"],
    opt={"scope": "admin"},
)
async def make_key(
    request: Request[Any, Any, Any], caller: NamedDependency[Caller], state: State
) -> Response[KeySecret]:
    """Make a key of scopes that the caller has too; it shows only now."""
    asked = await decode_body(request, NewKey)
    caller.must_hold(asked.scopes)
    days = None if asked.expires_in_days is msgspec.UNSET else asked.expires_in_days
    async with transaction(state.pool, caller.brand_id) as connection:
        made = await keys.create(
            connection,
            caller.brand_id,
            asked.name,
            asked.scopes,
            expires_in_days=days,
            by=caller.actor,
        )
        row = await _find(connection, caller, made.split("_")[2])
        await audit.record(
            connection,
            caller.brand_id,
            caller.actor,
            "key.create",
            row.key_id,
            {"scopes": row.scopes, "expires_in_days": days},
        )
    return answer(KeySecret(made, _answer(row)), 201, NO_STORE)


@post(
    "/v1/keys/{key_id:str}/rotate",
    summary="Give an API key a successor",
    operation_id="rotateKey",
    operation_class=json_body(Rotation, required=False),
    tags=["access"],
    opt={"scope": "admin", "problems": [409]},
)
async def rotate_key(
    request: Request[Any, Any, Any],
    caller: NamedDependency[Caller],
    state: State,
    key_id: FromPath[str],
) -> Response[KeySecret]:
    """Make a key of the same name, scopes and lifetime; the old one ends after the overlap."""
    asked = await decode_body(request, Rotation, empty=Rotation())
    if asked.at_once:
        _not_its_own(caller, key_id)
    async with transaction(state.pool, caller.brand_id) as connection:
        old = await _find(connection, caller, key_id)
        caller.must_hold(old.scopes)
        made = await keys.rotate(connection, caller.brand_id, key_id, asked.hours, caller.actor)
        if made is None:
            raise NotFound("key")
        row = await _find(connection, caller, made.split("_")[2])
        await audit.record(
            connection,
            caller.brand_id,
            caller.actor,
            "key.rotate",
            key_id,
            {"successor": row.key_id, "overlap_hours": asked.hours},
        )
    return answer(KeySecret(made, _answer(row)), 201, NO_STORE)


@delete(
    "/v1/keys/{key_id:str}",
    summary="Revoke an API key",
    operation_id="revokeKey",
    tags=["access"],
    opt={"scope": "admin", "problems": [409]},
)
async def revoke_key(caller: NamedDependency[Caller], state: State, key_id: FromPath[str]) -> None:
    """Revoke a live key, at once; never the one that asks."""
    _not_its_own(caller, key_id)
    async with transaction(state.pool, caller.brand_id) as connection:
        if not await keys.revoke(connection, caller.brand_id, key_id):
            raise NotFound("key")
        await audit.record(connection, caller.brand_id, caller.actor, "key.revoke", key_id)


def _not_its_own(caller: Caller, key_id: str) -> None:
    """Let no program lock itself out, which an answer that is lost on its way would do.

    Raises:
        Problem: 409 where the key is the one that asks.
    """
    if caller.operator_id is None and caller.key_id == key_id:
        raise Problem(409, "own_key", "A key does not end itself: ask by another, or rotate it.")


async def _find(connection: AsyncConnection, caller: Caller, key_id: str) -> Row[Any]:
    row = await keys.find(connection, caller.brand_id, key_id)
    if row is None:
        raise NotFound("key")
    return row
