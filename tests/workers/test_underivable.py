"""A customer whose credits cannot be derived: put off, and everybody else goes on."""

import pytest

from tests.make import Service
from tests.stack import Stack
from tests.workers.events import order
from tests.workers.test_poison import until


@pytest.fixture(scope="module", autouse=True)
def worker(stack: Stack) -> None:
    stack.worker()


def test_others_are_derived_and_it_follows_once_it_can(web: Service) -> None:
    brand = web.brand()
    events = [order(n) for n in range(1, 6)]
    for n, event in enumerate(events):
        event["data"]["buyer_id"] = f"buyer {n}"
    brand.post(events)
    brand.drain()
    given = {"b": brand.brand_id}
    first = events[0]["data"]["order_id"]
    # No event can do this: an amount is always there.
    web.sql(
        "UPDATE shop_order SET amount = NULL WHERE brand_id = :b AND order_id = :o",
        **given,
        o=first,
    )
    web.sql("DELETE FROM order_credit WHERE brand_id = :b", **given)
    web.sql(
        "INSERT INTO dirty_customer (brand_id, customer_id)"
        " SELECT brand_id, customer_id FROM identity WHERE brand_id = :b",
        **given,
    )
    credits = "SELECT order_id FROM order_credit WHERE brand_id = :b"
    until(lambda: len(web.sql(credits, **given)) == 4)
    assert brand.ask("/v1/status")["pending_recomputes"] == 1
    web.sql(
        "UPDATE shop_order SET amount = 1 WHERE brand_id = :b AND order_id = :o", **given, o=first
    )
    web.sql("UPDATE dirty_customer SET since = now() WHERE brand_id = :b", **given)
    until(lambda: len(web.sql(credits, **given)) == 5)
    brand.drain()
