"""Orders: list and one."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any, Literal

import msgspec
from msgspec import UNSET
from sqlalchemy import Row, select
from sqlalchemy.ext.asyncio import AsyncConnection

from app.lists.credited import ORDER, OrderCell, OrderFilters, OrderStatus
from app.lists.listing import Asked, By
from app.lists.names import Sparse, customers_of, names_of, rows_of
from app.models.tables import metadata

REFUND = metadata.tables["refund"]

OrderSort = Literal["-paid_at", "paid_at", "-placed_at", "placed_at", "-amount", "amount"]
ORDERS = {
    "-paid_at": By(("paid_at", "order_id"), (datetime, str), True, nullable=True),
    "paid_at": By(("paid_at", "order_id"), (datetime, str), nullable=True),
    "-placed_at": By(("placed_at", "order_id"), (datetime, str), True, nullable=True),
    "placed_at": By(("placed_at", "order_id"), (datetime, str), nullable=True),
    "-amount": By(("amount", "order_id"), (int, str), True, nullable=True),
    "amount": By(("amount", "order_id"), (int, str), nullable=True),
}


class Item(msgspec.Struct, frozen=True):
    """A line of an order."""

    sku: str | None = None
    title: str | None = None
    quantity: int | None = None
    amount: int | None = None


class Paid(msgspec.Struct, frozen=True):
    """A refund of an order."""

    refund_id: str
    amount: int | None
    reason: str | None
    refunded_at: datetime | None


class Order(msgspec.Struct, frozen=True):
    """An order. `cell`, the credits and `refunded` are of GMV orders, null for others.

    `status`: cancelled, else completed, else paid, else placed, by what was told of it.
    """

    order_id: Sparse[str] = UNSET
    status: Sparse[OrderStatus] = UNSET
    kind: Sparse[str] = UNSET
    buyer_id: Sparse[str | None] = UNSET
    customer_id: Sparse[str | None] = UNSET
    amount: Sparse[int | None] = UNSET
    currency: Sparse[str | None] = UNSET
    refunded: Sparse[int | None] = UNSET
    placed_at: Sparse[datetime | None] = UNSET
    paid_at: Sparse[datetime | None] = UNSET
    cancelled_at: Sparse[datetime | None] = UNSET
    completed_at: Sparse[datetime | None] = UNSET
    original_order_id: Sparse[str | None] = UNSET
    cell: Sparse[OrderCell | None] = UNSET
    group_id: Sparse[str | None] = UNSET
    group_name: Sparse[str | None] = UNSET
    note_id: Sparse[str | None] = UNSET
    note_title: Sparse[str | None] = UNSET
    creator_id: Sparse[str | None] = UNSET
    creator_name: Sparse[str | None] = UNSET
    live_id: Sparse[str | None] = UNSET
    items: Sparse[list[Item]] = UNSET
    refunds: Sparse[list[Paid]] = UNSET


async def page(
    connection: AsyncConnection, brand_id: int, filters: OrderFilters, asked: Asked
) -> tuple[list[Order], str | None]:
    """A page of orders without their items and refunds, and the cursor of the next."""
    found = await filters.listing(brand_id).page(connection, "orders", ORDERS, asked)
    return await _dressed(connection, brand_id, found.rows), found.next


async def one(connection: AsyncConnection, brand_id: int, order_id: str) -> Order | None:
    """An order by its id, with its items and refunds."""
    rows = await connection.execute(
        select(ORDER).where(ORDER.c.brand_id == brand_id, ORDER.c.order_id == order_id)
    )
    row = rows.one_or_none()
    if row is None:
        return None
    (order,) = await _dressed(connection, brand_id, [row])
    r = REFUND.c
    refunds = await connection.execute(
        select(r.refund_id, r.amount, r.reason, r.refunded_at)
        .where(r.brand_id == brand_id, r.order_id == order_id)
        .order_by(r.refunded_at, r.refund_id)
    )
    return msgspec.structs.replace(
        order,
        items=msgspec.convert(row.items or [], list[Item], strict=False),
        refunds=[Paid(*refund) for refund in refunds],
    )


def _told(row: Row[Any]) -> OrderStatus:
    if row.cancelled_at is not None:
        return "cancelled"
    if row.completed_at is not None:
        return "completed"
    return "placed" if row.paid_at is None else "paid"


async def _dressed(
    connection: AsyncConnection, brand_id: int, rows: Sequence[Row[Any]]
) -> list[Order]:
    of = ("cell", "refunded", "group_id", "note_id", "live_id", "touch_creator_id")
    ids = [row.order_id for row in rows]
    credits = await rows_of(connection, brand_id, "order_credit", ids, *of)
    kept = credits.values()
    groups = await names_of(
        connection, brand_id, "chat_group", (each.group_id for each in kept), "name"
    )
    notes = await rows_of(
        connection, brand_id, "note", (each.note_id for each in kept), "title", "creator_id"
    )
    makers = {each.touch_creator_id for each in kept} | {n.creator_id for n in notes.values()}
    creators = await names_of(connection, brand_id, "creator", makers, "name")
    customers = await customers_of(connection, brand_id, "buyer", (row.buyer_id for row in rows))

    def item(row: Row[Any]) -> Order:
        credit = credits.get(row.order_id)
        note = notes.get(credit.note_id) if credit else None
        creator_id = None
        if credit is not None:
            creator_id = credit.touch_creator_id or (note.creator_id if note else None)
        return Order(
            order_id=row.order_id,
            status=_told(row),
            kind=row.kind or "normal",
            buyer_id=row.buyer_id,
            customer_id=customers.get(row.buyer_id),
            amount=row.amount,
            currency=row.currency,
            refunded=credit.refunded if credit else None,
            placed_at=row.placed_at,
            paid_at=row.paid_at,
            cancelled_at=row.cancelled_at,
            completed_at=row.completed_at,
            original_order_id=row.original_order_id,
            cell=credit.cell if credit else None,
            group_id=credit.group_id if credit else None,
            group_name=groups.get(credit.group_id) if credit else None,
            note_id=credit.note_id if credit else None,
            note_title=note.title if note else None,
            creator_id=creator_id,
            creator_name=creators.get(creator_id),
            live_id=credit.live_id if credit else None,
        )

    return [item(row) for row in rows]
