"""Messages: attributes too, in partitions by their time, to which their identities lead."""

from collections.abc import Iterable
from datetime import UTC, datetime, timedelta
from typing import Any

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection

from app.core.columns import joined
from app.core.sql import sql
from app.projection.attributes import Change, Row, fold, load, pack
from app.projection.batch import Key, Observation, Saying
from app.projection.entities import Entities
from app.projection.new_messages import put_new
from app.projection.speech import Speech

MESSAGE = Entities.MESSAGE.value

KEPT = timedelta(days=80)
"""No month is detached that ended less than three months ago; see app/core/partitions.py."""


async def merge_messages(
    connection: AsyncConnection, brand_id: int, seen: dict[Key, list[Saying]]
) -> Speech:
    """Fold what was seen into the messages, and give what they tell of who spoke.

    A message whose month was detached stays away, whatever comes of it: only its identity is put.
    """
    speech = Speech()
    if not seen:
        return speech
    known = await _known(connection, brand_id, seen)
    new: dict[Key, Saying] = {}
    changes: dict[Key, Change] = {}
    ats: dict[Key, datetime] = {}
    for key in sorted(seen):
        sayings = seen[key]
        before = known.get(key)
        if before is None:
            if key in known:
                continue
            # Nearly all of them: nothing is known, and one event tells all.
            if len(sayings) == 1 and sayings[0].sent is not None:
                new[key], ats[key] = sayings[0], sayings[0].at
                continue
        after = fold(MESSAGE, before, [_observed(saying) for saying in sayings])
        if after != before:
            changes[key] = Change(before, after)
            if "sent_at" in after.times:
                ats[key] = after.times["sent_at"]
    gone = await _detached(connection, ats)
    # Of one row alone no value may be empty, as a text may; see columns.py.
    for key in sorted(gone & new.keys() if len(new.keys() - gone) > 1 else new):
        changes[key] = Change(None, fold(MESSAGE, None, [_observed(new.pop(key))]))
    if new:
        await put_new(connection, brand_id, list(new.values()))
        speech.by_new(new.values())
    if changes:
        await _put(connection, brand_id, changes, gone)
        speech.by_changes(changes, gone)
    return speech


def _observed(saying: Saying) -> Observation:
    if saying.sent is None:
        return Observation(saying.stamp, {}, {"recalled_at": saying.at})
    values = {name: getattr(saying.sent, name) for name in MESSAGE.latest}
    present = {name: value for name, value in values.items() if value is not None}
    return Observation(saying.stamp, present, {"sent_at": saying.at})


async def _detached(connection: AsyncConnection, ats: dict[Key, datetime]) -> set[Key]:
    """The messages, by when they were sent, whose months were detached before they came."""
    young = datetime.now(UTC) - KEPT
    old = {key: at for key, at in ats.items() if at < young}
    since = await connection.scalar(text("SELECT messages_since()")) if old else None
    return set() if since is None else {key for key, at in old.items() if at < since}


async def _known(
    connection: AsyncConnection, brand_id: int, keys: Iterable[Key]
) -> dict[Key, Row | None]:
    """Those of these messages that are known; None where one's month was detached."""
    separator, _, (groups, ids) = joined(*zip(*keys, strict=True))
    found = await connection.execute(
        sql("projection", "message_identities"),
        {"brand": brand_id, "separator": separator, "groups": groups, "ids": ids},
    )
    known: dict[Key, Row | None] = {}
    sent: dict[Key, datetime] = {}
    for row in found:
        key = (row.group_id, row.message_id)
        if row.sent_at is None:
            known[key] = Row({}, {"recalled_at": row.recalled_at}, {})
        else:
            known[key], sent[key] = None, row.sent_at
    if sent:
        rows = await connection.execute(
            sql("projection", "messages_sent"), {"brand": brand_id} | _at(sent)
        )
        for group_id, message_id, *stored in rows:
            known[group_id, message_id] = load(MESSAGE, stored)
    return known


async def _put(
    connection: AsyncConnection, brand_id: int, changes: dict[Key, Change], gone: set[Key]
) -> None:
    """Write changed messages: their identities, and themselves once they were sent.

    Of those that are gone, or go with this, no row is put.
    """
    told: dict[Key, Change] = {}
    sent: dict[Key, Change] = {}
    moved: dict[Key, datetime] = {}
    for key, change in changes.items():
        before = None if change.before is None else change.before.times.get("sent_at")
        after = change.after.times.get("sent_at")
        if after is not None and key not in gone:
            sent[key] = change
        if after is None or after != before:
            told[key] = change
        if before is not None and after != before:
            moved[key] = before
    given: dict[str, Any] = {"brand": brand_id}
    if told:
        rows = [change.after for change in told.values()]
        ats = [row.times.get("sent_at") for row in rows]
        # A recall stands with the identity only until its message has come.
        recalls = [
            row.times.get("recalled_at") if at is None else None
            for row, at in zip(rows, ats, strict=True)
        ]
        await connection.execute(
            sql("projection", "put_message_identities"),
            given | _columns(told) | {"ats": ats, "recalls": recalls},
        )
    if moved:
        await connection.execute(sql("projection", "drop_messages"), given | _at(moved))
    if sent:
        rows = [change.after for change in sent.values()]
        values = {name: [row.values.get(name) for row in rows] for name in MESSAGE.latest}
        times = {name: [row.times.get(name) for row in rows] for name in MESSAGE.times}
        stamps = {"stamps": [pack(row.stamps) for row in rows]}
        await connection.execute(
            sql("projection", "put_messages"), given | _columns(sent) | values | times | stamps
        )


def _columns(keys: Iterable[Key]) -> dict[str, list[str]]:
    groups, ids = zip(*keys, strict=True)
    return {"groups": list(groups), "ids": list(ids)}


def _at(sent: dict[Key, datetime]) -> dict[str, Any]:
    """Messages by their whole keys; between the first and the last time lie their partitions."""
    ats = list(sent.values())
    return _columns(sent) | {"ats": ats, "first_at": min(ats), "last_at": max(ats)}
