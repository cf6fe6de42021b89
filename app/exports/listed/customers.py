"""Customers, with what is known of them by all of their identities."""

from datetime import datetime
from typing import Any

import msgspec
from sqlalchemy import BigInteger, DateTime, Select, Text, cast
from sqlalchemy.ext.asyncio import AsyncConnection

from app.core.sql import sql
from app.exports.listed.customer_columns import SHEET
from app.exports.listed.named import Rows
from app.exports.spool import micros
from app.metrics import lifecycle, rfm

KNOWN: dict[str, Any] = {
    **dict.fromkeys(("nickname", "phone", "member_ids", "buyer_ids", "tags"), Text),
    **dict.fromkeys(("group_ids", "group_names", "note_ids", "note_titles"), Text),
    "last_spoke_at": DateTime,
}
"""What is looked up of each customer, as known_of_customer.sql has it."""


class Rules(msgspec.Struct, frozen=True):
    """The brand's rules of scores and stages, and the instant that they are read at."""

    cuts: rfm.Cuts
    days: lifecycle.Days
    at: datetime


async def rules_of(connection: AsyncConnection, brand_id: int, at: datetime) -> Rules:
    """The rules in force."""
    cuts = await rfm.cuts_of(connection, brand_id, at)
    return Rules(cuts, await lifecycle.days_of(connection, brand_id), at)


def statement(brand_id: int, found: Select[Any], rules: Rules) -> Select[Any]:
    """These customers; `phone` is as it is stored: see app/exports/phones.py."""
    rows = Rows(brand_id, found, SHEET.key)
    c = rows.found.c
    group = rows.one("chat_group", c.first_group_id, "first_group")
    note = rows.one("note", c.first_note_id, "first_note")
    looked_up = sql("exports", "known_of_customer").bindparams(brand=brand_id)
    known = rows.beside(looked_up.columns(**KNOWN), "known")
    return rows.select(
        customer_id=c.customer_id,
        nickname=known.nickname,
        phone=known.phone,
        member_ids=known.member_ids,
        buyer_ids=known.buyer_ids,
        is_member=c.is_member,
        tags=known.tags,
        lifecycle=lifecycle.stage(rows.found, rules.days, rules.at),
        **{each: rfm.score(each, rows.found, rules.cuts) for each in rfm.MEASURES},
        group_ids=known.group_ids,
        group_names=known.group_names,
        first_joined_at=micros(c.first_joined_at),
        first_group_id=c.first_group_id,
        first_group_name=group.name,
        first_note_id=c.first_note_id,
        first_note_title=note.title,
        note_ids=known.note_ids,
        note_titles=known.note_titles,
        memberships=c.memberships,
        open_memberships=c.open_memberships,
        orders=c.orders,
        gmv=cast(c.gmv, BigInteger),
        refunded=cast(c.refunded, BigInteger),
        net=c.net,
        purchases=c.purchases,
        purchase_days=c.purchase_days,
        first_paid_at=micros(c.first_paid_at),
        last_paid_at=micros(c.last_paid_at),
        last_spoke_at=micros(known.last_spoke_at),
    )
