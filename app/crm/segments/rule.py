"""The grammar of rules: an object with exactly one key, which says what it is.

    {"all": [rule, …]}   every one of them holds        {"any": [rule, …]}   one of them does
    {"not": rule}        it does not                    {"<noun>": {…}}      a condition

A rule says of each customer of the brand whether it is in the segment.
"""

from collections.abc import Iterator
from typing import Annotated, Any

import msgspec
from msgspec import UNSET, Meta, UnsetType

from app.crm.segments.condition import Condition, Reads, unfit
from app.crm.segments.memberships import Memberships
from app.crm.segments.messages import Messages
from app.crm.segments.orders import FirstPurchase, LastPurchase, Purchases, Refunds
from app.crm.segments.profile import Attribute, Nickname
from app.crm.segments.scores import Lifecycle, Rfm
from app.crm.segments.tags import Tags

MOST_LEVELS = 8
MOST_CONDITIONS = 50
MOST_BRANCHES = 50


class Rule(
    msgspec.Struct,
    frozen=True,
    kw_only=True,
    forbid_unknown_fields=True,
    omit_defaults=True,
    rename={"not_": "not"},
):
    """Exactly one of these: all, any or not of other rules, or a condition by its noun."""

    all: "Rules | UnsetType" = UNSET
    any: "Rules | UnsetType" = UNSET
    not_: "Rule | UnsetType" = UNSET
    nickname: Nickname | UnsetType = UNSET
    attribute: Attribute | UnsetType = UNSET
    tags: Tags | UnsetType = UNSET
    memberships: Memberships | UnsetType = UNSET
    messages: Messages | UnsetType = UNSET
    purchases: Purchases | UnsetType = UNSET
    first_purchase: FirstPurchase | UnsetType = UNSET
    last_purchase: LastPurchase | UnsetType = UNSET
    refunds: Refunds | UnsetType = UNSET
    rfm: Rfm | UnsetType = UNSET
    lifecycle: Lifecycle | UnsetType = UNSET

    @property
    def said(self) -> tuple[str, Any]:
        """Its one key, as it is written, and what it says."""
        return next(self._given())

    def _given(self) -> Iterator[tuple[str, Any]]:
        for field, name in zip(self.__struct_fields__, self.__struct_encode_fields__, strict=True):
            value = getattr(self, field)
            if value is not UNSET:
                yield name, value

    @property
    def reads(self) -> set[Reads]:
        """What its conditions read beside what is derived."""
        _, said = self.said
        if isinstance(said, list):
            return set().union(*(each.reads for each in said))
        reads: set[Reads] = said.reads
        return reads


Rules = Annotated[list[Rule], Meta(min_length=1, max_length=MOST_BRANCHES)]


def check(rule: Rule, path: str) -> None:
    """Refuse a rule that the types let pass and that cannot be read.

    path: the JSON Pointer at which it stands.

    Raises:
        Problem: 422 with the field.
    """
    conditions = 0
    waiting = [(rule, path, 1)]
    while waiting:
        node, at, level = waiting.pop()
        given = [name for name, _ in node._given()]
        if len(given) != 1:
            raise unfit(at, f"A rule has exactly one key, not {len(given)}.")
        if level > MOST_LEVELS:
            raise unfit(at, f"A rule may have at most {MOST_LEVELS} levels.")
        name, value = node.said
        at = f"{at}/{name}"
        if isinstance(value, Condition):
            conditions += 1
            if conditions > MOST_CONDITIONS:
                raise unfit(at, f"A rule may have at most {MOST_CONDITIONS} conditions.")
            value.check(at)
        elif isinstance(value, Rule):
            waiting.append((value, at, level + 1))
        else:
            waiting += [(each, f"{at}/{n}", level + 1) for n, each in enumerate(value)]


def read(stored: Any) -> Rule:
    """A rule as it was stored."""
    return msgspec.convert(stored, Rule)
