"""Requests with an Idempotency-Key: whatever happens, each has its effect once.

A request claims its key, then carries out what it asks for; the first transaction that commits
on the way says so in the same commit. The answer is kept when it is known. A claim whose request
was lost before it had an effect lapses; one that had it never does, and is not carried out again.
"""

from typing import Any, Literal
from uuid import UUID, uuid4

import msgspec
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection

from app.core.errors import Problem

HOURS = 24
LAPSES_SECONDS = 120
"""A claim without an effect is another's after so long."""


class Claim(msgspec.Struct, frozen=True):
    """A key that this request has in hand."""

    brand_id: int
    actor: str
    key: str
    claim: UUID

    @property
    def given(self) -> dict[str, Any]:
        return {"brand": self.brand_id, "actor": self.actor, "key": self.key, "claim": self.claim}


class Kept(msgspec.Struct, frozen=True):
    """What is known of a key that is taken: `answered`, `lost` its answer, or `in_flight`."""

    state: Literal["answered", "lost", "in_flight"]
    fingerprint: bytes | None
    status: int | None
    headers: dict[str, str] | None
    body: bytes | None


async def claim(connection: AsyncConnection, brand_id: int, actor: str, key: str) -> Claim | Kept:
    """Take a key in hand, or tell what became of it."""
    asked = Claim(brand_id, actor, key, uuid4())
    given = asked.given | {"hours": HOURS, "lapses": LAPSES_SECONDS}
    taken = await connection.execute(
        text(
            "INSERT INTO idempotent_request AS r (brand_id, actor, key, claim)"
            " VALUES (:brand, :actor, :key, :claim)"
            " ON CONFLICT (brand_id, actor, key) DO UPDATE SET claim = excluded.claim,"
            "  claimed_at = now(), carried_out = false, fingerprint = NULL, status = NULL,"
            "  headers = NULL, body = NULL"
            " WHERE r.claimed_at < now() - make_interval(hours => :hours) OR (NOT r.carried_out"
            "  AND r.status IS NULL AND r.claimed_at < now() - make_interval(secs => :lapses))"
            " RETURNING 1"
        ),
        given,
    )
    if taken.one_or_none() is not None:
        return asked
    found = await connection.execute(
        text(
            "SELECT CASE WHEN status IS NOT NULL THEN 'answered'"
            " WHEN carried_out AND claimed_at < now() - make_interval(secs => :lapses)"
            " THEN 'lost' ELSE 'in_flight' END AS state, fingerprint, status, headers, body"
            " FROM idempotent_request WHERE brand_id = :brand AND actor = :actor AND key = :key"
        ),
        given,
    )
    row = found.one_or_none()
    # Freed between the two statements: whoever had it is just done.
    return Kept("in_flight", None, None, None, None) if row is None else Kept(*row)


async def mark_carried_out(connection: AsyncConnection, held: Claim) -> None:
    """Say, in the transaction that does it, that the request has had its effect.

    Raises:
        Problem: 409 where the claim has lapsed and the key is another request's.
    """
    marked = await connection.execute(
        text(
            "UPDATE idempotent_request SET carried_out = true"
            " WHERE brand_id = :brand AND actor = :actor AND key = :key AND claim = :claim"
        ),
        held.given,
    )
    if not marked.rowcount:
        raise in_flight()


async def keep(
    connection: AsyncConnection,
    held: Claim,
    fingerprint: bytes,
    status: int,
    headers: dict[str, str],
    body: bytes | None,
) -> None:
    """Keep the answer; without `body` only that there was one."""
    await connection.execute(
        text(
            "UPDATE idempotent_request SET carried_out = true, fingerprint = :fingerprint,"
            " status = :status, headers = CAST(:headers AS jsonb), body = :body"
            " WHERE brand_id = :brand AND actor = :actor AND key = :key AND claim = :claim"
        ),
        held.given
        | {
            "fingerprint": fingerprint,
            "status": status,
            "headers": msgspec.json.encode(headers).decode(),
            "body": body,
        },
    )


async def free(connection: AsyncConnection, held: Claim, *, carried_out: bool) -> None:
    """Give the key up after a refusal; what had an effect is given up only if `carried_out`."""
    await connection.execute(
        text(
            "DELETE FROM idempotent_request WHERE brand_id = :brand AND actor = :actor"
            " AND key = :key AND claim = :claim AND (:carried_out OR NOT carried_out)"
        ),
        held.given | {"carried_out": carried_out},
    )


async def forget_old(connection: AsyncConnection, brand_id: int) -> None:
    """Forget the keys of a brand that are older than HOURS."""
    await connection.execute(
        text(
            "DELETE FROM idempotent_request"
            " WHERE brand_id = :brand AND claimed_at < now() - make_interval(hours => :hours)"
        ),
        {"brand": brand_id, "hours": HOURS},
    )


def in_flight() -> Problem:
    """The refusal of a key whose first request is not answered yet."""
    return Problem(
        409,
        "idempotency_in_flight",
        "A request with this Idempotency-Key is under way: ask again in a moment.",
        field="Idempotency-Key",
        headers={"Retry-After": "1"},
    )
