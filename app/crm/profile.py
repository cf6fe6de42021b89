"""The page of one customer: who it is, where it is a member, what it bought, how it scores."""

from datetime import datetime
from typing import Any, Literal, TypeVar

import msgspec
from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncConnection

from app.core.brand_secret import secret_of
from app.core.phone import shown
from app.core.sql import sql
from app.crm import taggings
from app.crm.taggings import CustomerTag
from app.metrics import lifecycle, rfm
from app.models.tables import metadata

T = TypeVar("T")
MOST = 200
"""Of identities and of memberships so many are told."""


class KnownAs(msgspec.Struct, frozen=True):
    """An identity; the rest is known of member ids only. `phone` is masked but for `pii:read`."""

    space: Literal["member", "buyer"]
    id: str
    nickname: str | None
    phone: str | None
    attributes: dict[str, Any] | None
    last_spoke_at: datetime | None


class Membership(msgspec.Struct, frozen=True):
    """A stay in a group, with the note that it came by and the note's creator."""

    group_id: str
    group_name: str | None
    member_id: str
    joined_at: datetime
    left_at: datetime | None
    role: str | None
    leave_reason: str | None
    source_kind: str | None
    note_id: str | None
    note_title: str | None
    creator_id: str | None
    creator_name: str | None
    live_id: str | None


class Scores(msgspec.Struct, frozen=True):
    """RFM scores 1 to 5, null for who never bought, and the cut points that they are by."""

    recency: int | None
    frequency: int | None
    monetary: int | None
    cut_points: rfm.Cuts


class Counts(msgspec.Struct, frozen=True):
    """What adds up of a customer's memberships and GMV orders; amounts in the minor unit."""

    memberships: int = 0
    open_memberships: int = 0
    first_joined_at: datetime | None = None
    first_group_id: str | None = None
    first_note_id: str | None = None
    orders: int = 0
    gmv: int = 0
    refunded: int = 0
    net: int = 0
    purchases: int = 0
    purchase_days: int = 0
    first_paid_at: datetime | None = None
    last_paid_at: datetime | None = None


class Profile(msgspec.Struct, frozen=True):
    """A customer as it is known; lists are cut at MOST, `totals` count all."""

    customer_id: str
    nickname: str | None
    phone: str | None
    attributes: dict[str, Any] | None
    is_member: bool
    last_spoke_at: datetime | None
    totals: Counts
    rfm: Scores
    lifecycle: lifecycle.Stage | None
    identities: list[KnownAs]
    memberships: list[Membership]
    tags: list[CustomerTag]
    open_tasks: int


async def profile(
    connection: AsyncConnection, brand_id: int, customer_id: str, at: datetime, *, phones: bool
) -> Profile:
    """The page of a customer that exists; its phones in full where `phones` is set."""
    given = {"brand": brand_id, "customer": customer_id, "most": MOST}
    secret = await secret_of(connection, brand_id)
    known = [
        KnownAs(
            row.space,
            row.id,
            row.nickname,
            shown(row.phone_cipher, row.phone, secret, in_full=phones),
            None if row.attributes is None else msgspec.json.decode(row.attributes),
            row.last_spoke_at,
        )
        for row in await connection.execute(sql("crm", "customer_identities"), given)
    ]
    stays = await connection.execute(sql("crm", "customer_memberships"), given)
    tags = await taggings.of(connection, brand_id, customer_id)
    tasks = await connection.scalar(sql("crm", "customer_open_tasks"), given)
    counts, scores, stage = await _counted(connection, brand_id, customer_id, at)
    spoke = [each.last_spoke_at for each in known if each.last_spoke_at is not None]
    return Profile(
        customer_id=customer_id,
        nickname=_first([each.nickname for each in known]),
        phone=_first([each.phone for each in known]),
        attributes=_first([each.attributes for each in known]),
        is_member=any(each.space == "member" for each in known),
        last_spoke_at=max(spoke, default=None),
        totals=counts,
        rfm=scores,
        lifecycle=stage,
        identities=known,
        memberships=[Membership(**row) for row in stays.mappings()],
        tags=tags,
        open_tasks=int(tasks or 0),
    )


async def _counted(
    connection: AsyncConnection, brand_id: int, customer_id: str, at: datetime
) -> tuple[Counts, Scores, lifecycle.Stage | None]:
    """From the customer's row. One that was named just now has none yet: then nothing is there."""
    customer = metadata.tables["customer"]
    cuts = await rfm.cuts_of(connection, brand_id, at)
    days = await lifecycle.days_of(connection, brand_id)
    found = await connection.execute(
        select(
            *(customer.c[name] for name in Counts.__struct_fields__),
            *(rfm.score(measure, customer, cuts).label(measure) for measure in rfm.MEASURES),
            lifecycle.stage(customer, days, at).label("stage"),
        ).where(customer.c.brand_id == brand_id, customer.c.customer_id == customer_id)
    )
    row = found.mappings().one_or_none()
    if row is None:
        return Counts(), Scores(None, None, None, cuts), None
    counts = {name: row[name] for name in Counts.__struct_fields__}
    whole = {name: int(counts[name]) for name in ("gmv", "refunded", "net")}
    return (
        Counts(**counts | whole),
        Scores(row["recency"], row["frequency"], row["monetary"], cuts),
        row["stage"],
    )


def _first(values: list[T | None]) -> T | None:
    """The first that is known: member ids come first, the one that names the customer before."""
    return next((value for value in values if value is not None), None)
