"""The timeline of one customer: what happened with any of its identities, page by page."""

from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Literal, get_args

import msgspec
from sqlalchemy import literal_column
from sqlalchemy.ext.asyncio import AsyncConnection

from app.core.errors import BadParameter
from app.core.page import Sort, read_cursor, write_cursor
from app.core.sql import sql

Kind = Literal[
    "join",
    "leave",
    "message",
    "click",
    "live_view",
    "direct_message",
    "order",
    "refund",
    "tag",
    "remark",
]
KINDS: tuple[Kind, ...] = get_args(Kind)

ORDER = (
    Sort(literal_column("at"), datetime, descending=True),
    Sort(literal_column("kind"), str, descending=True),
    Sort(literal_column("ref"), str, descending=True),
)


class Moment(msgspec.Struct, frozen=True, omit_defaults=True, kw_only=True):
    """Something that happened at an instant; what its kind has not, or is not known, is left out.

    An order has a moment for each `state` that it came to. `inferred`: a snapshot showed it.
    """

    kind: Kind
    at: datetime
    space: Literal["member", "buyer"]
    id: str
    group_id: str | None = None
    group_name: str | None = None
    source_kind: str | None = None
    inviter_member_id: str | None = None
    inferred: bool | None = None
    reason: str | None = None
    message_id: str | None = None
    message_kind: str | None = None
    text: str | None = None
    recalled_at: datetime | None = None
    direction: Literal["sent", "received"] | None = None
    note_id: str | None = None
    note_title: str | None = None
    live_id: str | None = None
    live_title: str | None = None
    sku: str | None = None
    order_id: str | None = None
    order_kind: str | None = None
    state: Literal["placed", "paid", "cancelled", "completed"] | None = None
    refund_id: str | None = None
    amount: int | None = None
    tag_id: str | None = None
    name: str | None = None
    remark_id: str | None = None
    by: str | None = None


class Page(msgspec.Struct, frozen=True):
    """Moments, newest first, and the cursor of the following page."""

    items: list[Moment]
    next: str | None


async def page(
    connection: AsyncConnection,
    brand_id: int,
    customer_id: str,
    kinds: Sequence[str],
    limit: int,
    cursor: str | None,
) -> Page:
    """One page of the customer's moments of these kinds.

    Raises:
        BadParameter: where the cursor is none of a timeline.
    """
    until, kind, ref = _place(cursor)
    found = await connection.execute(
        sql("crm", "timeline"),
        {
            "brand": brand_id,
            "customer": customer_id,
            "kinds": list(kinds),
            "until": until,
            "kind": kind,
            "ref": ref,
            "most": limit + 1,
        },
    )
    rows = found.all()
    items = [
        msgspec.convert(
            {"kind": row.kind, "at": row.at, "space": row.space, "id": row.id}
            | msgspec.json.decode(row.detail),
            Moment,
        )
        for row in rows[:limit]
    ]
    if len(rows) <= limit:
        return Page(items, None)
    last = rows[limit - 1]
    return Page(items, write_cursor("timeline", [last.at, last.kind, last.ref]))


def _place(cursor: str | None) -> tuple[datetime | None, str, str]:
    """After which row a page begins: its instant, kind and ref; no instant for the first page."""
    if cursor is None:
        return None, "", ""
    at, kind, ref = read_cursor("timeline", cursor, ORDER)
    try:
        return at.astimezone(UTC), kind, ref
    except OverflowError:
        raise BadParameter("cursor", "is not one of this list and order") from None
