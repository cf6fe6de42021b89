"""Creators."""

from typing import Any

from sqlalchemy import Select, func, select

from app.exports.listed.meant import CREATOR_ID, MCN, Sheet, meant
from app.exports.listed.named import Rows
from app.models.tables import metadata

NOTE = metadata.tables["note"]

SHEET = Sheet(
    "creators",
    "作者",
    "Creators",
    (
        CREATOR_ID,
        meant("name", "text", ("名称", "Name"), ("现在的名称。", "The name of now.")),
        meant(
            "kind",
            "word",
            ("作者类别", "Kind of creator"),
            ("品牌号、员工、KOL、KOC 或顾客。", "Brand, employee, KOL, KOC or customer."),
        ),
        MCN,
        meant("notes", "count", ("笔记数", "Notes"), ("该作者的笔记数。", "How many are by it.")),
    ),
    ("creator_id",),
)


def statement(brand_id: int, found: Select[Any]) -> Select[Any]:
    """These creators with how many notes are theirs."""
    rows = Rows(brand_id, found, SHEET.key)
    k, n = rows.found.c, NOTE.c
    wrote = rows.beside(
        select(func.count().label("notes")).where(
            n.brand_id == brand_id, n.creator_id == k.creator_id
        ),
        "wrote",
    )
    return rows.select(
        creator_id=k.creator_id, name=k.name, kind=k.kind, mcn=k.mcn, notes=wrote.notes
    )
