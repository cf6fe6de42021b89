"""Merges by operators move kept numbers, and say so."""

from typing import Any

from tests.kept.keeper import Keeper, history
from tests.make import Brand

# Ann is a member of g1 when b1 pays.
STORY = """
    03-02 10:00 member.joined group_id=g1 member_id=ann
    03-03 10:00 order.paid    order_id=o1 buyer_id=b1 amount=300
    03-04 10:00 order.paid    order_id=o2 buyer_id=b2 amount=700
"""
SERIES = "group_share_member_gross"


def shares(brand: Brand) -> list[Any]:
    """What was kept of the 3rd, each with the causes that ended it."""
    (row,) = (
        each
        for each in history(brand, "day", series=SERIES, revisions=True)
        if each["start"] == "2025-03-03"
    )
    before = [(each["before"]["numerator"], each["cause"]) for each in row["revisions"]]
    return [*before, (row["numerator"], None)]


def test_a_merge_and_its_undoing_are_told_as_causes(keeper: Keeper) -> None:
    brand = keeper.web.brand(identity_mode="separate")
    keeper.tell(brand, STORY)
    keeper.keep(brand, "2025-04-01T00:00:00+08:00")
    assert shares(brand) == [(0, None)]
    with brand.client as client:
        answer = client.post("/v1/identity-merges", json={"a": "m:ann", "b": "b:b1"}).json()
        keeper.work()
        keeper.keep(brand, "2025-04-02T00:00:00+08:00")
        merged = {"type": "merge", "id": answer["merge_id"]}
        assert shares(brand) == [(0, [merged]), (300, None)]
        client.post(f"/v1/identity-merges/{answer['merge_id']}/undo")
    keeper.work()
    keeper.keep(brand, "2025-04-03T00:00:00+08:00")
    undone = merged | {"type": "unmerge"}
    assert shares(brand) == [(0, [merged]), (300, [undone]), (0, None)]
