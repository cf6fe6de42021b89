"""Sums beyond 2^53 and 2^63 are exact: amounts are integers all the way, and sums are numeric."""

from datetime import UTC, datetime
from fractions import Fraction

import pytest

from tests.make import Brand, Service
from tests.metrics.told import told

HUGE = 2**62 + 1
"""More than an event may say; three of them are more than a bigint holds."""

ODD = 2**53 + 1
"""The first whole number that a double cannot hold."""

WORLD = """
    03-01 10:00 group.created group_id=g1
    03-02 10:00 member.joined group_id=g1 member_id=ann source.kind=live source.live_id=l1
    03-03 09:00 live.started live_id=l1
    03-03 10:00 live.joined live_id=l1 member_id=ann
"""
WINDOW = {"start": "2025-03-01", "end": "2025-04-01"}
AS_OF = [{}, {"as_of": "2025-03-20T00:00:00+08:00"}]
"""Answered from sums, and counted from rows: the last order is placed after this."""


@pytest.fixture(scope="module")
def brand(service: Service) -> Brand:
    made = told(service, WORLD)
    given = {"b": made.brand_id}
    for n, amount in enumerate((HUGE, HUGE, HUGE, ODD)):
        service.sql(
            "INSERT INTO shop_order (brand_id, order_id, buyer_id, amount, currency, paid_at)"
            " VALUES (:b, :o, 'ann', :a, 'CNY', :at)",
            **given,
            o=f"o{n}",
            a=amount,
            at=at(3, n + 1),
        )
    # Two refunds of one order that are more than a bigint together, and take it back whole.
    for n in (1, 2):
        service.sql(
            "INSERT INTO refund (brand_id, order_id, refund_id, amount, refunded_at)"
            " VALUES (:b, 'o2', :r, :a, :at)",
            **given,
            r=f"r{n}",
            a=HUGE,
            at=at(4, n),
        )
    service.sql(
        "INSERT INTO identity (brand_id, space, id, customer_id)"
        " VALUES (:b, 'buyer', 'ann', 'm:ann')",
        **given,
    )
    service.sql("INSERT INTO dirty_customer (brand_id, customer_id) VALUES (:b, 'm:ann')", **given)
    service.sql("UPDATE horizon SET latest_at = :at WHERE brand_id = :b", **given, at=at(21, 0))
    made.drain()
    return made


def at(day: int, hour: int) -> datetime:

    return datetime(2025, 3, day, hour + 9, tzinfo=UTC)


@pytest.mark.parametrize("as_of", AS_OF, ids=["now", "as of"])
@pytest.mark.parametrize(
    ("basis", "total"),
    [
        ("gross", 3 * HUGE + ODD),
        ("net", 2 * HUGE + ODD),
        ("net_ledger", 2 * HUGE + ODD),
    ],
)
def test_group_share(brand: Brand, as_of: dict[str, str], basis: str, total: int) -> None:
    answer = brand.ask("/v1/metrics/gmv-share", **WINDOW, **as_of, basis=basis, bucket="day")
    assert answer["total"]["gmv"] == total > 2**63
    assert sum(cell["gmv"] for cell in answer["cells"].values()) == total
    assert sum(day["total"]["gmv"] for day in answer["series"]) == total
    assert sum(g["gmv"] for g in answer["groups"]) + answer["uncredited"]["gmv"] == total
    assert answer["share"]["member"] == 1


@pytest.mark.parametrize("as_of", AS_OF, ids=["now", "as of"])
def test_funnel(brand: Brand, as_of: dict[str, str]) -> None:
    answer = brand.ask("/v1/metrics/funnel", **WINDOW, **as_of, by="group")
    (row,) = answer["rows"]
    assert row["credited_gmv"] == 3 * HUGE + ODD
    assert row["credited_net_gmv"] == 2 * HUGE + ODD


@pytest.mark.parametrize("as_of", AS_OF, ids=["now", "as of"])
def test_lives(brand: Brand, as_of: dict[str, str]) -> None:
    (row,) = brand.ask("/v1/metrics/lives", **WINDOW, **as_of)["rows"]
    assert (row["gmv"], row["member_gmv"]) == (3 * HUGE + ODD, 3 * HUGE + ODD)


@pytest.mark.parametrize("as_of", AS_OF, ids=["now", "as of"])
def test_before_and_after(brand: Brand, as_of: dict[str, str]) -> None:
    answer = brand.ask("/v1/metrics/before-after", **WINDOW, **as_of, days=10)
    assert answer["after"]["gmv"] == 3 * HUGE + ODD


def test_a_ratio_is_exact_before_it_is_rounded(service: Service) -> None:
    """Of 2^53 + 1 and 2^53 a double knows no difference; six decimals of the exact ratio do.

    a = 2^53 + 1 by a member, b = 2^53 - 1 by somebody else: a / (a + b) = 1/2 + 2^-54 rounds to
    0.5 in any case; but a tie does not: 1 of 2,000,000 is 0.0000005, half-even to 0.000000, and
    3 of 2,000,000 is 0.0000015, half-even to 0.000002.
    """
    for part, expected in ((1, Fraction(0)), (3, Fraction(2, 10**6))):
        brand = told(
            service,
            f"""
            03-02 10:00 member.joined group_id=g1 member_id=ann
            03-03 10:00 order.paid order_id=o1 buyer_id=ann amount={part}
            03-03 11:00 order.paid order_id=o2 buyer_id=bob amount={2_000_000 - part}
            """,
        )
        share = brand.ask("/v1/metrics/gmv-share", **WINDOW)["share"]["member"]
        assert Fraction(str(share)) == expected
