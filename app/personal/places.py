"""Every column that names a person: what an erasure goes through, and a person's document.

tests/personal/test_places.py compares the list with the tables, so that no column is forgotten.
"""

from collections.abc import Sequence
from typing import Literal

import msgspec

from app.core.partitions import DETACHED

Kind = Literal["member", "buyer", "identity", "customer", "members", "customers"]


class Place(msgspec.Struct, frozen=True):
    """A column of a table that names people.

    kind: `member`, `buyer` one id of that space; `identity` one of the space in the column
    `space`; `customer` a customer id (`m:<id>`, `b:<id>`); `members`, `customers` arrays of them.
    `within` is a condition that lets an index be used. `told`: it stands in a person's document;
    else it says nothing that another place does not say.
    """

    table: str
    column: str
    kind: Kind
    space: str = "space"
    within: str = "true"
    told: bool = True


INVITED = "x.inviter_member_id IS NOT NULL"
IN_GROUPS = "x.group_id = ANY (ARRAY(SELECT group_id FROM chat_group WHERE brand_id = :brand))"
IN_THEIR_GROUPS = (
    "x.member_id IS NULL AND x.group_id = ANY (ARRAY("
    "SELECT m.group_id FROM membership AS m WHERE m.brand_id = :brand"
    " AND m.member_id = ANY (CAST(:members AS text[]))))"
)

OF_THEIRS = "x.customer_id = ANY (CAST(:customers_after AS text[]))"

PLACES: Sequence[Place] = (
    # Facts. Snapshots come before memberships, which say in which groups they are.
    Place("membership_event", "member_ids", "members", within=IN_THEIR_GROUPS, told=False),
    Place("membership_event", "member_id", "member", within=IN_GROUPS),
    Place("membership_event", "inviter_member_id", "member", within=INVITED, told=False),
    Place("membership", "inviter_member_id", "member", within=INVITED, told=False),
    Place("membership", "member_id", "member"),
    Place("chat_group", "owner_member_id", "member"),
    Place("member", "member_id", "member"),
    Place("message", "member_id", "member"),
    Place(f"{DETACHED}.message", "member_id", "member"),
    Place("direct_message", "member_id", "member"),
    Place("card_click", "member_id", "member"),
    Place("live_view", "member_id", "member"),
    Place("shop_order", "buyer_id", "buyer"),
    Place("identity_link", "member_id", "member"),
    Place("identity_link", "buyer_id", "buyer"),
    Place("identity_merge", "one_id", "identity", space="one_space"),
    Place("identity_merge", "other_id", "identity", space="other_space"),
    Place("identity_dismissal", "one_id", "identity", space="one_space", told=False),
    Place("identity_dismissal", "other_id", "identity", space="other_space", told=False),
    Place("member_speech", "member_id", "member", told=False),
    Place("identity", "id", "identity"),
    Place("identity", "customer_id", "customer", told=False),
    # Derived rows.
    Place("order_credit", "customer_id", "customer", told=False),
    Place("order_credit", "membership_member_id", "member", within=OF_THEIRS, told=False),
    Place("refund_credit", "customer_id", "customer", told=False),
    Place("purchase_day", "customer_id", "customer", told=False),
    Place("joining", "customer_id", "customer", told=False),
    Place("joining", "member_id", "member", told=False),
    Place("customer", "customer_id", "customer"),
    # Queues and checks.
    Place("dirty_customer", "customer_id", "customer", told=False),
    Place("dirty_segment", "customer_id", "customer", told=False),
    Place("verification", "wrong", "customers", told=False),
    # What operators write.
    Place("tagging", "id", "identity"),
    Place("remark", "id", "identity"),
    Place("task", "id", "identity"),
    Place("segment_member", "customer_id", "customer"),
    Place("segment_change", "customer_id", "customer"),
)

APART = {
    ("erasure", "customer_id"): "is the surrogate's",
    ("rederived", "key"): "of a rebuild, during which nobody is erased",
}
"""Columns that look like it, and why they are none."""
