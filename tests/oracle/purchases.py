"""Spec 4.1, 4.4: the purchases of each customer, and the local days on which they were made."""

from collections import defaultdict
from datetime import date
from functools import lru_cache

from .clock import local_day
from .credit import Credit, credits
from .facts import Customer
from .world import World


@lru_cache(maxsize=32)
def purchases(past: World) -> dict[Customer, list[Credit]]:
    """GMV orders of more than nothing that are not fully refunded, by (paid_at, order_id)."""
    found: dict[Customer, list[Credit]] = defaultdict(list)
    for credit in credits(past).values():
        if credit.order.refunded() < credit.order.amount:
            found[credit.order.customer].append(credit)
    return found


@lru_cache(maxsize=32)
def first_of_day(past: World) -> dict[Customer, list[Credit]]:
    """Of a customer's purchases on one local day only the first."""
    found: dict[Customer, list[Credit]] = {}
    for customer, bought in purchases(past).items():
        firsts: dict[date, Credit] = {}
        for credit in bought:
            firsts.setdefault(day_of(past, credit), credit)
        found[customer] = list(firsts.values())
    return found


def day_of(past: World, credit: Credit) -> date:
    return local_day(past.zone, credit.order.paid_at)


def days_between(past: World, customer: Customer, start: int, end: int) -> set[date]:
    """The local days of the customer's purchases in [start, end)."""
    return {
        day_of(past, credit)
        for credit in purchases(past).get(customer, ())
        if start <= credit.order.paid_at < end
    }
