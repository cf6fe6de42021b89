"""Orders: list and one."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any, Literal

import msgspec
from msgspec import UNSET
from sqlalchemy import ColumnElement, Row, Text, and_, any_, func, literal, select
from sqlalchemy.ext.asyncio import AsyncConnection

from app.lists.condition import Range, given, ranged
from app.lists.listing import Asked, By, Filter, Listing
from app.lists.names import Sparse, customers_of, names_of, rows_of
from app.models.tables import metadata

ORDER = metadata.tables["shop_order"]
CREDIT = metadata.tables["order_credit"]
REFUND = metadata.tables["refund"]
NOTE = metadata.tables["note"]
IDENTITY = metadata.tables["identity"]

OrderSort = Literal["-paid_at", "paid_at", "-placed_at", "placed_at", "-amount", "amount"]
OrderStatus = Literal["placed", "paid", "completed", "cancelled"]
OrderCell = Literal["member_and_touch", "member_only", "touch_only", "neither"]
OrderKind = Literal["normal", "deposit", "presale", "replacement", "gift", "test"]
Refunded = Literal["none", "partial", "full"]
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


class OrderFilters(msgspec.Struct, frozen=True):
    """What orders are asked for; group, note, creator and live are those credited."""

    status: OrderStatus | None = None
    kind: OrderKind | None = None
    customer_id: str | None = None
    buyer_id: str | None = None
    cell: OrderCell | None = None
    refunded: Refunded | None = None
    group_id: str | None = None
    note_id: str | None = None
    creator_id: str | None = None
    live_id: str | None = None
    paid: Range = Range()
    placed: Range = Range()
    amount: Range = Range()

    def listing(self, brand_id: int) -> Listing:
        """These of a brand's orders."""
        c = CREDIT.c
        full = and_(c.amount > 0, c.refunded >= c.amount)
        refunded = {
            "none": c.refunded == 0,
            "partial": and_(c.refunded > 0, c.refunded < c.amount),
            "full": and_(c.refunded > 0, full),
        }
        return Listing(
            ORDER,
            (lambda t: t.c.brand_id == brand_id,),
            given(
                ranged("paid_at", self.paid),
                ranged("placed_at", self.placed),
                ranged("amount", self.amount),
                _status(self.status),
                None if self.kind is None else Filter(lambda t: _kind(t) == self.kind),
                _by_buyers(brand_id, self.customer_id),
                _one_of("buyer_id", self.buyer_id),
                _credited(brand_id, None if self.cell is None else c.cell == self.cell),
                _credited(brand_id, refunded[self.refunded] if self.refunded else None),
                _credited(brand_id, _is(c.group_id, self.group_id)),
                _credited(brand_id, _is(c.note_id, self.note_id)),
                _credited(brand_id, _is(c.live_id, self.live_id)),
                _credited(brand_id, _by_creator(brand_id, self.creator_id)),
            ),
        )


def _kind(t: Any) -> ColumnElement[str]:
    kind: ColumnElement[str] = func.coalesce(t.c.kind, "normal")
    return kind


def _is(column: ColumnElement[Any], value: str | None) -> ColumnElement[bool] | None:
    return None if value is None else column == value


def _status(asked: OrderStatus | None) -> Filter | None:
    def holds(t: Any) -> ColumnElement[bool]:
        c = t.c
        told: dict[OrderStatus, ColumnElement[bool]] = {
            "cancelled": c.cancelled_at.is_not(None),
            "completed": and_(c.cancelled_at.is_(None), c.completed_at.is_not(None)),
            "paid": and_(
                c.cancelled_at.is_(None), c.completed_at.is_(None), c.paid_at.is_not(None)
            ),
            "placed": and_(c.cancelled_at.is_(None), c.completed_at.is_(None), c.paid_at.is_(None)),
        }
        return told[asked or "placed"]

    return None if asked is None else Filter(holds)


def _one_of(column: str, value: str | None) -> Filter | None:
    if value is None:
        return None
    return Filter(lambda t: t.c[column] == value, column, select(literal(value, Text)))


def _by_buyers(brand_id: int, customer_id: str | None) -> Filter | None:
    if customer_id is None:
        return None
    i = IDENTITY.c
    buyers = select(i.id).where(
        i.brand_id == brand_id, i.customer_id == customer_id, i.space == "buyer"
    )
    return Filter(
        lambda t: t.c.buyer_id == any_(func.array(buyers.scalar_subquery())), "buyer_id", buyers
    )


def _by_creator(brand_id: int, creator_id: str | None) -> ColumnElement[bool] | None:
    if creator_id is None:
        return None
    notes = select(NOTE.c.note_id).where(
        NOTE.c.brand_id == brand_id, NOTE.c.creator_id == creator_id
    )
    by_note = CREDIT.c.note_id == any_(func.array(notes.scalar_subquery()))
    named = CREDIT.c.touch_creator_id
    return func.coalesce(named == creator_id, by_note)


def _credited(brand_id: int, condition: ColumnElement[bool] | None) -> Filter | None:
    """Its credit fulfils a condition."""
    if condition is None:
        return None
    c = CREDIT.c

    def holds(t: Any) -> ColumnElement[bool]:
        fulfilled: ColumnElement[bool] = (
            select(condition)
            .where(c.brand_id == brand_id, c.order_id == t.c.order_id)
            .correlate(t)
            .scalar_subquery()
        )
        return fulfilled

    return Filter(holds, "order_id", select(c.order_id).where(c.brand_id == brand_id, condition))


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
