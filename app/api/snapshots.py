"""Snapshots of groups: for bots that can list members, but hear nothing of joins and leaves."""

import hashlib
from datetime import UTC, datetime
from typing import Annotated, Any

import msgspec
from litestar import Request, Response, get, post
from litestar.datastructures import State
from litestar.di import NamedDependency
from litestar.params import FromPath, Parameter
from sqlalchemy import Select, func, select, text

from app.api.answers import answer
from app.api.bodies import decode_body, json_body
from app.core import page
from app.core.clock import parse_instant
from app.core.db import transaction
from app.core.errors import NotFound, Problem
from app.core.page import Sort
from app.core.sql import sql
from app.crm import brands
from app.crm.caller import Caller
from app.ingest.decode import Rejection, Sender, read_event
from app.ingest.inbox import CONFLICT, store
from app.ingest.text import storable
from app.models.chat import MembershipEvent
from app.payloads import Key

SOURCE = "snapshot"
MOST_BYTES = 1_048_576
MOST_MEMBERS = 20_000
LATEST = (
    Sort(MembershipEvent.at.expression, datetime, descending=True),
    Sort(MembershipEvent.event_id.expression, str, descending=True),
    Sort(MembershipEvent.event_source.expression, str, descending=True),
)


class SnapshotBody(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """All members of a group as the platform shows them at `taken_at`, RFC 3339 with an offset.

    `id` makes a repeat harmless; where left out, group and `taken_at` do.
    """

    member_ids: Annotated[list[Key], msgspec.Meta(max_length=MOST_MEMBERS)]
    taken_at: str
    id: Annotated[str, msgspec.Meta(min_length=1, max_length=128)] | None = None


class Expected(msgspec.Struct, frozen=True):
    """What the snapshot changes by what is known now; events still to come may change it.

    `open` is how many are members at that instant without it. `suspect`: it names less than half
    of them, and so closes nobody.
    """

    open: int
    opens: int
    closes: int
    suspect: bool


class SnapshotReceipt(msgspec.Struct, frozen=True):
    """The snapshot is stored as this event; a duplicate had been before."""

    id: str
    source: str
    group_id: str
    taken_at: datetime
    members: int
    duplicate: bool
    expected: Expected


class Snapshot(msgspec.Struct, frozen=True):
    """A snapshot as it was folded in. `suspect`: it named less than half of the members."""

    id: str
    source: str
    taken_at: datetime
    members: int
    suspect: bool


class SnapshotPage(msgspec.Struct, frozen=True):
    """Snapshots, the latest first; `next` is the cursor of the following page."""

    items: list[Snapshot]
    next: str | None


@post(
    "/v1/groups/{group_id:str}/snapshots",
    summary="Post who is in a group",
    operation_id="postSnapshot",
    operation_class=json_body(SnapshotBody),
    tags=["groups"],
    opt={"scope": "events:write", "problems": [409]},
    status_code=202,
)
async def post_snapshot(
    request: Request[Any, Any, Any],
    caller: NamedDependency[Caller],
    state: State,
    group_id: FromPath[str],
) -> Response[SnapshotReceipt]:
    """It becomes a group.snapshot event; who is not listed has left, who is new has joined."""
    asked = await decode_body(request, SnapshotBody, MOST_BYTES)
    members = sorted(set(asked.member_ids))
    now = datetime.now(UTC)
    async with transaction(state.pool, caller.brand_id) as connection:
        brand = await brands.get(connection, caller.brand_id)
        event = {
            "id": asked.id or _id(group_id, asked.taken_at),
            "type": "group.snapshot",
            "time": asked.taken_at,
            "data": {"group_id": group_id, "member_ids": members},
        }
        verdict = read_event(_raw(event), Sender(SOURCE, brand.currency), now)
        if isinstance(verdict, Rejection):
            raise _problem(verdict)
        fresh, known = await store(connection, caller.brand_id, [verdict])
        identity = (verdict.source, verdict.event_id)
        if identity not in fresh and known[identity] != verdict.content_hash:
            raise Problem(409, CONFLICT.code, CONFLICT.detail, field="/id")
        taken_at = parse_instant(asked.taken_at)
        found = await connection.execute(
            sql("api", "expected_of_snapshot"),
            {
                "brand": caller.brand_id,
                "group": group_id,
                "at": taken_at,
                "members": members,
            },
        )
        row = found.one()
    state.waker.wake()
    suspect = 2 * row.stay < row.open
    expected = Expected(
        row.open, len(members) - row.stay, 0 if suspect else row.open - row.stay, suspect
    )
    return answer(
        SnapshotReceipt(
            id=verdict.event_id,
            source=SOURCE,
            group_id=group_id,
            taken_at=taken_at,
            members=len(members),
            duplicate=identity not in fresh,
            expected=expected,
        ),
        202,
    )


@get(
    "/v1/groups/{group_id:str}/snapshots",
    summary="List the snapshots of a group",
    operation_id="listSnapshots",
    tags=["groups"],
    opt={"scope": "read"},
)
async def list_snapshots(
    caller: NamedDependency[Caller],
    state: State,
    group_id: FromPath[str],
    limit: Annotated[int, Parameter(ge=1, le=page.MOST, description="Rows of the page.")] = 50,
    cursor: Annotated[str | None, Parameter(description="`next` of the page before.")] = None,
) -> Response[SnapshotPage]:
    """The snapshots of a group by falling time, wherever they came from, and which are suspect."""
    asked: Select[*tuple[Any, ...]] = select(
        MembershipEvent.at,
        MembershipEvent.event_id,
        MembershipEvent.event_source,
        MembershipEvent.suspect,
        func.coalesce(func.cardinality(MembershipEvent.member_ids), 0).label("members"),
    ).where(
        MembershipEvent.brand_id == caller.brand_id,
        MembershipEvent.group_id == group_id,
        MembershipEvent.member_id.is_(None),
        MembershipEvent.kind == "snapshot",
    )
    if cursor is not None:
        asked = asked.where(page.after(LATEST, page.read_cursor("snapshots", cursor, LATEST)))
    if not storable(group_id):
        raise NotFound("group")
    async with transaction(state.pool, caller.brand_id) as connection:
        known = await connection.scalar(
            text("SELECT 1 FROM chat_group WHERE brand_id = :brand AND group_id = :group"),
            {"brand": caller.brand_id, "group": group_id},
        )
        if known is None:
            raise NotFound("group")
        found = await connection.execute(page.ordered(asked, LATEST).limit(limit + 1))
        rows = found.all()
    items = [
        Snapshot(each.event_id, each.event_source, each.at, each.members, each.suspect)
        for each in rows[:limit]
    ]
    last = rows[limit - 1] if len(rows) > limit else None
    return answer(
        SnapshotPage(
            items,
            None
            if last is None
            else page.write_cursor("snapshots", [last.at, last.event_id, last.event_source]),
        )
    )


def _id(group_id: str, taken_at: str) -> str:
    """The id of a snapshot that has none: the same for the same group and instant."""
    try:
        taken_at = parse_instant(taken_at).isoformat()
    except (ValueError, OverflowError):
        return "none"  # The event is refused for its time.
    group = hashlib.blake2b(group_id.encode("utf-8", "replace"), digest_size=12).hexdigest()
    return f"{group}@{taken_at}"


def _raw(event: dict[str, Any]) -> bytes:
    try:
        return msgspec.json.encode(event)
    except UnicodeEncodeError:
        raise NotFound("group") from None


def _problem(why: Rejection) -> Problem:
    """What is wrong with the event, as the fields of the request have it."""
    fields = {"/time": "/taken_at", "/data/group_id": None}
    field = fields.get(why.field or "", (why.field or "").removeprefix("/data")) or None
    return Problem(422, why.code, why.detail, field=field)
