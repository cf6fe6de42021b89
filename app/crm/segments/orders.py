"""Orders and refunds: how often and how much the customer bought, what, and by whose credit."""

from typing import Annotated, Any, Literal

from msgspec import UNSET, Meta, UnsetType
from sqlalchemy import ColumnElement, and_, cast, func, or_, select
from sqlalchemy.dialects.postgresql import JSONB

from app.crm.segments.condition import (
    Clock,
    Condition,
    Counted,
    Found,
    Keys,
    Reads,
    When,
    customers,
)
from app.crm.segments.memberships import notes_of
from app.models.credit import OrderCredit, PurchaseDay, RefundCredit
from app.models.customer import Customer
from app.models.shop import ShopOrder

Measure = Literal["purchases", "orders", "gmv", "net"]
Cell = Literal["member_and_touch", "member_only", "touch_only", "neither"]
Cells = Annotated[list[Cell], Meta(min_length=1)]


class Purchases(Counted, frozen=True, kw_only=True):
    """How much the customer bought; money in the currency's minor unit.

    measure: purchases (orders with an amount that are not fully refunded, those of one local day
    are one; the default), orders (GMV orders), gmv (their amounts), net (less what was refunded of
    them). The others are of the order: when it was paid, its cell and credits, and what is in it.
    """

    measure: Measure = "purchases"
    when: When | UnsetType = UNSET
    cells: Cells | UnsetType = UNSET
    group_ids: Keys | UnsetType = UNSET
    note_ids: Keys | UnsetType = UNSET
    creator_ids: Keys | UnsetType = UNSET
    live_ids: Keys | UnsetType = UNSET
    skus: Keys | UnsetType = UNSET

    @property
    def reads(self) -> set[Reads]:
        """Notes have creators that can change."""
        return set() if self.creator_ids is UNSET else {"notes"}

    def find(self, clock: Clock) -> Found:
        """The customers of whom it holds."""
        of_order = self._of_order(clock)
        if not of_order and self.skus is UNSET and self.when is UNSET:
            return customers(clock, [self.of(OF_CUSTOMER[self.measure])])
        if self.measure == "purchases" and not of_order and self.skus is UNSET:
            return self._by_day(clock)
        key = OrderCredit.customer_id
        conditions: list[ColumnElement[bool]] = [
            OrderCredit.brand_id == clock.brand_id,
            *clock.asked(key),
            *of_order,
        ]
        if self.when is not UNSET:
            conditions += self.when.of_days(clock, OrderCredit.paid_day)
        if self.measure == "purchases":
            conditions += [OrderCredit.amount > 0, OrderCredit.fully_refunded_at.is_(None)]
        joins: list[tuple[Any, ColumnElement[bool]]] = []
        if self.skus is not UNSET:
            joins.append((ShopOrder, ShopOrder.order_id == OrderCredit.order_id))
            bought = or_(*(cast(ShopOrder.items, JSONB).contains([{"sku": s}]) for s in self.skus))
            conditions += [ShopOrder.brand_id == clock.brand_id, bought]
        if self.asks_for_any and self.measure in ("purchases", "orders"):
            rows = select(key.label("customer_id")).where(*conditions)
            for table, on in joins:
                rows = rows.join(table, on)
            return Found(rows)
        return self.grouped(key, VALUE[self.measure], conditions, *joins)

    def _by_day(self, clock: Clock) -> Found:
        """Purchases are days, and these are kept."""
        key = PurchaseDay.customer_id
        conditions = [PurchaseDay.brand_id == clock.brand_id, *clock.asked(key)]
        if self.when is not UNSET:
            conditions += self.when.of_days(clock, PurchaseDay.day)
        if self.asks_for_any:
            return Found(select(key.label("customer_id")).where(*conditions))
        return self.grouped(key, func.count(), conditions)

    def _of_order(self, clock: Clock) -> list[ColumnElement[bool]]:
        conditions: list[ColumnElement[bool]] = []
        for column, values in (
            (OrderCredit.cell, self.cells),
            (OrderCredit.group_id, self.group_ids),
            (OrderCredit.note_id, self.note_ids),
            (OrderCredit.live_id, self.live_ids),
        ):
            if values is not UNSET:
                conditions.append(column.in_(values))
        if self.creator_ids is not UNSET:
            conditions.append(
                or_(
                    OrderCredit.touch_creator_id.in_(self.creator_ids),
                    and_(
                        OrderCredit.touch_creator_id.is_(None),
                        OrderCredit.note_id.in_(notes_of(clock, self.creator_ids)),
                    ),
                )
            )
        return conditions


VALUE: dict[Measure, ColumnElement[Any]] = {
    "purchases": func.count(OrderCredit.paid_day.distinct()),
    "orders": func.count(),
    "gmv": func.sum(OrderCredit.amount),
    "net": func.sum(OrderCredit.amount - OrderCredit.refunded),
}

OF_CUSTOMER: dict[Measure, Any] = {
    "purchases": Customer.purchase_days,
    "orders": Customer.orders,
    "gmv": Customer.gmv,
    "net": Customer.net,
}
"""The same over all of a customer's orders: kept in its row, 0 for who has none."""


class FirstPurchase(Condition, frozen=True, kw_only=True):
    """The customer's first purchase of all was made then."""

    when: When

    def find(self, clock: Clock) -> Found:
        """The customers of whom it holds."""
        return customers(clock, self.when.of_instants(clock, Customer.first_paid_at))


class LastPurchase(Condition, frozen=True, kw_only=True):
    """The customer's last purchase was made then."""

    when: When

    def find(self, clock: Clock) -> Found:
        """The customers of whom it holds."""
        return customers(clock, self.when.of_instants(clock, Customer.last_paid_at))


class Refunds(Counted, frozen=True, kw_only=True):
    """How much the customer was given back of its GMV orders; when: at the refund's own time.

    measure: refunds (how many; the default) or amount (in the currency's minor unit).
    """

    measure: Literal["refunds", "amount"] = "refunds"
    when: When | UnsetType = UNSET

    def find(self, clock: Clock) -> Found:
        """The customers of whom it holds."""
        key = RefundCredit.customer_id
        conditions = [RefundCredit.brand_id == clock.brand_id, *clock.asked(key)]
        if self.when is not UNSET:
            conditions += self.when.of_instants(clock, RefundCredit.refunded_at)
        value = func.count() if self.measure == "refunds" else func.sum(RefundCredit.amount)
        return self.grouped(key, value, conditions)
