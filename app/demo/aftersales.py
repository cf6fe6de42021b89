"""What comes after an order: refunds, replacements, gifts, and the shop's own oddities."""

from __future__ import annotations

from datetime import datetime, timedelta

from app.demo.catalogue import GIFT, TEST_ARTICLE, pick_product
from app.demo.clock import DAYS, minutes_later, waking_moment
from app.demo.groups import ASSISTANTS
from app.demo.people import Person
from app.demo.phrases import REFUND_REASONS
from app.demo.stage import Stage
from app.demo.till import Order, abandon, complete, item, take_order

REFUNDED_PERCENT = 6
FREIGHT = 1200
REPLACEMENTS = 14
GIFTS = 20
TESTS = 6
ABANDONED = 45


def settle(stage: Stage, orders: list[Order]) -> None:
    """Tells how each order ends: most are completed, some are refunded in part or wholly."""
    for order in orders:
        if not stage.chance(REFUNDED_PERCENT):
            complete(stage, order)
            continue
        at = minutes_later(stage.rng, order.paid_at, 60, 15 * 24 * 60)
        if stage.chance(55):
            _refund(stage, order, at, order.amount)
            if stage.chance(40):
                stage.tell(at, "order.cancelled", {"order_id": order.order_id})
        else:
            _refund(stage, order, at, order.amount * stage.rng.choice((10, 20, 30, 50)) // 100)
            complete(stage, order)


def _refund(stage: Stage, order: Order, at: datetime, amount: int) -> None:
    stage.tell(
        at,
        "order.refunded",
        {
            "order_id": order.order_id,
            "refund_id": stage.new_id("r"),
            "amount": amount,
            "reason": stage.rng.choice(REFUND_REASONS),
        },
    )


def refund_oddly(stage: Stage, orders: list[Order]) -> None:
    """Tells of a refund with the freight on top, and of one that is older than the payment."""
    last_week = stage.window.end - timedelta(weeks=1)
    surplus, early = stage.rng.sample([o for o in orders if o.paid_at < last_week], 2)
    _refund(stage, surplus, surplus.paid_at + timedelta(days=2), surplus.amount + FREIGHT)
    _refund(stage, early, early.paid_at - timedelta(seconds=10), early.amount * 10 // 100)


def send_without_payment(stage: Stage, orders: list[Order]) -> None:
    """Tells of replacements for broken pieces and of birthday gifts, both for nothing."""
    for order in stage.rng.sample(orders, REPLACEMENTS):
        at = waking_moment(stage.rng, order.paid_at + timedelta(days=stage.rng.randint(6, 12)))
        items = [item(pick_product(stage.rng), 1, 0)]
        take_order(
            stage,
            order.person,
            at,
            items,
            kind="replacement",
            original_order_id=order.order_id,
        )
    for order in stage.rng.sample(orders, GIFTS):
        at = waking_moment(stage.rng, order.paid_at + timedelta(days=stage.rng.randint(10, 40)))
        take_order(stage, order.person, at, [item(GIFT, 1, 0)], kind="gift")


def try_the_till(stage: Stage) -> None:
    """Tells of the orders with which the staff tries the shop out."""
    for _ in range(TESTS):
        at = waking_moment(stage.rng, stage.window.day(stage.rng.randrange(1, DAYS)))
        items = [item(TEST_ARTICLE, 1, TEST_ARTICLE.price)]
        take_order(stage, ASSISTANTS[0], at, items, kind="test")


def think_better_of_it(stage: Stage, people: list[Person]) -> None:
    """Tells of orders that were placed on a whim, never paid, and cancelled by the shop."""
    for person in stage.rng.sample(people, ABANDONED):
        day = stage.window.day(stage.rng.randrange(7, DAYS))
        abandon(stage, person, waking_moment(stage.rng, day))
