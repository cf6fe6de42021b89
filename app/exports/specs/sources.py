"""Tables of what customers come from and go to: notes, creators, agencies, groups, lives."""

from app.exports.frame import Column, Spec
from app.exports.specs.columns import (
    CREATOR_ID,
    CREATOR_NAME,
    GROUP_ID,
    GROUP_NAME,
    LIVE_ID,
    MCN,
    NOTE_ID,
    NOTE_TITLE,
    of,
)
from app.metrics.activity import ActivityRow
from app.metrics.funnel import FunnelRow
from app.metrics.lives import LiveRow

FUNNEL = FunnelRow.__struct_fields__[2:]
ACTIVITY = ActivityRow.__struct_fields__[4:]
LIVE = LiveRow.__struct_fields__[4:]

NOTES = Spec(
    "notes",
    "笔记",
    "Notes",
    (
        *(NOTE_ID, NOTE_TITLE, CREATOR_ID, CREATOR_NAME, MCN),
        *of("funnel", *FUNNEL),
        Column("url", "link", "链接", "Link"),
    ),
    ("note_id",),
)
"""Its last row, without an id, is of what no note brought; so it is with creators and agencies."""

CREATORS = Spec(
    "creators",
    "作者",
    "Creators",
    (
        *(CREATOR_ID, CREATOR_NAME, Column("kind", "word", "作者类别", "Kind of creator"), MCN),
        *of("funnel", *FUNNEL),
    ),
    ("creator_id",),
)

MCNS = Spec("mcns", "MCN 机构", "MCNs", (MCN, *of("funnel", *FUNNEL)), ("mcn",))

GROUPS = Spec(
    "groups",
    "群",
    "Groups",
    (
        *(GROUP_ID, GROUP_NAME),
        *of("activity", *ACTIVITY),
        *of(
            "gmv-share",
            credited_orders="groups.orders",
            credited_gmv="groups.gmv",
            credited_share="groups.share",
        ),
        *of("funnel", "credited_net_gmv"),
    ),
    ("group_id",),
)
"""Groups with members, messages or credited orders; with `uncredited` they add up to the total."""

LIVES = Spec(
    "lives",
    "直播",
    "Lives",
    (
        LIVE_ID,
        *of("lives", "title"),
        *(CREATOR_ID, CREATOR_NAME),
        *of("lives", started_at="start", ended_at="end"),
        *of("lives", *LIVE),
    ),
    ("live_id",),
)
