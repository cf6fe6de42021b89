"""Sessions: what an operator has from logging in until logging out, or until it ends by itself."""

from datetime import datetime

import msgspec
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection

from app.core.sql import sql
from app.crm import tokens
from app.crm.caller import Caller, scopes_of
from app.crm.tokens import Token

IDLE_MINUTES = 120
"""A session that is not used for so long is over."""

LONGEST_HOURS = 12
"""However much it is used, a session ends so long after its login."""


class Opened(msgspec.Struct, frozen=True):
    """A session that has just begun."""

    token: str
    session_id: str
    expires_at: datetime


async def begin(
    connection: AsyncConnection,
    brand_id: int,
    operator_id: str,
    verified: str,
    rehashed: str | None,
) -> Opened | None:
    """Begin a session for whoever knew the password whose hash is `verified`.

    `rehashed` is the same password's by today's parameters. None where the operator was disabled
    or given another password meanwhile.
    """
    changed = await connection.execute(
        sql("crm", "log_in"),
        {"brand": brand_id, "id": operator_id, "verified": verified, "rehashed": rehashed},
    )
    if not changed.rowcount:
        return None
    await connection.execute(
        text(
            "DELETE FROM operator_session WHERE brand_id = :brand AND operator_id = :id AND"
            " (expires_at <= now() OR last_used_at <= now() - make_interval(mins => :idle))"
        ),
        {"brand": brand_id, "id": operator_id, "idle": IDLE_MINUTES},
    )
    token, written = tokens.new("hqs", brand_id)
    expires_at: datetime = (
        await connection.execute(
            sql("crm", "begin_session"),
            {
                "brand": brand_id,
                "session_id": token.id,
                "id": operator_id,
                "sha256": token.sha256,
                "hours": LONGEST_HOURS,
            },
        )
    ).scalar_one()
    return Opened(written, token.id, expires_at)


async def owner(connection: AsyncConnection, token: Token) -> Caller | None:
    """Who a session speaks for; None for one that is unknown or over, or of a disabled operator."""
    rows = await connection.execute(
        sql("crm", "session_owner"),
        {"brand": token.brand_id, "session_id": token.id, "idle": IDLE_MINUTES},
    )
    row = rows.one_or_none()
    if row is None or not token.is_of(row.sha256):
        return None
    if row.unnoted:
        await connection.execute(
            sql("crm", "note_session_use"), {"brand": token.brand_id, "session_id": token.id}
        )
    scopes = scopes_of(row.role, row.reads_pii)
    return Caller(token.brand_id, token.id, scopes, row.role, row.operator_id)


async def end(connection: AsyncConnection, brand_id: int, session_id: str) -> None:
    """End a session."""
    await connection.execute(
        text("DELETE FROM operator_session WHERE brand_id = :brand AND session_id = :session"),
        {"brand": brand_id, "session": session_id},
    )
