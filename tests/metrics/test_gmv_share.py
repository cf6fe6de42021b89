"""Group share, counted by hand."""

from typing import Any

from tests.make import Service
from tests.metrics.golden import golden
from tests.metrics.told import MARCH, tell, told

STORY = """
    03-01 10:00 group.created  group_id=g1 name=福利群
    03-01 10:00 member.joined  group_id=g1 member_id=ann
    03-01 10:00 member.joined  group_id=g2 member_id=bob
    03-03 10:00 card.clicked   group_id=g1 member_id=ann
    03-03 12:00 order.paid     order_id=o1 buyer_id=ann amount=10000
    03-04 12:00 order.paid     order_id=o2 buyer_id=bob amount=6000
    03-05 12:00 order.paid     order_id=o3 buyer_id=cat amount=3000 touch.group_id=g1
    03-06 12:00 order.paid     order_id=o5 buyer_id=ann amount=9000 kind=gift
    03-12 12:00 order.paid     order_id=o4 buyer_id=dan amount=1000
"""
LATE = """
    03-02 10:00 member.joined  group_id=g2 member_id=cat
    03-20 10:00 order.refunded order_id=o2 refund_id=r1 amount=2000
"""
CELLS = ("member_and_touch", "member_only", "touch_only", "neither")
SHARES = ("touch", "member", "low", "high")
SHOWN = ("total", "cells", "share", "order_share", "match", "groups", "uncredited")


def sums(orders: int, gmv: int) -> dict[str, int]:
    return {"orders": orders, "gmv": gmv}


def cells(*counts: tuple[int, int]) -> dict[str, Any]:
    return {cell: sums(*count) for cell, count in zip(CELLS, counts, strict=True)}


def shares(*ratios: float | None) -> dict[str, float | None]:
    return dict(zip(SHARES, ratios, strict=True))


def group(id_: str, name: str | None, orders: int, gmv: int, share: float) -> dict[str, Any]:
    return {"group_id": id_, "name": name, "orders": orders, "gmv": gmv, "share": share}


def shown(answer: Any) -> Any:
    return {field: answer[field] for field in SHOWN}


# Ann, in g1, had clicked there two hours before (o1); bob was in g2 (o2); cat was in no group, but
# o3 names g1; dan has nothing to do with any. The gift is no GMV order.
# touch: (10000 + 3000) / 20000, member: (10000 + 6000) / 20000, low: 10000, high: 19000 / 20000.
FIRST = {
    "total": sums(4, 20000),
    "cells": cells((1, 10000), (1, 6000), (1, 3000), (1, 1000)),
    "share": shares(0.65, 0.8, 0.5, 0.95),
    "order_share": shares(0.5, 0.5, 0.25, 0.75),
    "match": {"orders": 4, "matched_orders": 2, "rate": 0.5},
    "groups": [group("g1", "福利群", 2, 13000, 0.65), group("g2", None, 1, 6000, 0.3)],
    "uncredited": sums(1, 1000),
}
# Cat had joined g2 before: a member with a touch, which keeps the credit with g1. The refund takes
# nothing off gross GMV.
JOINED_LATE = FIRST | {
    "cells": cells((2, 13000), (1, 6000), (0, 0), (1, 1000)),
    "share": shares(0.65, 0.95, 0.65, 0.95),
    "order_share": shares(0.5, 0.75, 0.5, 0.75),
    "match": {"orders": 4, "matched_orders": 3, "rate": 0.75},
}
# Of bob's 6000 remain 4000: 13000 / 18000 by touch, 17000 / 18000 by membership.
NET = JOINED_LATE | {
    "total": sums(4, 18000),
    "cells": cells((2, 13000), (1, 4000), (0, 0), (1, 1000)),
    "share": shares(0.722222, 0.944444, 0.722222, 0.944444),
    "groups": [group("g1", "福利群", 2, 13000, 0.722222), group("g2", None, 1, 4000, 0.222222)],
}


@golden(
    *("gmv", "gmv_orders"),
    *("orders_member_and_touch", "orders_member_only", "orders_touch_only", "orders_neither"),
    *("gmv_member_and_touch", "gmv_member_only", "gmv_touch_only", "gmv_neither"),
    *("group_share_touch", "group_share_member", "group_share_low", "group_share_high"),
    *("group_order_share_touch", "group_order_share_member"),
    *("group_order_share_low", "group_order_share_high"),
    *("match_rate", "match_orders", "matched_orders"),
    *("group_orders", "group_gmv", "group_gmv_share", "uncredited_orders", "uncredited_gmv"),
)
def test_group_share(service: Service) -> None:
    brand = told(service, STORY)
    assert shown(brand.ask("/v1/metrics/gmv-share", **MARCH)) == FIRST
    assert shown(brand.ask("/v1/metrics/gmv-share", basis="net", **MARCH)) == FIRST
    tell(brand, LATE)
    for _ in range(2):
        assert shown(brand.ask("/v1/metrics/gmv-share", **MARCH)) == JOINED_LATE
        for basis in ("net", "net_ledger"):
            assert shown(brand.ask("/v1/metrics/gmv-share", basis=basis, **MARCH)) == NET
        tell(brand, LATE + STORY)


def test_a_refund_counts_when_it_is_made_or_when_its_order_was_paid(service: Service) -> None:
    brand = told(service, STORY + LATE)

    def gmv(basis: str, **window: str) -> int:
        found = brand.ask("/v1/metrics/gmv-share", basis=basis, **MARCH | window)
        total: int = found["total"]["gmv"]
        return total

    until_15 = {"end": "2025-03-15"}
    assert [gmv(basis, **until_15) for basis in ("gross", "net", "net_ledger")] == [
        20000,
        18000,
        20000,
    ]
    from_15 = {"start": "2025-03-15"}
    assert [gmv(basis, **from_15) for basis in ("gross", "net", "net_ledger")] == [0, 0, -2000]


def test_by_week(service: Service) -> None:
    brand = told(service, STORY)
    asked = MARCH | {"end": "2025-03-12", "bucket": "week"}
    empty = {"total": sums(0, 0), "cells": cells(*[(0, 0)] * 4)}
    nothing = {"share": shares(*[None] * 4), "order_share": shares(*[None] * 4)}
    # Dan pays on the 12th, when the window is over. Shares of 19000, and of 3 orders.
    full = {
        "total": sums(3, 19000),
        "cells": cells((1, 10000), (1, 6000), (1, 3000), (0, 0)),
        "share": shares(0.684211, 0.842105, 0.526316, 1.0),
        "order_share": shares(0.666667, 0.666667, 0.333333, 1.0),
    }
    assert brand.ask("/v1/metrics/gmv-share", **asked)["series"] == [
        {"start": "2025-03-01", "end": "2025-03-03"} | empty | nothing,
        {"start": "2025-03-03", "end": "2025-03-10"} | full,
        {"start": "2025-03-10", "end": "2025-03-12"} | empty | nothing,
    ]
