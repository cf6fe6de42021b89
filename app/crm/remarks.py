"""Remarks: what operators noted of somebody."""

from datetime import datetime
from typing import Any

import msgspec
from sqlalchemy import Row, text
from sqlalchemy.ext.asyncio import AsyncConnection

from app.core.errors import NotFound
from app.core.sql import sql
from app.crm.people import Person
from app.crm.tokens import random_text


class Remark(msgspec.Struct, frozen=True):
    """A remark; `changed_at` is null where it stands as it was made."""

    remark_id: str
    customer_id: str
    text: str
    made_at: datetime
    made_by: str
    changed_at: datetime | None


async def page(
    connection: AsyncConnection,
    brand_id: int,
    customer_id: str,
    most: int,
    before: tuple[datetime, str] | None,
) -> list[Remark]:
    """The remarks on all identities of a customer, latest first."""
    at, remark_id = before or (None, None)
    rows = await connection.execute(
        sql("crm", "remarks"),
        {"brand": brand_id, "customer": customer_id, "at": at, "remark": remark_id, "most": most},
    )
    return [_read(row) for row in rows]


async def make(
    connection: AsyncConnection, brand_id: int, person: Person, content: str, actor: str
) -> Remark:
    """Note something of somebody."""
    remark_id = random_text(16)
    await connection.execute(
        text(
            "INSERT INTO remark (brand_id, remark_id, space, id, text, made_by)"
            " VALUES (:brand, :remark, :space, :id, :text, :actor)"
        ),
        {
            "brand": brand_id,
            "remark": remark_id,
            "space": person.space,
            "id": person.id,
            "text": content,
            "actor": actor,
        },
    )
    return await find(connection, brand_id, remark_id)


async def change(
    connection: AsyncConnection, brand_id: int, remark_id: str, content: str | None
) -> Remark:
    """Write a remark anew; None leaves it as it is.

    Raises:
        NotFound: where there is none.
    """
    if content is not None:
        await connection.execute(
            text(
                "UPDATE remark SET text = :text, changed_at = now()"
                " WHERE brand_id = :brand AND remark_id = :remark"
            ),
            {"brand": brand_id, "remark": remark_id, "text": content},
        )
    return await find(connection, brand_id, remark_id)


async def find(connection: AsyncConnection, brand_id: int, remark_id: str) -> Remark:
    """A remark by its id.

    Raises:
        NotFound: where there is none.
    """
    rows = await connection.execute(
        text(
            "SELECT r.*, i.customer_id FROM remark AS r"
            " JOIN identity AS i ON i.brand_id = :brand AND i.space = r.space AND i.id = r.id"
            " WHERE r.brand_id = :brand AND r.remark_id = :remark"
        ),
        {"brand": brand_id, "remark": remark_id},
    )
    row = rows.one_or_none()
    if row is None:
        raise NotFound("remark")
    return _read(row)


async def drop(connection: AsyncConnection, brand_id: int, remark_id: str) -> None:
    """Delete a remark.

    Raises:
        NotFound: where there is none.
    """
    gone = await connection.execute(
        text("DELETE FROM remark WHERE brand_id = :brand AND remark_id = :remark"),
        {"brand": brand_id, "remark": remark_id},
    )
    if not gone.rowcount:
        raise NotFound("remark")


def _read(row: Row[Any]) -> Remark:
    return Remark(
        row.remark_id, row.customer_id, row.text, row.made_at, row.made_by, row.changed_at
    )
