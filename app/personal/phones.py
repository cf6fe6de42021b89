"""Finding members by phone, and showing phones to who may see them."""

import msgspec
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection

from app.core.brand_secret import BrandSecret, secret_of
from app.core.phone import masked, normal
from app.core.sql import sql

MOST = 200
"""Members of one phone that are found; more of them say that it is nobody's."""


class Found(msgspec.Struct, frozen=True):
    """A member with the phone, and its customer; the phone is masked unless it may be seen."""

    customer_id: str
    member_id: str
    nickname: str | None
    phone: str | None


async def members_with(
    connection: AsyncConnection, brand_id: int, phone: str, *, in_full: bool
) -> list[Found]:
    """The members that have a phone, however it is written; what is not sealed yet is not found."""
    secret = await secret_of(connection, brand_id)
    rows = await connection.execute(
        sql("personal", "members_with"),
        {"brand": brand_id, "index": secret.phone_index(normal(phone)), "most": MOST},
    )
    return [
        Found(
            row.customer_id,
            row.member_id,
            row.nickname,
            shown(row.phone_cipher, None, secret, in_full=in_full),
        )
        for row in rows
    ]


async def phone_index(connection: AsyncConnection, brand_id: int, phone: str) -> bytes:
    """What `member.phone_index` holds for a phone."""
    secret = await secret_of(connection, brand_id)
    return secret.phone_index(normal(phone))


async def phones_of(
    connection: AsyncConnection, brand_id: int, members: list[str], *, in_full: bool
) -> dict[str, str]:
    """The phones of members that have one, masked unless they may be seen."""
    rows = await connection.execute(
        text(
            "SELECT member_id, phone_cipher, phone FROM member"
            " WHERE brand_id = :brand AND member_id = ANY (CAST(:members AS text[]))"
            " AND (phone_cipher IS NOT NULL OR phone IS NOT NULL)"
        ),
        {"brand": brand_id, "members": members},
    )
    found = rows.all()
    if not found:
        return {}
    secret = await secret_of(connection, brand_id)
    phones = {
        row.member_id: shown(row.phone_cipher, row.phone, secret, in_full=in_full) for row in found
    }
    return {member: phone for member, phone in phones.items() if phone is not None}


def shown(
    cipher: bytes | None, unsealed: str | None, secret: BrandSecret, *, in_full: bool
) -> str | None:
    """A member's phone from its columns `phone_cipher` and `phone`."""
    phone = unsealed if cipher is None else msgspec.json.decode(secret.open(cipher), type=str)
    return phone if phone is None or in_full else masked(phone)
