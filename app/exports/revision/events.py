"""Which events, and which merges of operators, changed the rows that moved numbers."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any

import msgspec
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection

from app.core.sql import sql
from app.exports.revision.change import Change

MOST = 200
"""So many changed rows are looked up, the first of them."""

PEOPLE = ("people_joined", "people_parted")
LATE = timedelta(minutes=10)
"""An event's number is drawn a little before or after those received at the same time."""

LINKS = 10_000
Told = dict[str, Any]


class _Link(msgspec.Struct):
    member_id: str
    buyer_id: str


class _Linked(msgspec.Struct):
    type: str
    data: _Link


_linked = msgspec.json.Decoder(_Linked)


async def events_of(
    connection: AsyncConnection, brand_id: int, changes: Sequence[Change], since: datetime
) -> dict[int, Told]:
    """By the place of a change, what told of it since the revision before was read.

    Either {event_id, event_source, received_at}, the newest of them, or {merge_id, actor}. Nothing
    is told of changes that come from before, or from settings.
    """
    looked_at = list(enumerate(changes))[:MOST]
    found = await _merges(connection, brand_id, looked_at, since)
    named = await _named(connection, brand_id, looked_at)
    people = [(at, each) for at, each in looked_at if _joined(each) and at not in found]
    if not named and not people:
        return found
    first = await _first_since(connection, brand_id, since - LATE)
    if first is None:
        return found
    ids = sorted({event_id for keys in named.values() for event_id, _ in keys})
    asked = {"brand": brand_id, "first": first, "since": since}
    rows = await connection.execute(
        text(
            "SELECT event_id, source, received_at FROM event WHERE brand_id = :brand"
            " AND event_no >= :first AND received_at > :since"
            " AND event_id = ANY (CAST(:ids AS text[]))"
        ),
        {**asked, "ids": ids},
    )
    received = {(row.event_id, row.source): row.received_at for row in rows}
    for at, keys in named.items():
        late = [key for key in keys if key in received]
        if late and at not in found:
            newest = max(late, key=lambda key: (received[key], key))
            found[at] = _event(*newest, received[newest])
    if people:
        found |= await _links(connection, people, asked)
    return found


def _event(event_id: str, source: str, received_at: datetime) -> Told:
    return {"event_id": event_id, "event_source": source, "received_at": received_at}


def _joined(change: Change) -> bool:
    return change.evidence.cause == "people_joined"


async def _named(
    connection: AsyncConnection, brand_id: int, changes: Iterable[tuple[int, Change]]
) -> dict[int, list[tuple[str, str]]]:
    """The events that the facts behind the rows come from."""
    given: dict[str, list[Any]] = {
        name: []
        for name in (
            *("order_at", "order_ids", "refund_at", "refund_orders", "refund_ids"),
            *("note_at", "note_ids", "creator_at", "creator_ids"),
            *("join_at", "join_groups", "join_members"),
        )
    }
    found: dict[int, list[tuple[str, str]]] = {}

    def ask(at: int, **values: Any) -> None:
        if None not in values.values():
            given[f"{next(iter(values)).split('_')[0]}_at"].append(at)
            for name, value in values.items():
                given[name].append(value)

    for at, change in changes:
        evidence = change.evidence
        match evidence.cause:
            case "refund" | "refund_corrected":
                ask(at, refund_orders=change.order_id, refund_ids=change.refund_id)
            case "late_order" | "order_corrected":
                ask(at, order_ids=evidence.act)
            case "note_changed":
                ask(at, note_ids=evidence.act)
            case "creator_changed":
                ask(at, creator_ids=evidence.act)
            case "late_join" | "late_leave" | "leave_gone" | "join_gone" | "source_changed":
                ask(at, join_groups=change.group_id, join_members=change.member_id)
            case "late_click" if change.click_event_id is not None:
                found.setdefault(at, []).append((change.click_event_id, change.click_source or ""))
    rows = await connection.execute(sql("exports", "evidence"), {"brand": brand_id, **given})
    for row in rows:
        found.setdefault(row.at, []).append((row.event_id, row.source))
    return found


