"""What an export says, read in one snapshot and checked: its tables add up to each other."""

import asyncio
from collections.abc import Awaitable, Callable
from pathlib import Path

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from app.core.backlog import Backlog, backlog
from app.core.db import session
from app.core.sql import sql
from app.crm import brands
from app.exports.agree import Paid, figures_of
from app.exports.asked import Run
from app.exports.content import Content
from app.exports.definitions import definitions_of
from app.exports.frame import Frame
from app.exports.lists import list_frames
from app.exports.periods import Period, periods_of
from app.exports.quality import Looked, quality_of
from app.exports.rows import ROWS, given_of, rows_of
from app.exports.sources import (
    activity_of,
    creators_of,
    funnel_of,
    groups_of,
    lives_of,
    mcns_of,
    notes_of,
)
from app.exports.specs.all import TABLES
from app.exports.sums import Sums, repurchase_of, retentions_of, shares_of
from app.metrics.question import RULE_VERSION

MINUTES = 10
LIMITS = text(
    "SELECT set_config('statement_timeout', CAST(:limit AS text), true),"
    " set_config('idle_in_transaction_session_timeout', CAST(:limit AS text), true)"
)
SETTINGS = ("identity_mode", "touch_hours", "live_grace_hours", "timezone", "currency")
"""What of a brand its numbers depend on."""

Told = Callable[[str, int], Awaitable[None]]


class Disagree(Exception):
    """The tables of an export do not say the same; `sentences` tell where, with both figures."""

    def __init__(self, sentences: list[str]) -> None:
        super().__init__("; ".join(sentences))
        self.sentences = sentences


class NotReady(Exception):
    """They do not, but what the snapshot lacks waits in the queues: to be read again later."""

    def __init__(self, backlog: Backlog, sentences: list[str]) -> None:
        super().__init__(
            f"{backlog.pending_events} events and {backlog.pending_recomputes} recomputes wait:"
            f" {'; '.join(sentences)}"
        )
        self.backlog = backlog
        self.sentences = sentences


async def read(pool: AsyncEngine, run: Run, folder: Path, told: Told) -> Content:
    """Read an export in one snapshot of the database; large tables go to files of the folder.

    `told` hears what is being read, and how many per cent of the reading are done. The pool's own
    limit of a statement's time has to be as long as that of here.

    Raises:
        Disagree: where its tables do not add up to each other.
        NotReady: where they do not, and queues hold what the snapshot lacks.
    """
    async with session(pool, run.brand_id) as connection:
        await connection.execution_options(
            isolation_level="REPEATABLE READ", postgresql_readonly=True
        )
        async with connection.begin():
            await connection.execute(LIMITS, {"limit": f"{MINUTES}min"})
            # The transaction began before its snapshot: nothing of it was committed later.
            read_at = await connection.scalar(text("SELECT now()"))
            brand = await brands.get(connection, run.brand_id)
            if run.kind in ("list", "segment"):
                await told("rows", 0)
                frames = await list_frames(connection, brand, run, folder)
                sums: dict[str, int] = {}
            else:
                frames, sums = await _tables(connection, brand, run, folder, told)
    await told("read", 100)
    return Content(
        run=run,
        brand_name=brand.name,
        timezone=brand.timezone,
        currency=brand.currency,
        rule_version=RULE_VERSION,
        read_at=read_at,
        settings={name: getattr(brand, name) for name in SETTINGS},
        sums=sums,
        frames=frames,
    )


async def _tables(
    connection: AsyncConnection, brand: brands.Brand, run: Run, folder: Path, told: Told
) -> tuple[dict[str, Frame], dict[str, int]]:
    """The tables of a week or window in their order, and the sums on which they agree."""
    waiting = await backlog(connection, run.brand_id)
    periods = await periods_of(connection, run, brand.zone, brand.currency)
    newest = periods[0]
    found: dict[str, Frame] = {}

    def keep(*frames: Frame) -> None:
        found.update((frame.spec.name, frame) for frame in frames)

    for done, spec in enumerate(ROWS):
        await told(spec.name, 12 * done)
        keep(await rows_of(connection, spec, newest, folder))
    await told("group_share", 50)
    sums = await _sums(connection, periods, told)
    keep(*sums.frames(periods))
    await told("notes", 75)
    by_note = await funnel_of(connection, newest, "note")
    keep(await notes_of(connection, newest, by_note))
    keep(await creators_of(connection, newest, await funnel_of(connection, newest, "creator")))
    keep(mcns_of(await funnel_of(connection, newest, "mcn")))
    await told("groups", 85)
    active = await activity_of(connection, newest)
    share = sums.shares[0]
    keep(groups_of(active, share["gross"], share["net"]), await lives_of(connection, newest))
    await told("data_quality", 90)
    looked = Looked(
        share=share["gross"],
        activity=active,
        answers=[
            (newest.scope, share["gross"]),
            (newest.cohort, sums.repurchases[0]),
            (newest.scope, by_note),
            (newest.scope, active),
            (newest.scope, sums.retentions[0]["stay"]),
        ],
        backlog=waiting,
    )
    keep(await quality_of(connection, newest, looked, run.language), definitions_of(run.language))
    counted = await connection.execute(sql("exports", "paid"), given_of(newest.scope))
    paid = Paid(*(int(figure) for figure in counted.one()))
    await told("check", 95)
    figures = await asyncio.to_thread(figures_of, found, newest.name, paid)
    if figures.differences:
        if waiting.pending_events or waiting.pending_recomputes:
            raise NotReady(waiting, figures.differences)
        raise Disagree(figures.differences)
    return {spec.name: found[spec.name] for spec in TABLES}, figures.sums


async def _sums(connection: AsyncConnection, periods: list[Period], told: Told) -> Sums:
    sums = Sums([], [], [])
    for n, period in enumerate(periods):
        await told("group_share", 50 + 5 * n)
        sums.shares.append(await shares_of(connection, period))
        sums.repurchases.append(await repurchase_of(connection, period))
        sums.retentions.append(await retentions_of(connection, period, periods[0]))
    return sums
