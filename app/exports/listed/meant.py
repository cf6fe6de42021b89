"""Columns of lists with what they mean, and those that several lists have."""

from collections.abc import Sequence

import msgspec

from app.exports.frame import Column, ColumnType, Spec


class Meant(msgspec.Struct, frozen=True):
    """A column, and a sentence on what it says, in Chinese and in English."""

    column: Column
    zh: str
    en: str


class Sheet(msgspec.Struct, frozen=True):
    """The table of a list; its rows come in the order of the key."""

    name: str
    title_zh: str
    title_en: str
    columns: Sequence[Meant]
    key: tuple[str, ...]
    people: bool = False

    @property
    def spec(self) -> Spec:
        columns = tuple(each.column for each in self.columns)
        return Spec(self.name, self.title_zh, self.title_en, columns, self.key, self.people)


def meant(key: str, kind: ColumnType, labels: tuple[str, str], sentences: tuple[str, str]) -> Meant:
    """labels, sentences: Chinese and English."""
    return Meant(Column(key, kind, *labels), *sentences)


CUSTOMER_ID = meant(
    "customer_id",
    "id",
    ("客户 ID", "Customer id"),
    ("这些身份属于的客户。", "The customer that the identities belong to."),
)
MEMBER_ID = meant(
    "member_id",
    "id",
    ("成员 ID", "Member id"),
    ("平台的社区用户 ID。", "The platform's community user id."),
)
NICKNAME = meant(
    "nickname", "text", ("昵称", "Nickname"), ("最近所知的昵称。", "The nickname known last.")
)
PHONE = meant(
    "phone",
    "id",
    ("手机号", "Phone"),
    (
        "默认打码；要求写出时为完整号码。",
        "Masked; in full where the export was asked to reveal it.",
    ),
)
"""In a statement it is as it is stored: c and the cipher, or m and the id of a member whose phone
is not sealed yet; app/exports/phones.py opens it.
"""

GROUP_ID = meant(
    "group_id", "id", ("群 ID", "Group id"), ("平台的群 ID。", "The platform's id of the group.")
)
GROUP_NAME = meant(
    "group_name", "text", ("群名称", "Group"), ("现在的群名称。", "The group's name of now.")
)
NOTE_ID = meant(
    "note_id", "id", ("笔记 ID", "Note id"), ("平台的笔记 ID。", "The platform's id of the note.")
)
NOTE_TITLE = meant(
    "note_title",
    "text",
    ("笔记标题", "Note"),
    ("现在的笔记标题。", "The note's title of now."),
)
CREATOR_ID = meant(
    "creator_id",
    "id",
    ("作者 ID", "Creator id"),
    ("平台的作者 ID。", "The platform's id of the creator."),
)
CREATOR_NAME = meant(
    "creator_name",
    "text",
    ("作者", "Creator"),
    ("现在的作者名称。", "The creator's name of now."),
)
MCN = meant(
    "mcn",
    "text",
    ("MCN 机构", "MCN"),
    ("作者现在签约的机构。", "The agency that the creator is signed to now."),
)
LIVE_ID = meant(
    "live_id", "id", ("直播 ID", "Live id"), ("平台的直播 ID。", "The platform's id of the live.")
)
LIVE_TITLE = meant(
    "live_title", "text", ("直播标题", "Live"), ("现在的直播标题。", "The live's title of now.")
)
