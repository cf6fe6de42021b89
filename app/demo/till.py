"""What the shop tells about an order: placed, paid, completed; amounts are in fen."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from app.demo.brand import CURRENCY
from app.demo.catalogue import Product, pick_product
from app.demo.clock import minutes_later
from app.demo.people import Person
from app.demo.stage import Stage

COUPON = 2000
COUPON_FROM = 19900
DEPOSIT_PERCENT = 20


@dataclass(frozen=True)
class Order:
    """An order as the till wrote it."""

    order_id: str
    person: Person
    amount: int
    paid_at: datetime


def fill_basket(stage: Stage, *, member: bool) -> list[dict[str, Any]]:
    """The items of one order; members take a second article more often, and use a coupon."""
    rng = stage.rng
    items = []
    for _ in range(2 if stage.chance(24 if member else 12) else 1):
        product = pick_product(rng)
        # Only what is cheap is bought twice at once.
        quantity = 2 if product.price < 15000 and stage.chance(10) else 1
        items.append(item(product, quantity, product.price * quantity))
    if member and items[0]["amount"] >= COUPON_FROM and stage.chance(30):
        items[0]["amount"] -= COUPON
    return items


def item(product: Product, quantity: int, amount: int) -> dict[str, Any]:
    """One line of an order."""
    return {
        "sku": product.sku,
        "title": product.title,
        "quantity": quantity,
        "amount": amount,
    }


def basket_amount(items: list[dict[str, Any]]) -> int:
    """What the items cost together."""
    return sum(line["amount"] for line in items)


def take_order(
    stage: Stage,
    person: Person,
    paid_at: datetime,
    items: list[dict[str, Any]],
    touch: dict[str, Any] | None = None,
    *,
    kind: str | None = None,
    amount: int | None = None,
    original_order_id: str | None = None,
) -> Order:
    """Tells that an order is placed and, some minutes later, paid."""
    order = Order(
        stage.new_id("o"), person, basket_amount(items) if amount is None else amount, paid_at
    )
    placed_at = paid_at - timedelta(seconds=stage.rng.randint(20, 80))
    head = {
        "order_id": order.order_id,
        "buyer_id": person.buyer_id,
        "amount": order.amount,
        "currency": CURRENCY,
        "kind": kind,
        "original_order_id": original_order_id,
        "touch": touch,
    }
    stage.tell(placed_at, "order.placed", {**head, "items": items})
    stage.tell(paid_at, "order.paid", head)
    return order


def take_deposit(
    stage: Stage,
    person: Person,
    paid_at: datetime,
    items: list[dict[str, Any]],
    touch: dict[str, Any] | None,
) -> list[Order]:
    """Tells of a deposit and, a week later, of the presale order over the rest."""
    whole = basket_amount(items)
    part = whole * DEPOSIT_PERCENT // 100
    deposit = take_order(stage, person, paid_at, items, touch, kind="deposit", amount=part)
    rest = take_order(
        stage,
        person,
        minutes_later(stage.rng, paid_at + timedelta(days=7), 0, 120),
        items,
        touch,
        kind="presale",
        amount=whole - part,
        original_order_id=deposit.order_id,
    )
    return [deposit, rest]


def complete(stage: Stage, order: Order) -> None:
    """Tells that the buyer confirmed the receipt, 5 to 12 days after paying."""
    at = minutes_later(stage.rng, order.paid_at, 5 * 24 * 60, 12 * 24 * 60)
    stage.tell(at, "order.completed", {"order_id": order.order_id})


def abandon(stage: Stage, person: Person, placed_at: datetime) -> None:
    """Tells of an order that is placed, never paid, and cancelled by the shop's clock."""
    items = fill_basket(stage, member=False)
    order_id = stage.new_id("o")
    stage.tell(
        placed_at,
        "order.placed",
        {
            "order_id": order_id,
            "buyer_id": person.buyer_id,
            "amount": basket_amount(items),
            "currency": CURRENCY,
            "kind": "normal",
            "items": items,
        },
    )
    stage.tell(placed_at + timedelta(minutes=30), "order.cancelled", {"order_id": order_id})
