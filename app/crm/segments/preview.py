"""Who would be in a segment now: how many, and some of them."""

from datetime import datetime
from typing import Any

import msgspec
from sqlalchemy import and_, func, select, true
from sqlalchemy.ext.asyncio import AsyncConnection

from app.crm.segments.clock import clock_of
from app.crm.segments.compile import compiled
from app.crm.segments.condition import Clock
from app.crm.segments.rule import Rule
from app.crm.segments.write import ROOM
from app.models.customer import Customer
from app.models.people import Identity, Member

MOST = 20


class Sampled(msgspec.Struct, frozen=True):
    """One of those whom a rule finds; `net` in the currency's minor unit."""

    customer_id: str
    nickname: str | None
    first_joined_at: datetime | None
    last_paid_at: datetime | None
    purchase_days: int
    net: int


class Preview(msgspec.Struct, frozen=True):
    """How many customers a rule finds on a local day, and some of them, picked by no order."""

    day: str
    count: int
    sample: list[Sampled]


async def preview(connection: AsyncConnection, brand_id: int, rule: Rule) -> Preview:
    """Count and sample in one statement."""
    clock = await clock_of(connection, brand_id)
    await connection.execute(ROOM)
    count, sample = 0, []
    for row in await connection.execute(statement(rule, clock)):
        count = int(row._mapping["count"])
        if row.customer_id is not None:
            sample.append(
                Sampled(
                    customer_id=row.customer_id,
                    nickname=row.nickname,
                    first_joined_at=row.first_joined_at,
                    last_paid_at=row.last_paid_at,
                    purchase_days=int(row.purchase_days or 0),
                    net=int(row.net or 0),
                )
            )
    return Preview(clock.day.isoformat(), count, sample)


def statement(rule: Rule, clock: Clock) -> Any:
    """One row a customer of the sample, or one without any; each with the count."""
    found = compiled(rule, clock).cte("holds")
    counted = select(func.count().label("count")).select_from(found).subquery("counted")
    some = (
        select(found.c.customer_id)
        .order_by(func.hashtext(found.c.customer_id), found.c.customer_id)
        .limit(MOST)
        .subquery("some")
    )
    nickname = (
        select(func.max(Member.nickname))
        .select_from(Identity)
        .join(Member, Member.member_id == Identity.id)
        .where(
            Identity.brand_id == clock.brand_id,
            Identity.space == "member",
            Identity.customer_id == some.c.customer_id,
            Member.brand_id == clock.brand_id,
        )
        .scalar_subquery()
    )
    known = and_(Customer.brand_id == clock.brand_id, Customer.customer_id == some.c.customer_id)
    return select(
        counted.c.count,
        some.c.customer_id,
        nickname.label("nickname"),
        Customer.first_joined_at,
        Customer.last_paid_at,
        Customer.purchase_days,
        Customer.net,
    ).select_from(counted.outerjoin(some, true()).outerjoin(Customer, known))
