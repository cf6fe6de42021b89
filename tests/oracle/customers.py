"""Spec 3.4: identities joined to customers (connected components); who is known as a member."""

from collections.abc import Iterable

from . import names
from .event import Event
from .facts import Customer, Identity


def identity(kind: str, text: str, shared: bool) -> Identity:
    """`kind` is member or buyer; in shared mode equal ids are one identity."""
    return ("person" if shared else kind, text)


def customers(
    events: Iterable[Event], shared: bool, merges: Iterable[tuple[Identity, Identity]]
) -> tuple[dict[Identity, Customer], frozenset[Customer]]:
    """Each identity's customer, and the customers with a member identity.

    `merges`: pairs of (kind, id), the kind being member or buyer, that an operator joined.
    """
    parent: dict[Identity, Identity] = {}

    def root(one: Identity) -> Identity:
        parent.setdefault(one, one)
        while parent[one] != one:
            parent[one] = parent[parent[one]]
            one = parent[one]
        return one

    def join(one: Identity, other: Identity) -> None:
        low, high = sorted((root(one), root(other)))
        parent[high] = low

    named_members: set[Identity] = set()
    for event in events:
        for member_id in names.members(event):
            named_members.add(identity("member", member_id, shared))
        if event.type in names.OF_BUYER:
            buyer = root(identity("buyer", event.data["buyer_id"], shared))
            if event.type == "identity.linked":
                join(identity("member", event.data["member_id"], shared), buyer)
    for one, other in merges:
        join(identity(*one, shared), identity(*other, shared))
    with_member = frozenset(root(one) for one in named_members)
    return {one: root(one) for one in parent}, with_member
