"""Operators: who may log in, in which role."""

from datetime import datetime
from typing import Annotated, Any

import msgspec
from litestar import Request, Response, delete, get, patch, post
from litestar.datastructures import State
from litestar.di import NamedDependency
from litestar.params import FromPath, Parameter
from sqlalchemy import Row, select

from app.api.answers import answer
from app.api.bodies import decode_body, json_body
from app.api.sessions import NO_STORE, LoginName, Password
from app.core.db import transaction
from app.core.page import Sort, after, ordered, read_cursor, write_cursor
from app.crm import audit, operators
from app.crm.caller import SCOPES, Caller, Role, Scope, scopes_of
from app.models.operator import Operator

Name = Annotated[str, msgspec.Meta(min_length=1, max_length=200, pattern=r"\S")]


class OperatorAnswer(msgspec.Struct, frozen=True):
    """An operator; `login` and `last_login_at` show to admins alone."""

    operator_id: str
    login: str | None
    name: str
    role: Role
    reads_pii: bool
    scopes: list[Scope]
    active: bool
    created_at: datetime
    last_login_at: datetime | None


class OperatorPage(msgspec.Struct, frozen=True):
    """Operators by login; `next` is the cursor of the following page."""

    items: list[OperatorAnswer]
    next: str | None


class NewOperator(msgspec.Struct, frozen=True, omit_defaults=True, forbid_unknown_fields=True):
    """An operator to be; without a password one is generated."""

    login: LoginName
    name: Name
    role: Role
    reads_pii: bool = False
    password: Password | msgspec.UnsetType = msgspec.UNSET


class OperatorPatch(msgspec.Struct, frozen=True, omit_defaults=True, forbid_unknown_fields=True):
    """What to change; what is left out stays."""

    name: Name | msgspec.UnsetType = msgspec.UNSET
    role: Role | msgspec.UnsetType = msgspec.UNSET
    reads_pii: bool | msgspec.UnsetType = msgspec.UNSET
    active: bool | msgspec.UnsetType = msgspec.UNSET


class NewPassword(msgspec.Struct, frozen=True, omit_defaults=True, forbid_unknown_fields=True):
    """Another operator's new password; left out, one is generated."""

    password: Password | msgspec.UnsetType = msgspec.UNSET


class OperatorSecret(msgspec.Struct, frozen=True):
    """An operator's password, shown only now; null where it was given."""

    operator_id: str
    password: str | None


ORDER = [Sort(Operator.__table__.c.login, str)]


def _answer(row: Row[Any], caller: Caller) -> OperatorAnswer:
    admin = "admin" in caller.scopes
    scopes = operators.scopes(row)
    return OperatorAnswer(
        operator_id=row.operator_id,
        login=row.login if admin else None,
        name=row.name,
        role=row.role,
        reads_pii="pii:read" in scopes,
        scopes=[scope for scope in SCOPES if scope in scopes],
        active=row.disabled_at is None,
        created_at=row.created_at,
        last_login_at=row.last_login_at if admin else None,
    )


@get(
    "/v1/operators",
    summary="List operators",
    operation_id="listOperators",
    tags=["access"],
    opt={"scope": "read"},
)
async def list_operators(
    caller: NamedDependency[Caller],
    state: State,
    limit: Annotated[int, Parameter(ge=1, le=200, description="Rows a page.")] = 50,
    cursor: Annotated[str | None, Parameter(description="`next` of the page before.")] = None,
) -> Response[OperatorPage]:
    """List the operators of the brand, by login."""
    table = Operator.__table__
    asked = select(table).where(table.c.brand_id == caller.brand_id)
    if cursor is not None:
        asked = asked.where(after(ORDER, read_cursor("operators", cursor, ORDER)))
    async with transaction(state.pool, caller.brand_id) as connection:
        found = (await connection.execute(ordered(asked, ORDER).limit(limit + 1))).all()
    rows = found[:limit]
    more = write_cursor("operators", [rows[-1].login]) if len(found) > limit else None
    return answer(OperatorPage([_answer(row, caller) for row in rows], more))


@get(
    "/v1/operators/{operator_id:str}",
    summary="Read an operator",
    operation_id="getOperator",
    tags=["access"],
    opt={"scope": "read"},
)
async def get_operator(
    caller: NamedDependency[Caller], state: State, operator_id: FromPath[str]
) -> Response[OperatorAnswer]:
    """An operator of the brand."""
    async with transaction(state.pool, caller.brand_id) as connection:
        row = await operators.find(connection, caller.brand_id, operator_id)
    return answer(_answer(row, caller))


