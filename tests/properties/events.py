"""Events of a small world on a coarse grid of times, so that many of them tie and collide."""

from typing import Any

from hypothesis import strategies as st

Event = dict[str, Any]

GROUPS = ("g1", "群二")
PEOPLE = ("p1", "p2", "p3", "P2")
NOTES = ("n1", "n2")
CREATORS = ("k1", "k2")
LIVES = ("l1", "l2")
ORDERS = ("o1", "o2", "o3", "o4", "o5", "O1")
MINUTES = (0, 1, 1440, 1441, 2880, 4320, 43200, 44640)
"""Minutes after the beginning of the world."""

START = "2025-03-01"


def instant(minute: int) -> str:
    """A minute of the world as RFC 3339, in an offset that is not the brand's."""
    day, rest = divmod(minute, 1440)
    return f"2025-{3 + day // 28:02}-{1 + day % 28:02}T{rest // 60:02}:{rest % 60:02}:00+02:00"


def pick(*values: Any) -> st.SearchStrategy[Any]:
    return st.sampled_from(values)


def data(required: dict[str, Any], optional: dict[str, Any] | None = None) -> Any:
    return st.fixed_dictionaries(required, optional=optional or {})


group, person, note = pick(*GROUPS), pick(*PEOPLE), pick(*NOTES)
creator, live, order = pick(*CREATORS), pick(*LIVES), pick(*ORDERS)
amount = pick(0, 1, 100, 9_900, 10_000_000_000_000)
kinds = pick("note", "live", "qr_code", "other")
origin = data({"kind": kinds}, {"note_id": note, "live_id": live, "inviter_member_id": person})
touch = data({}, {"group_id": group, "note_id": note, "live_id": live, "creator_id": creator})
card = data({}, {"note_id": note, "live_id": live, "sku": pick("s1")})
message = pick("m1", "m2", "m3")
paid = data(
    {"order_id": order, "buyer_id": person, "amount": amount, "currency": st.just("CNY")},
    {
        "kind": pick("normal", "deposit", "presale", "gift", "test", "replacement"),
        "touch": st.one_of(st.none(), touch),
        "original_order_id": order,
    },
)

PAYLOADS: dict[str, Any] = {
    "group.created": data(
        {"group_id": group}, {"name": pick("甲", "乙"), "owner_member_id": person}
    ),
    "group.updated": data({"group_id": group}, {"name": pick("丙", None), "capacity": pick(500)}),
    "group.dismissed": data({"group_id": group}),
    "group.snapshot": data({"group_id": group, "member_ids": st.lists(person, max_size=4)}),
    "member.joined": data(
        {"group_id": group, "member_id": person},
        {
            "source": st.one_of(st.none(), origin),
            "nickname": pick("昵称", "名"),
            "role": pick("owner"),
        },
    ),
    "member.left": data({"group_id": group, "member_id": person}, {"reason": pick("removed")}),
    "member.updated": data({"member_id": person}, {"nickname": pick("新"), "phone": pick("1")}),
    "message.sent": data(
        {"message_id": message, "group_id": group, "member_id": person},
        {"kind": pick("text", "image"), "text": pick("好", "嗯"), "card": card},
    ),
    "message.recalled": data({"message_id": message, "group_id": group}),
    "card.clicked": data({"group_id": group, "member_id": person}, {"card": card}),
    "direct_message.sent": data({"message_id": message, "member_id": person}),
    "direct_message.received": data({"message_id": message, "member_id": person}),
    "note.published": data(
        {"note_id": note},
        {"creator_id": creator, "title": pick("题"), "group_ids": st.just(["g1"])},
    ),
    "note.updated": data({"note_id": note}, {"creator_id": creator}),
    "note.measured": data({"note_id": note}, {"views": pick(1, 5), "likes": pick(2)}),
    "creator.updated": data({"creator_id": creator}, {"mcn": pick("A", "B"), "kind": pick("kol")}),
    "live.started": data({"live_id": live}, {"title": pick("直播"), "creator_id": creator}),
    "live.ended": data({"live_id": live}),
    "live.joined": data({"live_id": live, "member_id": person}, {"group_id": group}),
    "order.placed": paid,
    "order.paid": paid,
    "order.cancelled": data({"order_id": order}),
    "order.completed": data({"order_id": order}),
    "order.refunded": data(
        {"order_id": order, "refund_id": pick("r1", "r2"), "amount": amount},
        {"reason": pick("尺寸")},
    ),
    "identity.linked": data({"member_id": person, "buyer_id": person}),
}

# Numbers hang on these more than on the rest, so they are drawn more often.
OFTEN = (
    *("member.joined", "group.snapshot", "order.paid", "card.clicked") * 6,
    *("member.left", "order.refunded", "identity.linked", "note.published") * 3,
)


@st.composite
def an_event(draw: st.DrawFn) -> Event:
    """One event; ids are few, so that some are taken already, also by another source."""
    kind = draw(pick(*PAYLOADS, *OFTEN))
    return {
        "id": draw(pick(*(f"e{n}" for n in range(60)))),
        "type": kind,
        "time": instant(draw(pick(*MINUTES))),
        "source": draw(pick("bot", "shop")),
        "data": draw(PAYLOADS[kind]),
    }
