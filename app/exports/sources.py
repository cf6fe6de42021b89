"""The tables of notes, creators, agencies, groups and lives, counted as the API counts them."""

from collections.abc import Iterable
from operator import attrgetter
from typing import Any

from sqlalchemy import Row, text
from sqlalchemy.ext.asyncio import AsyncConnection

from app.core.clock import Bucket
from app.exports.frame import Frame, frame_of_rows
from app.exports.periods import WITHIN_DAYS, Period
from app.exports.specs.sources import ACTIVITY, CREATORS, FUNNEL, GROUPS, LIVE, LIVES, MCNS, NOTES
from app.metrics.activity import Activity, activity
from app.metrics.funnel import By, Funnel, funnel
from app.metrics.gmv_share import GmvShare
from app.metrics.lives import lives

NOTE_NAMES = """
SELECT n.note_id AS id, n.creator_id, a.name AS creator_name, a.mcn, n.url
FROM note AS n
LEFT JOIN creator AS a ON a.brand_id = n.brand_id AND a.creator_id = n.creator_id
WHERE n.brand_id = :brand AND n.note_id = ANY (CAST(:ids AS text[]))
"""
CREATOR_NAMES = """
SELECT creator_id AS id, kind, mcn FROM creator
WHERE brand_id = :brand AND creator_id = ANY (CAST(:ids AS text[]))
"""
LIVE_NAMES = """
SELECT l.live_id AS id, l.creator_id, a.name AS creator_name
FROM live AS l
LEFT JOIN creator AS a ON a.brand_id = l.brand_id AND a.creator_id = l.creator_id
WHERE l.brand_id = :brand AND l.live_id = ANY (CAST(:ids AS text[]))
"""

_funnel = attrgetter(*FUNNEL)
_activity = attrgetter(*ACTIVITY)
_live = attrgetter(*LIVE)


async def funnel_of(connection: AsyncConnection, period: Period, by: By) -> Funnel:
    """All rows of a funnel."""
    return await funnel(connection, period.scope, by, WITHIN_DAYS, "key", slice(None))


async def notes_of(connection: AsyncConnection, period: Period, found: Funnel) -> Frame:
    """The notes of a funnel by note, with whose they are."""
    names = await _names(connection, period, NOTE_NAMES, (row.key for row in found.rows))
    return frame_of_rows(
        NOTES,
        [
            (
                *(row.key, row.name),
                *(_of(names, row.key, name) for name in ("creator_id", "creator_name", "mcn")),
                *_funnel(row),
                _of(names, row.key, "url"),
            )
            for row in found.rows
        ],
    )


async def creators_of(connection: AsyncConnection, period: Period, found: Funnel) -> Frame:
    """The creators of a funnel by creator."""
    names = await _names(connection, period, CREATOR_NAMES, (row.key for row in found.rows))
    return frame_of_rows(
        CREATORS,
        [
            (
                *(row.key, row.name),
                *(_of(names, row.key, name) for name in ("kind", "mcn")),
                *_funnel(row),
            )
            for row in found.rows
        ],
    )


def mcns_of(found: Funnel) -> Frame:
    """The agencies of a funnel by agency."""
    return frame_of_rows(MCNS, [(row.key, *_funnel(row)) for row in found.rows])


async def activity_of(connection: AsyncConnection, period: Period) -> Activity:
    """The activity of groups over the whole period, as one bucket."""
    grains: tuple[Bucket, ...] = ("month", "week", "day")
    whole: Bucket = next((each for each in grains if period.scope.window.is_whole(each)), "none")
    return await activity(connection, period.scope, whole, None)


def groups_of(found: Activity, gross: GmvShare, net: GmvShare) -> Frame:
    """The groups in which something went on, or to which orders are credited."""
    active = {row.group_id: row for row in found.rows}
    credited = {row.group_id: row for row in gross.groups}
    after_refunds = {row.group_id: row.gmv for row in net.groups}
    rows: list[tuple[Any, ...]] = []
    for group_id in active.keys() | credited.keys():
        there, sold = active.get(group_id), credited.get(group_id)
        named = there or sold
        assert named is not None
        rows.append(
            (
                *(group_id, named.name),
                # Of a group that only orders name all counts are 0, and rates have no base.
                *(_activity(there) if there else (0,) * 8 + (None, None)),
                *((sold.orders, sold.gmv, sold.share) if sold else (0, 0, _none_of(gross))),
                after_refunds.get(group_id, 0),
            )
        )
    return frame_of_rows(GROUPS, rows)


async def lives_of(connection: AsyncConnection, period: Period) -> Frame:
    """The lives that started in the period."""
    found = await lives(connection, period.scope)
    names = await _names(connection, period, LIVE_NAMES, (row.live_id for row in found.rows))
    return frame_of_rows(
        LIVES,
        [
            (
                *(row.live_id, row.title),
                *(_of(names, row.live_id, name) for name in ("creator_id", "creator_name")),
                *(row.start, row.end),
                *_live(row),
            )
            for row in found.rows
        ],
    )


def _none_of(gross: GmvShare) -> int | None:
    """The share of nothing; null where there is nothing to share."""
    return 0 if gross.total.gmv else None


async def _names(
    connection: AsyncConnection, period: Period, statement: str, ids: Iterable[str | None]
) -> dict[str, Row[Any]]:
    rows = await connection.execute(
        text(statement),
        {"brand": period.scope.brand_id, "ids": [id_ for id_ in ids if id_ is not None]},
    )
    return {row.id: row for row in rows}


def _of(names: dict[str, Row[Any]], id_: str | None, name: str) -> Any:
    row = None if id_ is None else names.get(id_)
    return None if row is None else getattr(row, name)
