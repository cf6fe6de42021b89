"""Memberships, of one group or of all."""

from typing import Any

from sqlalchemy import Select, case, func

from app.exports.listed.meant import (
    CUSTOMER_ID,
    GROUP_ID,
    GROUP_NAME,
    LIVE_ID,
    LIVE_TITLE,
    MEMBER_ID,
    NICKNAME,
    NOTE_ID,
    NOTE_TITLE,
    PHONE,
    Sheet,
    meant,
)
from app.exports.listed.named import Rows
from app.exports.spool import micros

SHEET = Sheet(
    "members",
    "群成员",
    "Members",
    (
        *(GROUP_ID, GROUP_NAME, MEMBER_ID, CUSTOMER_ID, NICKNAME, PHONE),
        meant(
            "joined_at",
            "instant",
            ("入群时间", "Joined at"),
            ("这一段成员关系开始的时间。", "When the membership began."),
        ),
        meant(
            "n",
            "count",
            ("同一时刻第几次", "Nth at that instant"),
            ("同一时刻开始的多段成员关系的序号。", "Tells apart those that began at one instant."),
        ),
        meant(
            "left_at",
            "instant",
            ("退群时间", "Left at"),
            ("为空表示仍在群里。", "Empty while it is open."),
        ),
        meant(
            "join_inferred",
            "bool",
            ("入群为推断", "Join inferred"),
            (
                "没有入群事件，由其他事件推断。",
                "No join told of it; another event did.",
            ),
        ),
        meant(
            "leave_inferred",
            "bool",
            ("退群为推断", "Leave inferred"),
            ("没有退群事件，由其他事件推断。", "No leave told of it; another event did."),
        ),
        meant(
            "leave_reason",
            "word",
            ("退群原因", "Reason of leaving"),
            ("退群事件所说的原因。", "As the leave said."),
        ),
        meant("role", "word", ("角色", "Role"), ("入群事件所说的角色。", "As the join said.")),
        meant(
            "source_kind",
            "word",
            ("入群来源", "Source of joining"),
            ("从哪里入群。", "What the member came by."),
        ),
        *(NOTE_ID, NOTE_TITLE, LIVE_ID, LIVE_TITLE),
        meant(
            "inviter_member_id",
            "id",
            ("邀请人成员 ID", "Inviter's member id"),
            ("邀请入群的成员。", "The member who invited."),
        ),
        meant(
            "inviter_nickname",
            "text",
            ("邀请人昵称", "Inviter's nickname"),
            ("邀请人最近所知的昵称。", "The inviter's nickname known last."),
        ),
    ),
    ("group_id", "member_id", "joined_at", "n"),
    people=True,
)


def statement(brand_id: int, found: Select[Any]) -> Select[Any]:
    """These memberships with who and what they are of."""
    rows = Rows(brand_id, found, SHEET.key)
    m = rows.found.c
    group = rows.one("chat_group", m.group_id, "of_group")
    member = rows.one("member", m.member_id, "of_member")
    person = rows.one("identity", m.member_id, "person", ("space", "member"), key="id")
    note = rows.one("note", m.note_id, "source_note")
    live = rows.one("live", m.live_id, "source_live")
    inviter = rows.one("member", m.inviter_member_id, "inviter")
    return rows.select(
        group_id=m.group_id,
        group_name=group.name,
        member_id=m.member_id,
        customer_id=person.customer_id,
        nickname=member.nickname,
        phone=case(
            (member.phone_cipher.is_not(None), "c" + func.encode(member.phone_cipher, "hex")),
            (member.phone.is_not(None), "m" + member.member_id),
        ),
        joined_at=micros(m.joined_at),
        n=m.n,
        left_at=micros(m.left_at),
        join_inferred=m.join_inferred,
        leave_inferred=m.leave_inferred,
        leave_reason=m.leave_reason,
        role=m.role,
        source_kind=m.source_kind,
        note_id=m.note_id,
        note_title=note.title,
        live_id=m.live_id,
        live_title=live.title,
        inviter_member_id=m.inviter_member_id,
        inviter_nickname=inviter.nickname,
    )
