"""Operators: the people of a brand who may log in. A brand that has owners keeps one."""

import re
from typing import Any

from sqlalchemy import Row, text
from sqlalchemy.exc import IntegrityError
from sqlalchemy.ext.asyncio import AsyncConnection

from app.core.db import sqlstate
from app.core.errors import NotFound, Problem
from app.core.sql import sql
from app.crm import passwords
from app.crm.caller import Role, scopes_of
from app.crm.tokens import random_id

LOGIN = re.compile(r"[A-Za-z0-9._%+@-]{1,254}", re.ASCII)

TAKEN = "23505"
"""The SQLSTATE of a key that is there already."""

COLUMNS = "operator_id, login, name, role, reads_pii, created_at, last_login_at, disabled_at"


def fold(login: str) -> str:
    """A login as it is kept: A and a are the same."""
    return login.lower()


def scopes(row: Row[Any]) -> frozenset[str]:
    """What an operator may."""
    return scopes_of(row.role, row.reads_pii)


async def create(
    connection: AsyncConnection,
    brand_id: int,
    *,
    login: str,
    name: str,
    role: Role,
    reads_pii: bool,
    password_hash: str,
) -> str:
    """Make an operator and give the id.

    Raises:
        Problem: 409 where the brand has that login.
    """
    operator_id = random_id()
    try:
        await connection.execute(
            sql("crm", "make_operator"),
            {
                "brand": brand_id,
                "operator_id": operator_id,
                "login": fold(login),
                "name": name,
                "role": role,
                "reads_pii": reads_pii,
                "password_hash": password_hash,
            },
        )
    except IntegrityError as error:
        if sqlstate(error) != TAKEN:
            raise
        raise Problem(
            409, "login_taken", "Another operator has this login.", field="/login"
        ) from None
    return operator_id


async def find(
    connection: AsyncConnection, brand_id: int, operator_id: str, *, lock: bool = False
) -> Row[Any]:
    """An operator of the brand.

    Raises:
        NotFound: where there is none of this id.
    """
    rows = await connection.execute(
        text(
            f"SELECT {COLUMNS}, password_hash FROM operator"
            f" WHERE brand_id = :brand AND operator_id = :id {'FOR UPDATE' if lock else ''}"
        ),
        {"brand": brand_id, "id": operator_id},
    )
    row = rows.one_or_none()
    if row is None:
        raise NotFound("operator")
    return row


async def by_login(connection: AsyncConnection, brand_id: int, login: str) -> Row[Any] | None:
    """The operator who has a login."""
    rows = await connection.execute(
        text(
            f"SELECT {COLUMNS}, password_hash FROM operator"
            " WHERE brand_id = :brand AND login = :login"
        ),
        {"brand": brand_id, "login": fold(login)},
    )
    return rows.one_or_none()


async def change(
    connection: AsyncConnection, brand_id: int, operator_id: str, changes: dict[str, Any]
) -> dict[str, dict[str, Any]]:
    """Change name, role, reads_pii or active; gives what changed, before and after.

    Raises:
        NotFound: where there is none of this id.
        Problem: 409 where no active owner would be left.
    """
    owners = await _lock_owners(connection, brand_id)
    row = await find(connection, brand_id, operator_id, lock=True)
    before = {
        "name": row.name,
        "role": row.role,
        "reads_pii": row.reads_pii,
        "active": row.disabled_at is None,
    }
    after = before | changes
    if owners == {operator_id} and not (after["active"] and after["role"] == "owner"):
        raise _last_owner()
    await connection.execute(
        sql("crm", "change_operator"), {"brand": brand_id, "operator_id": operator_id} | after
    )
    if not after["active"]:
        await end_sessions(connection, brand_id, operator_id)
    return {
        field: {"before": before[field], "after": after[field]}
        for field in before
        if before[field] != after[field]
    }


async def remove(connection: AsyncConnection, brand_id: int, operator_id: str) -> None:
    """Forget an operator; what was done under the id keeps it.

    Raises:
        NotFound: where there is none of this id.
        Problem: 409 where no active owner would be left.
    """
    if await _lock_owners(connection, brand_id) == {operator_id}:
        raise _last_owner()
    await find(connection, brand_id, operator_id, lock=True)
    await end_sessions(connection, brand_id, operator_id)
    await connection.execute(
        text("DELETE FROM operator WHERE brand_id = :brand AND operator_id = :id"),
        {"brand": brand_id, "id": operator_id},
    )


async def set_password(
    connection: AsyncConnection,
    brand_id: int,
    operator_id: str,
    password_hash: str,
    *,
    keep_session: str | None = None,
) -> None:
    """Give an operator another password, and end the sessions, but for the one to keep."""
    await connection.execute(
        text(
            "UPDATE operator SET password_hash = :hash, password_changed_at = now()"
            " WHERE brand_id = :brand AND operator_id = :id"
        ),
        {"brand": brand_id, "id": operator_id, "hash": password_hash},
    )
    await end_sessions(connection, brand_id, operator_id, keep_session)


async def end_sessions(
    connection: AsyncConnection, brand_id: int, operator_id: str, but: str | None = None
) -> None:
    """End the sessions of an operator, but for one."""
    await connection.execute(
        text(
            "DELETE FROM operator_session WHERE brand_id = :brand AND operator_id = :id"
            " AND session_id IS DISTINCT FROM CAST(:but AS text)"
        ),
        {"brand": brand_id, "id": operator_id, "but": but},
    )


async def password_for(given: str | None, login: str) -> tuple[str, str]:
    """A password and its hash: the given one, or a generated one.

    Raises:
        Problem: 422 where it cannot be.
    """
    password = passwords.generate() if given is None else given
    passwords.check(password, login)
    return password, await passwords.hash_of(password)


async def _lock_owners(connection: AsyncConnection, brand_id: int) -> set[str]:
    """The active owners, locked, so that two of them cannot remove each other at once."""
    rows = await connection.execute(
        text(
            "SELECT operator_id FROM operator"
            " WHERE brand_id = :brand AND role = 'owner' AND disabled_at IS NULL"
            " ORDER BY operator_id FOR UPDATE"
        ),
        {"brand": brand_id},
    )
    return {row.operator_id for row in rows}


def _last_owner() -> Problem:
    return Problem(409, "last_owner", "A brand keeps one active owner: make another one first.")
