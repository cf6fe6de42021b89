"""Which orders are asked for: by their state, their amounts, and what they are credited to."""

from typing import Any, Literal

import msgspec
from sqlalchemy import ColumnElement, Select, Text, and_, any_, func, literal, select

from app.lists.condition import Range, given, ranged
from app.lists.listing import Filter, Listing
from app.models.tables import metadata

ORDER = metadata.tables["shop_order"]
CREDIT = metadata.tables["order_credit"]
NOTE = metadata.tables["note"]
IDENTITY = metadata.tables["identity"]

OrderStatus = Literal["placed", "paid", "completed", "cancelled"]
OrderCell = Literal["member_and_touch", "member_only", "touch_only", "neither"]
OrderKind = Literal["normal", "deposit", "presale", "replacement", "gift", "test"]
Refunded = Literal["none", "partial", "full"]


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
                _credited(
                    brand_id, None if self.cell is None else c.cell == self.cell, indexed=False
                ),
                _credited(
                    brand_id,
                    refunded[self.refunded] if self.refunded else None,
                    indexed=self.refunded != "none",
                ),
                _credited(brand_id, _is(c.group_id, self.group_id)),
                _credited(brand_id, _is(c.note_id, self.note_id)),
                _credited(brand_id, _is(c.live_id, self.live_id)),
                _by_creator(brand_id, self.creator_id),
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


def _by_creator(brand_id: int, creator_id: str | None) -> Filter | None:
    """The creator that the order names, else that of the credited note."""
    if creator_id is None:
        return None
    c, n = CREDIT.c, NOTE.c
    maker = select(n.creator_id).where(n.brand_id == brand_id, n.note_id == c.note_id)
    credited = func.coalesce(c.touch_creator_id, maker.correlate(CREDIT).scalar_subquery())
    notes = select(n.note_id).where(n.brand_id == brand_id, n.creator_id == creator_id)
    of_brand = select(c.order_id).where(c.brand_id == brand_id)
    led = of_brand.where(
        c.note_id == any_(func.array(notes.scalar_subquery())),
        func.coalesce(c.touch_creator_id, creator_id) == creator_id,
    ).union_all(of_brand.where(c.touch_creator_id == creator_id))
    return _credited(brand_id, credited == creator_id, select(led.subquery("led").c.order_id))


def _credited(
    brand_id: int,
    condition: ColumnElement[bool] | None,
    led: Select[Any] | None = None,
    *,
    indexed: bool = True,
) -> Filter | None:
    """Its credit fulfils a condition; `led` are these orders, found otherwise."""
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

    if led is None:
        led = select(c.order_id).where(c.brand_id == brand_id, condition)
    return Filter(holds, "order_id", led, indexed=indexed)
