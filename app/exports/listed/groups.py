"""Groups."""

from typing import Any

from sqlalchemy import Select, func, select

from app.exports.listed.meant import GROUP_ID, Sheet, meant
from app.exports.listed.named import Rows
from app.models.tables import metadata

MEMBERSHIP = metadata.tables["membership"]

SHEET = Sheet(
    "groups",
    "群",
    "Groups",
    (
        GROUP_ID,
        meant("name", "text", ("群名称", "Name"), ("现在的群名称。", "The name of now.")),
        meant(
            "capacity",
            "count",
            ("人数上限", "Capacity"),
            ("群最多容纳的人数。", "How many it can have."),
        ),
        meant(
            "owner_member_id",
            "id",
            ("群主成员 ID", "Owner's member id"),
            ("群主的社区用户 ID。", "The owner's community user id."),
        ),
        meant(
            "owner_nickname",
            "text",
            ("群主昵称", "Owner's nickname"),
            ("群主最近所知的昵称。", "The owner's nickname known last."),
        ),
        meant(
            "open_members",
            "count",
            ("在群成员数", "Members now"),
            ("现在在群的成员 ID 数。", "The member ids in it now."),
        ),
    ),
    ("group_id",),
    people=True,
)


def statement(brand_id: int, found: Select[Any]) -> Select[Any]:
    """These groups with their owners and how many are in them."""
    rows = Rows(brand_id, found, SHEET.key)
    g, m = rows.found.c, MEMBERSHIP.c
    owner = rows.one("member", g.owner_member_id, "owner")
    members = rows.beside(
        select(func.count().label("open")).where(
            m.brand_id == brand_id, m.group_id == g.group_id, m.left_at.is_(None)
        ),
        "members",
    )
    return rows.select(
        group_id=g.group_id,
        name=g.name,
        capacity=g.capacity,
        owner_member_id=g.owner_member_id,
        owner_nickname=owner.nickname,
        open_members=members.open,
    )
