"""Webhook endpoints: where a brand wants messages sent, which ones, and what signs them."""

from datetime import datetime
from typing import Any

import msgspec
from sqlalchemy import Row, text
from sqlalchemy.ext.asyncio import AsyncConnection

from app.core.errors import NotFound, Problem
from app.crm.sources import new_secret
from app.crm.tokens import random_text

MOST = 20
"""Endpoints of a brand."""

COLUMNS = """
endpoint_id, url, name, types, created_at, off_at, off_code, off_detail,
CASE WHEN old_secret_until > now() THEN old_secret_until END AS old_secret_until
"""
CHANGEABLE = ("url", "name", "types")


class Off(msgspec.Struct, frozen=True):
    """Since when nothing is sent, and why.

    code: `failing`, a message was tried for three days; `gone`, the receiver answered 410.
    """

    code: str
    since: datetime
    detail: str


class Endpoint(msgspec.Struct, frozen=True, kw_only=True):
    """An endpoint without its secrets; the one before a rotation signs too `old_secret_until`."""

    endpoint_id: str
    url: str
    name: str
    types: list[str]
    off: Off | None
    created_at: datetime
    old_secret_until: datetime | None


class Notice(msgspec.Struct, frozen=True):
    """Something that an operator should look at."""

    code: str
    endpoint_id: str
    since: datetime
    detail: str


async def make(
    connection: AsyncConnection,
    brand_id: int,
    *,
    url: str,
    name: str,
    types: list[str],
    actor: str,
) -> tuple[str, str]:
    """Make an endpoint: its id and its secret.

    Raises:
        Problem: 409 where the brand has MOST already.
    """
    # Counted under the brand's lock, so that two at once do not make one too many.
    await connection.execute(
        text("SELECT 1 FROM brand WHERE brand_id = :brand FOR NO KEY UPDATE"), {"brand": brand_id}
    )
    there = await connection.scalar(
        text("SELECT count(*) FROM webhook_endpoint WHERE brand_id = :brand"), {"brand": brand_id}
    )
    if there is not None and there >= MOST:
        raise Problem(409, "too_many", f"A brand has at most {MOST} webhook endpoints.")
    endpoint_id, secret = f"whe_{random_text(16)}", new_secret()
    await connection.execute(
        text(
            "INSERT INTO webhook_endpoint"
            " (brand_id, endpoint_id, url, name, types, secret, created_by)"
            " VALUES (:brand, :endpoint, :url, :name, :types, :secret, :actor)"
        ),
        {
            "brand": brand_id,
            "endpoint": endpoint_id,
            "url": url,
            "name": name,
            "types": types,
            "secret": secret,
            "actor": actor,
        },
    )
    return endpoint_id, secret


async def page(
    connection: AsyncConnection, brand_id: int, most: int, after: str | None
) -> list[Endpoint]:
    """Endpoints by their ids."""
    rows = await connection.execute(
        text(
            f"SELECT {COLUMNS} FROM webhook_endpoint WHERE brand_id = :brand"
            " AND (CAST(:after AS text) IS NULL OR endpoint_id > :after)"
            " ORDER BY endpoint_id LIMIT :most"
        ),
        {"brand": brand_id, "after": after, "most": most},
    )
    return [_read(row) for row in rows]


async def find(connection: AsyncConnection, brand_id: int, endpoint_id: str) -> Endpoint:
    """An endpoint by its id.

    Raises:
        NotFound: where there is none.
    """
    rows = await connection.execute(
        text(
            f"SELECT {COLUMNS} FROM webhook_endpoint"
            " WHERE brand_id = :brand AND endpoint_id = :endpoint"
        ),
        {"brand": brand_id, "endpoint": endpoint_id},
    )
    row = rows.one_or_none()
    if row is None:
        raise NotFound("webhook endpoint")
    return _read(row)


