"""Sealing what the release before stored in the clear: phones of members, in events, in letters.

It goes on for a week after the upgrade, since processes of that release may run on for a while.
"""

from datetime import datetime, timedelta
from typing import Any

import msgspec
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection

from app.core.brand_secret import BrandSecret, secret_of
from app.core.phone import normal, parts
from app.core.sql import sql
from app.ingest.dead_letters import text_hash
from app.ingest.phones import sealed
from app.personal.retention import event_no
from app.projection.erased import key_hashes, put_raws

MEMBERS = 1_000
EVENTS = 10_000
LETTERS = 500
SETTLED = timedelta(minutes=10)
"""No event that arrived so long ago is still to be committed."""


async def step(connection: AsyncConnection, brand_id: int, now: datetime) -> bool:
    """Seal one batch of each kind; False where there is nothing more to do for now."""
    rows = await connection.execute(
        text(
            "SELECT sealed_to, seal_until FROM upkeep"
            " WHERE brand_id = :brand AND sealed_to < seal_until FOR UPDATE"
        ),
        {"brand": brand_id},
    )
    upkeep = rows.one_or_none()
    if upkeep is None:
        return False
    secret = await secret_of(connection, brand_id)
    more = await _members(connection, brand_id, secret)
    more |= await _letters(connection, brand_id, secret)
    most = min(upkeep.seal_until, event_no(now - SETTLED))
    reached = await _events(connection, brand_id, secret, upkeep.sealed_to, most)
    if more and reached == upkeep.seal_until:
        return True
    await connection.execute(
        text("UPDATE upkeep SET sealed_to = :reached WHERE brand_id = :brand"),
        {"brand": brand_id, "reached": reached},
    )
    return more or reached < most


async def _members(connection: AsyncConnection, brand_id: int, secret: BrandSecret) -> bool:
    """Move phones to their columns; of two the one that an event told later counts."""
    found = await connection.execute(
        text(
            "SELECT member_id, phone, phone_cipher, stamps FROM member"
            " WHERE brand_id = :brand AND phone IS NOT NULL"
            " ORDER BY member_id LIMIT :most FOR UPDATE"
        ),
        {"brand": brand_id, "most": MEMBERS},
    )
    rows = found.all()
    for row in rows:
        stamps: dict[str, Any] = dict(row.stamps)
        told = stamps.pop("phone", stamps.get("*"))
        cipher, index = parts(row.phone) or (
            secret.seal(msgspec.json.encode(row.phone)),
            secret.phone_index(normal(row.phone)),
        )
        given: dict[str, Any] = {"brand": brand_id, "member": row.member_id}
        changes = "phone = NULL, stamps = CAST(:stamps AS jsonb)"
        kept = stamps.get("phone_cipher", stamps.get("*"))
        if row.phone_cipher is None or kept is None or (told is not None and told > kept):
            stamps |= {"phone_cipher": told, "phone_index": told}
            changes += ", phone_cipher = :cipher, phone_index = :index"
            given |= {"cipher": cipher, "index": index}
        await connection.execute(
            text(f"UPDATE member SET {changes} WHERE brand_id = :brand AND member_id = :member"),
            given | {"stamps": msgspec.json.encode(stamps).decode()},
        )
    return len(rows) == MEMBERS


async def _events(
    connection: AsyncConnection, brand_id: int, secret: BrandSecret, at: int, most: int
) -> int:
    """Seal one batch of events from behind `at`; gives how far it came, at most to `most`."""
    found = await connection.execute(
        sql("personal", "events_that_may_name"),
        {"brand": brand_id, "at": at, "most": EVENTS, "needles": ['"phone"', "\\u"]},
    )
    rows = [row for row in found if row.event_no <= most]
    changed = []
    for row in rows:
        try:
            raw = sealed(row.raw, secret) if row.raw else None
        except msgspec.DecodeError:
            continue
        if raw is not None:
            changed.append((row.event_no, row.source, row.event_id, raw))
    await key_hashes(connection, brand_id, secret, [(s, i) for _, s, i, _ in changed])
    await put_raws(connection, brand_id, {number: raw for number, *_, raw in changed})
    return max((row.event_no for row in rows), default=most)


async def _letters(connection: AsyncConnection, brand_id: int, secret: BrandSecret) -> bool:
    """Seal dead letters; one that came again since is dropped for the newer one."""
    found = await connection.execute(
        text(
            "SELECT dead_letter_id, source, raw FROM dead_letter"
            " WHERE brand_id = :brand AND NOT sealed"
            " ORDER BY dead_letter_id LIMIT :most FOR UPDATE"
        ),
        {"brand": brand_id, "most": LETTERS},
    )
    rows = found.all()
    for row in rows:
        raw = bytes(row.raw)
        await connection.execute(
            sql("personal", "seal_dead_letter"),
            {
                "brand": brand_id,
                "id": row.dead_letter_id,
                "source": row.source,
                "raw": secret.seal(raw),
                "hash": text_hash(raw, secret),
            },
        )
    return len(rows) == LETTERS
