"""Tags and the groups that they stand in; names are unique, of tags within their group."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import datetime
from typing import Any, Literal

import msgspec
from sqlalchemy import Row, text
from sqlalchemy.exc import IntegrityError
from sqlalchemy.ext.asyncio import AsyncConnection

from app.core.db import sqlstate
from app.core.errors import NotFound, Problem
from app.core.sql import sql
from app.crm.tokens import random_text
from app.derive.touched import EVERYBODY, touch


class TagGroup(msgspec.Struct, frozen=True):
    """Tags that belong together."""

    tag_group_id: str
    name: str
    created_at: datetime


class Tag(msgspec.Struct, frozen=True):
    """A mark for customers; `tag_group_id` is null where it stands in no group."""

    tag_id: str
    name: str
    tag_group_id: str | None
    created_at: datetime


@asynccontextmanager
async def _checked(taken: str) -> AsyncIterator[None]:
    """Say what constraints say.

    Raises:
        Problem: 409 where the name is taken, 404 where there is no such group.
    """
    try:
        yield
    except IntegrityError as error:
        if sqlstate(error) == "23505":
            raise Problem(409, "name_taken", taken, field="/name") from None
        if sqlstate(error) == "23503":
            detail = "There is no such tag group."
            raise Problem(404, "not_found", detail, field="/tag_group_id") from None
        raise


async def groups(
    connection: AsyncConnection, brand_id: int, most: int, after: str | None
) -> list[TagGroup]:
    """Tag groups by name, those after a name."""
    rows = await connection.execute(
        text(
            "SELECT tag_group_id, name, created_at FROM tag_group WHERE brand_id = :brand"
            " AND (CAST(:after AS text) IS NULL OR name > CAST(:after AS text))"
            " ORDER BY name LIMIT :most"
        ),
        {"brand": brand_id, "after": after, "most": most},
    )
    return [TagGroup(*row) for row in rows]


async def make_group(connection: AsyncConnection, brand_id: int, name: str) -> TagGroup:
    """Make a tag group.

    Raises:
        Problem: 409 where the name is taken.
    """
    async with _checked("Another tag group has this name."):
        row = await connection.execute(
            text(
                "INSERT INTO tag_group (brand_id, tag_group_id, name)"
                " VALUES (:brand, :group, :name) RETURNING tag_group_id, name, created_at"
            ),
            {"brand": brand_id, "group": random_text(12), "name": name},
        )
        return TagGroup(*row.one())


async def rename_group(
    connection: AsyncConnection, brand_id: int, group_id: str, name: str | None
) -> TagGroup:
    """Rename a tag group; None leaves it as it is.

    Raises:
        Problem: 404, or 409 where the name is taken.
    """
    async with _checked("Another tag group has this name."):
        rows = await connection.execute(
            text(
                "UPDATE tag_group SET name = coalesce(CAST(:name AS text), name)"
                " WHERE brand_id = :brand AND tag_group_id = :group"
                " RETURNING tag_group_id, name, created_at"
            ),
            {"brand": brand_id, "group": group_id, "name": name},
        )
        row = rows.one_or_none()
    if row is None:
        raise NotFound("tag group")
    return TagGroup(*row)


async def drop_group(connection: AsyncConnection, brand_id: int, group_id: str) -> None:
    """Delete a tag group that has no tags.

    Raises:
        Problem: 404, or 409 where there are tags in it.
    """
    try:
        gone = await connection.execute(
            text("DELETE FROM tag_group WHERE brand_id = :brand AND tag_group_id = :group"),
            {"brand": brand_id, "group": group_id},
        )
    except IntegrityError as error:
        if sqlstate(error) == "23503":
            raise Problem(409, "not_empty", "There are tags in this group.") from None
        raise
    if not gone.rowcount:
        raise NotFound("tag group")


async def page(
    connection: AsyncConnection,
    brand_id: int,
    most: int,
    after: tuple[str, str] | None,
    group_id: str | None,
) -> list[Tag]:
    """Tags by name and id, of one group where that is given."""
    name, tag_id = after or (None, None)
    rows = await connection.execute(
        sql("crm", "tags"),
        {"brand": brand_id, "group": group_id, "name": name, "tag": tag_id, "most": most},
    )
    return [_read(row) for row in rows]


async def make(connection: AsyncConnection, brand_id: int, name: str, group_id: str | None) -> Tag:
    """Make a tag.

    Raises:
        Problem: 404 where there is no such group, 409 where its name is taken there.
    """
    async with _checked("Another tag of the group has this name."):
        row = await connection.execute(
            text(
                "INSERT INTO tag (brand_id, tag_id, tag_group_id, name)"
                " VALUES (:brand, :tag, :group, :name)"
                " RETURNING tag_id, name, tag_group_id, created_at"
            ),
            {"brand": brand_id, "tag": random_text(12), "group": group_id, "name": name},
        )
        return _read(row.one())


async def change(
    connection: AsyncConnection, brand_id: int, tag_id: str, changes: dict[str, Any]
) -> Tag:
    """Rename a tag or move it to another group, or out of any with null.

    changes: `name`, `tag_group_id`, those that are to change.

    Raises:
        Problem: 404, or 409 where its name is taken there.
    """
    before = await find(connection, brand_id, tag_id, "UPDATE")
    given = {"name": before.name, "tag_group_id": before.tag_group_id} | changes
    async with _checked("Another tag of the group has this name."):
        rows = await connection.execute(
            text(
                "UPDATE tag SET name = :name, tag_group_id = :tag_group_id"
                " WHERE brand_id = :brand AND tag_id = :tag"
                " RETURNING tag_id, name, tag_group_id, created_at"
            ),
            {"brand": brand_id, "tag": tag_id, **given},
        )
        row = rows.one_or_none()
    if row is None:
        raise NotFound("tag")
    return _read(row)


async def find(
    connection: AsyncConnection,
    brand_id: int,
    tag_id: str,
    lock: Literal["KEY SHARE", "UPDATE"] = "KEY SHARE",
) -> Tag:
    """A tag by its id; it stays until this transaction ends, with UPDATE as it is.

    Raises:
        NotFound: where there is none.
    """
    rows = await connection.execute(
        text(
            "SELECT tag_id, name, tag_group_id, created_at FROM tag"
            f" WHERE brand_id = :brand AND tag_id = :tag FOR {lock}"
        ),
        {"brand": brand_id, "tag": tag_id},
    )
    row = rows.one_or_none()
    if row is None:
        raise NotFound("tag")
    return _read(row)


async def drop(connection: AsyncConnection, brand_id: int, tag_id: str) -> None:
    """Delete a tag, and take it off everybody who has it.

    Raises:
        NotFound: where there is none.
    """
    await find(connection, brand_id, tag_id, "UPDATE")
    for table in ("tagging", "tag"):
        await connection.execute(
            text(f"DELETE FROM {table} WHERE brand_id = :brand AND tag_id = :tag"),
            {"brand": brand_id, "tag": tag_id},
        )
    await touch(connection, brand_id, "tags", [EVERYBODY])


def _read(row: Row[Any]) -> Tag:
    return Tag(row.tag_id, row.name, row.tag_group_id, row.created_at)