async def hold(connection: AsyncConnection, brand_id: int, endpoint_id: str) -> Endpoint:
    """An endpoint that stays as it is until the commit.

    Raises:
        NotFound: where there is none.
    """
    await connection.execute(
        text(
            "SELECT 1 FROM webhook_endpoint"
            " WHERE brand_id = :brand AND endpoint_id = :endpoint FOR UPDATE"
        ),
        {"brand": brand_id, "endpoint": endpoint_id},
    )
    return await find(connection, brand_id, endpoint_id)


async def change(
    connection: AsyncConnection, brand_id: int, endpoint_id: str, changes: dict[str, Any]
) -> None:
    """Change some of CHANGEABLE of an endpoint that the caller holds."""
    assert changes.keys() <= set(CHANGEABLE)
    if changes:
        assignments = ", ".join(f"{name} = :{name}" for name in changes)
        await connection.execute(
            text(
                f"UPDATE webhook_endpoint SET {assignments}"
                " WHERE brand_id = :brand AND endpoint_id = :endpoint"
            ),
            {"brand": brand_id, "endpoint": endpoint_id, **changes},
        )


async def rotate(
    connection: AsyncConnection, brand_id: int, endpoint_id: str, overlap_hours: int
) -> str:
    """Give an endpoint a new secret; the old one signs too for the overlap.

    Raises:
        NotFound: where there is no such endpoint.
    """
    secret = new_secret()
    updated = await connection.execute(
        text(
            "UPDATE webhook_endpoint SET secret = :secret,"
            " old_secret = CASE WHEN :hours > 0 THEN secret END,"
            " old_secret_until = CASE WHEN :hours > 0"
            "  THEN now() + make_interval(hours => CAST(:hours AS integer)) END"
            " WHERE brand_id = :brand AND endpoint_id = :endpoint"
        ),
        {"brand": brand_id, "endpoint": endpoint_id, "secret": secret, "hours": overlap_hours},
    )
    if not updated.rowcount:
        raise NotFound("webhook endpoint")
    return secret


async def enable(connection: AsyncConnection, brand_id: int, endpoint_id: str) -> None:
    """Send to an endpoint again, from the next message on."""
    await connection.execute(
        text(
            "UPDATE webhook_endpoint SET off_at = NULL, off_code = NULL, off_detail = NULL"
            " WHERE brand_id = :brand AND endpoint_id = :endpoint"
        ),
        {"brand": brand_id, "endpoint": endpoint_id},
    )


async def remove(connection: AsyncConnection, brand_id: int, endpoint_id: str) -> None:
    """Remove an endpoint with its log.

    Raises:
        NotFound: where there is none.
    """
    await hold(connection, brand_id, endpoint_id)
    for table in ("webhook_attempt", "webhook_delivery", "webhook_endpoint"):
        await connection.execute(
            text(f"DELETE FROM {table} WHERE brand_id = :brand AND endpoint_id = :endpoint"),
            {"brand": brand_id, "endpoint": endpoint_id},
        )


async def notices(connection: AsyncConnection, brand_id: int) -> list[Notice]:
    """The endpoints that were switched off, the latest first."""
    rows = await connection.execute(
        text(
            f"SELECT {COLUMNS} FROM webhook_endpoint"
            " WHERE brand_id = :brand AND off_at IS NOT NULL ORDER BY off_at DESC, endpoint_id"
        ),
        {"brand": brand_id},
    )
    return [
        Notice(
            "webhook_switched_off",
            row.endpoint_id,
            row.off_at,
            f"Nothing is sent to the webhook endpoint {row.name!r} any more. {row.off_detail}",
        )
        for row in rows
    ]


def _read(row: Row[Any]) -> Endpoint:
    off = None if row.off_at is None else Off(row.off_code, row.off_at, row.off_detail)
    return Endpoint(
        endpoint_id=row.endpoint_id,
        url=row.url,
        name=row.name,
        types=row.types,
        off=off,
        created_at=row.created_at,
        old_secret_until=row.old_secret_until,
    )
