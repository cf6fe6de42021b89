"""Publishing a run: its files become visible, and then it is done, is told of and is recorded."""

from pathlib import Path
from typing import Any

import msgspec
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from app.core.db import transaction
from app.core.sql import sql
from app.crm.audit import record
from app.exports.hand import InHand, Lost, written
from app.exports.manifest import NAME, Manifest
from app.exports.runs import prefix_of
from app.exports.staging import StoreAway
from app.exports.store import Store
from app.outbound.messages import tell


class Erased(Exception):
    """Somebody was erased while their rows were being written: it has to be read again."""


async def is_published(store: Store, prefix: str | None, made: Manifest) -> bool:
    """Whether just these files lie there, whole."""
    there = None if prefix is None else await store.manifest(prefix)
    return there is not None and msgspec.json.decode(there, type=Manifest) == made


async def publish(
    pool: AsyncEngine,
    store: Store,
    one: InHand,
    made: Manifest,
    folder: Path,
    moved: dict[str, Any] | None,
) -> None:
    """Make the files of a folder visible.

    Raises:
        StoreAway: where the store cannot take them.
    """
    run = one.run
    prefix = prefix_of(run.brand_id, run.export_id, run.week, run.revision)
    async with transaction(pool, run.brand_id) as connection:
        await _take_over(connection, one, prefix)
        await written(connection, one, prefix, made, moved)
    if await store.manifest(prefix) is not None:
        # A run that was cancelled, or a worker that was held up, has published there.
        await store.remove(prefix)
    await store.publish(folder, prefix, [*(file.name for file in made.files), NAME])
    if not await is_published(store, prefix, made):
        raise StoreAway("other files lie where these were to be")


async def finish(
    pool: AsyncEngine, store: Store, one: InHand, made: Manifest, public_url: str | None
) -> None:
    """Mark a run whose files are visible as done, and tell of it, in one transaction.

    Raises:
        Erased: where somebody was erased meanwhile; its files are gone again.
        Lost: where it was cancelled, or another worker has it.
    """
    run = one.run
    given = one.given | {
        "rows": sum(made.rows.values()),
        "people": any(file.people for file in made.files),
    }
    async with transaction(pool, run.brand_id) as connection:
        row = (await connection.execute(sql("exports", "finish"), given)).one_or_none()
        if row is not None:
            revised = (run.revision or 1) > 1
            await tell(
                connection,
                run.brand_id,
                f"msg_{run.export_id}",
                "export.revised" if revised else "export.ready",
                _message(one, made, row.moved, public_url),
            )
            detail = {"kind": run.kind, "week": run.week, "revision": run.revision}
            await record(
                connection, run.brand_id, one.actor, "export.publish", run.export_id, detail
            )
            return
        erased = await connection.scalar(
            text(
                "SELECT erased_at IS NOT NULL FROM export WHERE brand_id = :brand"
                " AND export_id = :id AND holder = :holder AND state = 'running'"
            ),
            given,
        )
    if not erased:
        raise Lost(run.export_id)
    await store.remove(prefix_of(run.brand_id, run.export_id, run.week, run.revision))
    raise Erased


def _message(
    one: InHand, made: Manifest, moved: dict[str, Any] | None, public_url: str | None
) -> dict[str, Any]:
    run = one.run
    return {
        "export_id": run.export_id,
        "kind": run.kind,
        "week": run.week,
        "revision": run.revision,
        "start": made.start,
        "end": made.end,
        "as_of": run.as_of,
        "language": run.language,
        "files": [
            {"name": file.name, "bytes": file.bytes, "sha256": file.sha256} for file in made.files
        ],
        "moved": moved,
        "url": f"{(public_url or '').rstrip('/')}/v1/exports/{run.export_id}",
    }


async def _take_over(connection: AsyncConnection, one: InHand, prefix: str) -> None:
    """See that nobody sweeps away any more what ended runs left there."""
    await connection.execute(
        text(
            "UPDATE export SET prefix = NULL WHERE brand_id = :brand AND prefix = :prefix"
            " AND export_id <> :id AND state IN ('failed', 'cancelled')"
        ),
        one.given | {"prefix": prefix},
    )


async def sweep_away(pool: AsyncEngine, store: Store, brand_id: int) -> None:
    """Remove what runs of a brand published that then were cancelled, or failed.

    Their rows are locked until it is gone, so that no other run publishes there meanwhile.
    """
    async with transaction(pool, brand_id) as connection:
        rows = await connection.execute(
            text(
                "SELECT export_id, prefix FROM export WHERE brand_id = :brand"
                " AND state IN ('failed', 'cancelled') AND prefix IS NOT NULL"
                " FOR UPDATE SKIP LOCKED"
            ),
            {"brand": brand_id},
        )
        for row in rows.all():
            await store.remove(row.prefix)
            await connection.execute(
                text(
                    "UPDATE export SET prefix = NULL, manifest = NULL"
                    " WHERE brand_id = :brand AND export_id = :id"
                ),
                {"brand": brand_id, "id": row.export_id},
            )


async def to_sweep(pool: AsyncEngine) -> list[int]:
    """The brands that have such files."""
    async with transaction(pool) as connection:
        rows = await connection.execute(
            text(
                "SELECT DISTINCT brand_id FROM export"
                " WHERE state IN ('failed', 'cancelled') AND prefix IS NOT NULL"
            )
        )
        return [row.brand_id for row in rows]
