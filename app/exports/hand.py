"""The run that a worker has in hand: taking it, keeping it, putting it back, and ending it.

A run is held by a lease. Each statement here names its holder, so a worker that was held up and has
lost it changes nothing any more.
"""

from typing import Any, Literal

import msgspec
from sqlalchemy import text
from sqlalchemy.exc import IntegrityError
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from app.core.db import transaction
from app.core.sql import sql
from app.exports.asked import Asked, Run
from app.exports.manifest import Manifest

LEASE_SECONDS = 30
MOST_ATTEMPTS = 3

MINE = (
    "WHERE brand_id = :brand AND export_id = :id AND holder = :holder AND state = 'running'"
    " RETURNING export_id"
)


class Lost(Exception):
    """The run was cancelled, or another worker has it."""


class InHand(msgspec.Struct, frozen=True):
    """A run in hand, how many seconds ago it was asked for, and how far an earlier worker came.

    With a `manifest` the files were written, and may lie in the store already.
    """

    run: Run
    holder: str
    waited: float
    actor: str
    prefix: str | None
    manifest: Manifest | None

    @property
    def given(self) -> dict[str, Any]:
        return {"brand": self.run.brand_id, "id": self.run.export_id, "holder": self.holder}


async def due(pool: AsyncEngine) -> list[int]:
    """The brands that have a run to be worked on, the longest waiting first."""
    async with transaction(pool) as connection:
        return [row.brand_id for row in await connection.execute(sql("exports", "due"))]


async def claim(pool: AsyncEngine, brand_id: int, holder: str) -> InHand | None:
    """Take the brand's next run in hand; None where there is none, or somebody was faster."""
    given = {"brand": brand_id, "holder": holder, "seconds": LEASE_SECONDS}
    try:
        async with transaction(pool, brand_id) as connection:
            # An erasure that is under way ends before; one that begins later marks the run.
            await connection.execute(
                text("SELECT 1 FROM work_lease WHERE brand_id = :brand FOR SHARE"), given
            )
            row = (await connection.execute(sql("exports", "claim"), given)).one_or_none()
            if row is None:
                return None
            run = Run(
                **{
                    name: getattr(row, name)
                    for name in Run.__struct_fields__
                    if name not in ("brand_id", "asked")
                },
                brand_id=brand_id,
                asked=msgspec.convert(row.asked, Asked),
            )
            # Who was erased since is in what an earlier worker wrote.
            kept = row.manifest is not None and row.erased_at is None
            one = InHand(
                run=run,
                holder=holder,
                waited=float(row.waited),
                actor=row.created_by,
                prefix=row.prefix,
                manifest=msgspec.convert(row.manifest, Manifest) if kept else None,
            )
            if run.attempts > MOST_ATTEMPTS:
                detail = "Workers ended in the middle of it again and again."
                await end(connection, one, "failed", "interrupted", detail)
                return None
            if row.erased_at is not None:
                await _set(connection, one, "erased_at = NULL, manifest = NULL")
            return one
    except IntegrityError:
        return None


async def keep(pool: AsyncEngine, one: InHand) -> None:
    """Renew the lease.

    Raises:
        Lost: where it is somebody else's, or the run is over.
    """
    async with transaction(pool, one.run.brand_id) as connection:
        await _set(
            connection,
            one,
            "leased_until = clock_timestamp() + make_interval(secs => :seconds)",
            seconds=LEASE_SECONDS,
        )


async def get_on(pool: AsyncEngine, one: InHand, step: str, percent: int) -> None:
    """Say how far it is.

    Raises:
        Lost: as `keep`.
    """
    async with transaction(pool, one.run.brand_id) as connection:
        await _set(
            connection,
            one,
            "step = :step, percent = greatest(percent, :percent)",
            step=step[:100],
            percent=max(0, min(99, percent)),
        )


async def put_back(
    pool: AsyncEngine, one: InHand, seconds: float, step: str | None, *, counts: bool = False
) -> None:
    """Let it be taken up again after so many seconds; `counts`: this was one of its attempts.

    It begins anew: somebody may be erased before.
    """
    async with transaction(pool, one.run.brand_id) as connection:
        await _set(
            connection,
            one,
            "state = 'queued', holder = NULL, leased_until = NULL, step = :step, percent = 0,"
            " manifest = NULL, moved = NULL,"
            " not_before = clock_timestamp() + make_interval(secs => :seconds),"
            " attempts = attempts - :undone",
            seconds=seconds,
            step=step,
            undone=0 if counts else 1,
        )


async def written(
    connection: AsyncConnection,
    one: InHand,
    prefix: str,
    manifest: Manifest,
    moved: dict[str, Any] | None,
) -> None:
    """Say what is going to be published, and where; the caller commits before it publishes."""
    await _set(
        connection,
        one,
        "prefix = :prefix, manifest = CAST(:manifest AS jsonb), moved = CAST(:moved AS jsonb)",
        prefix=prefix,
        manifest=msgspec.json.encode(manifest).decode(),
        moved=None if moved is None else msgspec.json.encode(moved).decode(),
    )


async def end(
    connection: AsyncConnection,
    one: InHand,
    state: Literal["unchanged", "failed"],
    code: str | None = None,
    detail: str | None = None,
) -> None:
    """Close a run that became no export; its revision is free again."""
    await _set(
        connection,
        one,
        "state = :state, code = :code, detail = :detail, revision = NULL, step = NULL,"
        " holder = NULL, leased_until = NULL, finished_at = clock_timestamp(),"
        " percent = CASE WHEN CAST(:state AS text) = 'unchanged' THEN 100 ELSE percent END",
        state=state,
        code=code,
        detail=detail,
    )


async def _set(connection: AsyncConnection, one: InHand, what: str, **given: Any) -> None:
    found = await connection.execute(text(f"UPDATE export SET {what} {MINE}"), one.given | given)
    if found.one_or_none() is None:
        raise Lost(one.run.export_id)