async def _merges(
    connection: AsyncConnection,
    brand_id: int,
    changes: Iterable[tuple[int, Change]],
    since: datetime,
) -> dict[int, Told]:
    """The operators' merges, and their undoings, between the customers of changed rows."""
    people = [(at, each) for at, each in changes if each.evidence.cause in PEOPLE]
    if not people:
        return {}
    parts = {at: set(each.evidence.act.split("\0")) for at, each in people}
    customers = sorted({customer for each in parts.values() for customer in each})
    given = {"brand": brand_id, "since": since, "customers": customers}
    rows = (await connection.execute(sql("exports", "merges_since"), given)).all()
    found: dict[int, Told] = {}
    # The one that names the part by its very id comes last, and stands.
    for at, change in people:
        part = change.evidence.act.split("\0")[0][2:]
        for row in sorted(rows, key=lambda row: part in (row.one_id, row.other_id)):
            between = {row.one_customer, row.other_customer} <= parts[at]
            if _joined(change) and between and row.undone_at is None and row.made_at > since:
                found[at] = {"merge_id": row.merge_id, "actor": row.made_by}
            if not _joined(change) and between and row.undone_at and row.undone_at > since:
                found[at] = {"merge_id": row.merge_id, "actor": row.undone_by}
    return found


async def _links(
    connection: AsyncConnection, people: Sequence[tuple[int, Change]], asked: Mapping[str, Any]
) -> dict[int, Told]:
    """The events since that link two identities of what is one customer now."""
    rows = await connection.execute(
        text(
            "SELECT event_id, source, received_at, raw FROM event WHERE brand_id = :brand"
            " AND event_no >= :first AND received_at > :since"
            " AND strpos(raw, 'identity.linked') > 0 ORDER BY event_no LIMIT :most"
        ),
        {**asked, "most": LINKS},
    )
    links = []
    for row in rows:
        try:
            links.append((_linked.decode(row.raw).data, row))
        except (msgspec.MsgspecError, RecursionError):
            continue
    identities = await _identities(connection, asked["brand"], [each for _, each in people])
    found: dict[int, Told] = {}
    for at, change in people:
        whole = change.evidence.act.split("\0")[-1]
        for link, row in links:
            if {("member", link.member_id), ("buyer", link.buyer_id)} <= identities.get(
                whole, set()
            ):
                found[at] = _event(row.event_id, row.source, row.received_at)
    return found


async def _identities(
    connection: AsyncConnection, brand_id: int, changes: Iterable[Change]
) -> dict[str, set[tuple[str, str]]]:
    rows = await connection.execute(
        text(
            "SELECT space, id, customer_id FROM identity WHERE brand_id = :brand"
            " AND customer_id = ANY (CAST(:customers AS text[]))"
        ),
        {
            "brand": brand_id,
            "customers": sorted({each.evidence.act.split("\0")[-1] for each in changes}),
        },
    )
    found: dict[str, set[tuple[str, str]]] = {}
    for row in rows:
        found.setdefault(row.customer_id, set()).add((row.space, row.id))
    return found


async def _first_since(connection: AsyncConnection, brand_id: int, since: datetime) -> int | None:
    """The number of the first event received since: numbers grow with the time of arrival."""
    ends = await connection.execute(
        text("SELECT min(event_no), max(event_no) FROM event WHERE brand_id = :brand"),
        {"brand": brand_id},
    )
    low, high = ends.one()
    if low is None:
        return None
    while low < high:
        middle = (low + high) // 2
        at = await connection.scalar(
            text(
                "SELECT received_at FROM event WHERE brand_id = :brand AND event_no >= :no"
                " ORDER BY event_no LIMIT 1"
            ),
            {"brand": brand_id, "no": middle},
        )
        if at is not None and at > since:
            high = middle
        else:
            low = middle + 1
    return int(low)