@post(
    "/v1/operators",
    summary="Make an operator",
    operation_id="makeOperator",
    operation_class=json_body(NewOperator),
    tags=["access"],
    opt={"scope": "admin", "problems": [409]},
)
async def make_operator(
    request: Request[Any, Any, Any], caller: NamedDependency[Caller], state: State
) -> Response[OperatorSecret]:
    """Make an operator, of scopes that the caller has too; a generated password shows only now."""
    asked = await decode_body(request, NewOperator)
    caller.must_hold(scopes_of(asked.role, asked.reads_pii))
    given = None if asked.password is msgspec.UNSET else asked.password
    password, hashed = await operators.password_for(given, asked.login)
    async with transaction(state.pool, caller.brand_id) as connection:
        operator_id = await operators.create(
            connection,
            caller.brand_id,
            login=asked.login,
            name=asked.name,
            role=asked.role,
            reads_pii=asked.reads_pii,
            password_hash=hashed,
        )
        await audit.record(
            connection,
            caller.brand_id,
            caller.actor,
            "operator.create",
            operator_id,
            {"role": asked.role, "reads_pii": asked.reads_pii},
        )
    return answer(OperatorSecret(operator_id, None if given else password), 201, NO_STORE)


@patch(
    "/v1/operators/{operator_id:str}",
    summary="Change an operator",
    operation_id="patchOperator",
    operation_class=json_body(OperatorPatch),
    tags=["access"],
    opt={"scope": "admin", "problems": [409]},
)
async def patch_operator(
    request: Request[Any, Any, Any],
    caller: NamedDependency[Caller],
    state: State,
    operator_id: FromPath[str],
) -> Response[OperatorAnswer]:
    """Change name, role or rights, disable or enable; the last active owner stays one."""
    asked = await decode_body(request, OperatorPatch)
    changes = {k: v for k, v in msgspec.structs.asdict(asked).items() if v is not msgspec.UNSET}
    async with transaction(state.pool, caller.brand_id) as connection:
        changed = await operators.change(connection, caller.brand_id, operator_id, changes)
        row = await operators.find(connection, caller.brand_id, operator_id)
        if changed.keys() - {"name"}:
            caller.must_hold(operators.scopes(row) if row.disabled_at is None else ())
        if changed:
            # A name is a person's: that it changed is enough.
            told = changed | ({"name": True} if "name" in changed else {})
            await audit.record(
                connection, caller.brand_id, caller.actor, "operator.change", operator_id, told
            )
    return answer(_answer(row, caller))


@delete(
    "/v1/operators/{operator_id:str}",
    summary="Remove an operator",
    operation_id="removeOperator",
    tags=["access"],
    opt={"scope": "admin", "problems": [409]},
)
async def remove_operator(
    caller: NamedDependency[Caller], state: State, operator_id: FromPath[str]
) -> None:
    """Forget an operator's login, name and password; what was done under the id keeps the id."""
    async with transaction(state.pool, caller.brand_id) as connection:
        await operators.remove(connection, caller.brand_id, operator_id)
        await audit.record(
            connection, caller.brand_id, caller.actor, "operator.remove", operator_id
        )


@post(
    "/v1/operators/{operator_id:str}/password",
    summary="Reset an operator's password",
    operation_id="resetPassword",
    operation_class=json_body(NewPassword, required=False),
    tags=["access"],
    opt={"scope": "admin"},
)
async def reset_password(
    request: Request[Any, Any, Any],
    caller: NamedDependency[Caller],
    state: State,
    operator_id: FromPath[str],
) -> Response[OperatorSecret]:
    """Give an operator another password, and end all the sessions of the old one."""
    asked = await decode_body(request, NewPassword, empty=NewPassword())
    given = None if asked.password is msgspec.UNSET else asked.password
    async with transaction(state.pool, caller.brand_id) as connection:
        row = await operators.find(connection, caller.brand_id, operator_id)
    # Whoever sets a password can log in by it.
    caller.must_hold(operators.scopes(row))
    password, hashed = await operators.password_for(given, row.login)
    async with transaction(state.pool, caller.brand_id) as connection:
        row = await operators.find(connection, caller.brand_id, operator_id, lock=True)
        caller.must_hold(operators.scopes(row))
        await operators.set_password(connection, caller.brand_id, operator_id, hashed)
        await audit.record(
            connection, caller.brand_id, caller.actor, "operator.reset_password", operator_id
        )
    return answer(OperatorSecret(operator_id, None if given else password), 201, NO_STORE)
