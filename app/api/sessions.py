"""Sessions: logging in, who one is, and logging out."""

import asyncio
import time
from datetime import datetime
from typing import Annotated, Any

import msgspec
from litestar import Request, Response, delete, get, post, put
from litestar.datastructures import Cookie, State
from litestar.di import NamedDependency
from sqlalchemy import Row

from app.api.answers import answer
from app.api.bodies import decode_body, json_body
from app.auth import cookie_name, is_secure, unauthenticated
from app.core.db import transaction
from app.core.errors import Problem
from app.crm import attempts, audit, brands, operators, passwords, sessions
from app.crm.caller import SCOPES, Caller, Role, Scope

NO_STORE = {"Cache-Control": "no-store"}
"""For answers that show a secret."""

REFUSAL_SECONDS = 0.3
"""A refused login is answered so long after it came, whatever was wrong with it."""

LoginName = Annotated[str, msgspec.Meta(pattern=f"^{operators.LOGIN.pattern}$")]
Password = Annotated[str, msgspec.Meta(min_length=passwords.SHORTEST, max_length=passwords.LONGEST)]
AnyPassword = Annotated[str, msgspec.Meta(max_length=passwords.LONGEST)]


class Login(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Who logs in, at which brand."""

    brand_id: Annotated[str, msgspec.Meta(pattern=r"^[1-9][0-9]{0,17}$")]
    login: LoginName
    password: AnyPassword


class SessionAnswer(msgspec.Struct, frozen=True):
    """A new session; `token` is for programs, browsers have it as their cookie."""

    token: str
    brand_id: str
    operator_id: str
    name: str
    role: Role
    scopes: list[Scope]
    expires_at: datetime


class WhoAmI(msgspec.Struct, frozen=True):
    """Who the request speaks for; of an API key, role, operator_id and name are null."""

    brand_id: str
    actor: str
    scopes: list[Scope]
    role: Role | None
    operator_id: str | None
    name: str | None


class PasswordChange(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The password of now, and the one it shall be."""

    current: AnyPassword
    password: Password


@post(
    "/v1/sessions",
    summary="Log in",
    operation_id="openSession",
    operation_class=json_body(Login),
    tags=["access"],
    opt={"public": True, "problems": [401, 429]},
)
async def open_session(request: Request[Any, Any, Any], state: State) -> Response[SessionAnswer]:
    """Open a session by login and password: its token, also set as a cookie."""
    asked = await decode_body(request, Login)
    until = time.monotonic() + REFUSAL_SECONDS
    brand_id, login = int(asked.brand_id), operators.fold(asked.login)
    address = request.client.host if request.client else ""
    async with transaction(state.pool, brand_id) as connection:
        brand = await brands.find(connection, brand_id)
        attempt = await attempts.count(
            connection, brand_id, login, address, known_brand=brand is not None
        )
        found = await operators.by_login(connection, brand_id, login)
    _refuse_many(attempt)
    fits = await passwords.fits(None if found is None else found.password_hash, asked.password)
    rehashed = None
    if fits and found is not None and passwords.outdated(found.password_hash):
        rehashed = await passwords.hash_of(asked.password)
    opened = None
    async with transaction(state.pool, brand_id) as connection:
        if fits and found is not None:
            opened = await sessions.begin(
                connection, brand_id, found.operator_id, found.password_hash, rehashed
            )
        if opened is not None and found is not None:
            await attempts.forgive(connection, brand_id, login, address)
            actor = f"operator:{found.operator_id}"
            await audit.record(connection, brand_id, actor, "session.open", opened.session_id)
        elif brand is not None:
            await attempts.tell(connection, brand_id, found and found.operator_id, attempt)
    if opened is None or found is None:
        await asyncio.sleep(max(0.0, until - time.monotonic()))
        raise unauthenticated("There is no such login, or the password is another.")
    return _opened(request, brand_id, found, opened)


def _refuse_many(attempt: attempts.Attempt) -> None:
    if attempt.wait is not None:
        raise Problem(
            429,
            "too_many_attempts",
            f"Too many attempts: try again in {attempt.wait} seconds.",
            headers={"Retry-After": str(attempt.wait)},
        )


def _opened(
    request: Request[Any, Any, Any], brand_id: int, found: Row[Any], opened: sessions.Opened
) -> Response[SessionAnswer]:
    made = answer(
        SessionAnswer(
            token=opened.token,
            brand_id=str(brand_id),
            operator_id=found.operator_id,
            name=found.name,
            role=found.role,
            scopes=_ordered(operators.scopes(found)),
            expires_at=opened.expires_at,
        ),
        201,
        NO_STORE,
    )
    made.set_cookie(_cookie(request, opened.token, sessions.LONGEST_HOURS * 3600))
    return made


def _cookie(request: Request[Any, Any, Any], value: str, seconds: int) -> Cookie:
    return Cookie(
        key=cookie_name(request),
        value=value,
        max_age=seconds,
        path="/",
        secure=is_secure(request),
        httponly=True,
        samesite="lax",
    )


def _ordered(scopes: frozenset[str]) -> list[Scope]:
    return [scope for scope in SCOPES if scope in scopes]


@get(
    "/v1/session",
    summary="Read who one is",
    operation_id="getSession",
    tags=["access"],
    opt={"scope": "any"},
)
async def get_session(caller: NamedDependency[Caller], state: State) -> Response[WhoAmI]:
    """Whom the key or session speaks for, and what it may."""
    name = None
    if caller.operator_id is not None:
        async with transaction(state.pool, caller.brand_id) as connection:
            name = (await operators.find(connection, caller.brand_id, caller.operator_id)).name
    return answer(
        WhoAmI(
            brand_id=str(caller.brand_id),
            actor=caller.actor,
            scopes=_ordered(caller.scopes),
            role=caller.role,
            operator_id=caller.operator_id,
            name=name,
        )
    )


@delete(
    "/v1/sessions/current",
    summary="Log out",
    operation_id="closeSession",
    tags=["access"],
    opt={"scope": "operator"},
)
async def close_session(
    request: Request[Any, Any, Any], caller: NamedDependency[Caller], state: State
) -> Response[None]:
    """End the session that asks, and take its cookie away."""
    async with transaction(state.pool, caller.brand_id) as connection:
        await sessions.end(connection, caller.brand_id, caller.key_id)
        await audit.record(
            connection, caller.brand_id, caller.actor, "session.close", caller.key_id
        )
    made: Response[None] = Response(None, status_code=204)
    made.set_cookie(_cookie(request, "", 0))
    return made


@put(
    "/v1/session/password",
    summary="Change one's password",
    operation_id="changePassword",
    operation_class=json_body(PasswordChange),
    tags=["access"],
    opt={"scope": "operator", "problems": [429]},
    status_code=204,
)
async def change_password(
    request: Request[Any, Any, Any], caller: NamedDependency[Caller], state: State
) -> None:
    """Change the password of whoever asks; the operator's other sessions end."""
    asked = await decode_body(request, PasswordChange)
    brand_id = caller.brand_id
    assert caller.operator_id is not None
    async with transaction(state.pool, brand_id) as connection:
        found = await operators.find(connection, brand_id, caller.operator_id)
        attempt = await attempts.count_login(connection, brand_id, found.login)
    _refuse_many(attempt)
    if not await passwords.fits(found.password_hash, asked.current):
        raise Problem(422, "wrong_password", "This is not your password.", field="/current")
    _, hashed = await operators.password_for(asked.password, found.login)
    async with transaction(state.pool, brand_id) as connection:
        await operators.set_password(
            connection, brand_id, caller.operator_id, hashed, keep_session=caller.key_id
        )
        await attempts.forgive(connection, brand_id, found.login, None)
        await audit.record(
            connection, brand_id, caller.actor, "operator.change_password", caller.operator_id
        )
