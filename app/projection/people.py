"""Whom an event names, and the same event with surrogates in the place of those who are erased."""

from collections.abc import Iterator, Mapping, Set
from typing import Any

import msgspec

from app import events as e
from app import payloads as p
from app.projection.batch import Space

Person = tuple[Space, str]
Names = Mapping[Person, str]
"""Who is erased, and what stands for them."""

PLACES: dict[str, Space] = {
    "member_id": "member",
    "owner_member_id": "member",
    "buyer_id": "buyer",
}
"""The fields of `data` that name one person; the others are `source` and `member_ids`."""

THEIRS: dict[type, tuple[str, tuple[str, ...]]] = {
    p.JoinData: ("member_id", ("nickname",)),
    p.MemberData: ("member_id", ("nickname", "phone", "attributes")),
    p.MessageData: ("member_id", ("text",)),
    p.DirectMessageData: ("member_id", ("text",)),
}
"""Whose they are, and the fields that tell of that person; these are dropped with the name."""


def people(data: p.Data) -> Iterator[Person]:
    """Everybody whom the data of an event names."""
    for field, space in PLACES.items():
        id_ = getattr(data, field, None)
        if id_ is not None:
            yield space, id_
    if isinstance(data, p.SnapshotData):
        yield from (("member", id_) for id_ in data.member_ids)
    source = data.source if isinstance(data, p.JoinData) else None
    if source is not None and source.inviter_member_id is not None:
        yield "member", source.inviter_member_id


def tells_of(event: e.AnyEvent, names: Names, orders: Set[str]) -> bool:
    """Whether an event names one of these, or gives a reason for a refund of their orders."""
    if isinstance(event.data, p.RefundData):
        return event.data.order_id in orders and event.data.reason is not None
    return any(person in names for person in people(event.data))


def renamed(event: e.AnyEvent, names: Names) -> e.AnyEvent:
    """An event that tells of the erased, with their surrogates and without what it tells."""
    data: Any = event.data
    changes: dict[str, Any] = {}
    if isinstance(data, p.RefundData):
        changes["reason"] = None
    for field, space in PLACES.items():
        id_ = getattr(data, field, None)
        if id_ is not None and (space, id_) in names:
            changes[field] = names[space, id_]
    if isinstance(data, p.SnapshotData):
        changes["member_ids"] = [names.get(("member", id_), id_) for id_ in data.member_ids]
    if isinstance(data, p.JoinData) and data.source is not None:
        inviter = data.source.inviter_member_id
        if inviter is not None and ("member", inviter) in names:
            changes["source"] = msgspec.structs.replace(
                data.source, inviter_member_id=names["member", inviter]
            )
    owner, told = THEIRS.get(type(data), ("", ()))
    if owner in changes:
        changes |= dict.fromkeys(told)
    changed = msgspec.structs.replace(data, **changes)
    return msgspec.structs.replace(event, data=changed)


def rewritten(event: e.AnyEvent, source: str, event_id: str) -> str:
    """An event as it is stored after an erasure: what the vocabulary knows, and nothing else."""
    data = {k: v for k, v in msgspec.structs.asdict(event.data).items() if v is not None}
    kind = type(event).__struct_config__.tag
    return msgspec.json.encode(
        {"id": event_id, "source": source, "type": kind, "time": event.time, "data": data}
    ).decode()
