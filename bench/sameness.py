"""Whether an answer over HTTP and the yardstick's rows say the same; what differs, in words."""

from collections import defaultdict
from datetime import UTC, date, datetime
from typing import Any

from app.metrics.kaplan_meier import curve

Rows = list[tuple[Any, ...]]
Answer = dict[str, Any]

CELLS = ("member_and_touch", "member_only", "touch_only", "neither")
HITS = {
    "window": "repeat_buyers",
    "returning": "returning_buyers",
    "next_period": "retained_buyers",
}
SEGMENTS = ("group", "non_group")
WITHIN_DAYS = 30
FUNNEL = (
    "key",
    "name",
    "joins",
    "joined_customers",
    "mature_joins",
    "left",
    "speakers",
    "buyers",
    "repeat_buyers",
    "credited_orders",
    "credited_gmv",
    "credited_net_gmv",
)
ACTIVITY = (
    "members_start",
    "members_end",
    "joins",
    "leaves",
    "messages",
    "speakers",
    "members_during",
    "speaking_members",
)
LIVES = ("viewers", "group_viewers", "joins", "orders", "gmv", "member_orders", "member_gmv")


def gmv_share(answer: Answer, rows: Rows) -> str | None:
    """Every cell of every bucket, the matched orders, and every group."""
    ours = {
        (date.fromisoformat(bucket["start"]), cell): (
            bucket["cells"][cell]["orders"],
            bucket["cells"][cell]["gmv"],
        )
        for bucket in answer["series"]
        for cell in CELLS
        if any(bucket["cells"][cell].values())
    }
    theirs = {
        (row[1], row[2]): (int(row[5]), int(row[7]))
        for row in rows
        if row[0] and (row[5] or row[7])
    }
    groups = {g["group_id"]: (g["name"], g["orders"], g["gmv"]) for g in answer["groups"]}
    their_groups = {row[3]: (row[4], int(row[5]), int(row[7])) for row in rows if not row[0]}
    none = their_groups.pop(None, (None, 0, 0))
    groups["uncredited"] = (None, answer["uncredited"]["orders"], answer["uncredited"]["gmv"])
    matched = sum(int(row[6]) for row in rows if row[0])
    return (
        _differs("cells", ours, theirs)
        or _differs("groups", groups, their_groups | {"uncredited": none})
        or _differs("matched orders", answer["match"]["matched_orders"], matched)
    )


def repurchase(answer: Answer, rows: Rows) -> str | None:
    """Buyers and hits of both segments."""
    hits = HITS[answer["kind"]]
    ours: dict[str, tuple[int, int | None]] = {}
    theirs: dict[str, tuple[int, int | None]] = dict.fromkeys(SEGMENTS, (0, 0))
    theirs |= {"group" if row[0] else "non_group": (row[1], row[2]) for row in rows}
    for name in SEGMENTS:
        segment = answer["by_segment"][name]
        ours[name] = (segment["buyers"], segment[hits])
        if segment[hits] is None:  # the following window is not over yet
            theirs[name] = (theirs[name][0], None)
    return _differs("segments", ours, theirs)


def cohort(answer: Answer, rows: Rows) -> str | None:
    """Buyers, mature ones, hits and every point of the curve, of all and of both segments."""
    sums = {row[0]: row[4:] for row in rows if row[1] is None}
    steps: dict[str, list[tuple[int, int, int]]] = defaultdict(list)
    for row in rows:
        if row[1] is not None:
            steps[row[0]].append(row[1:4])
    ours, theirs = {}, {}
    for name in ("all", *SEGMENTS):
        said = answer if name == "all" else answer["by_segment"][name]
        buyers, mature, hits = sums.get(name, (0, 0, 0))
        points = curve(buyers, steps[name], WITHIN_DAYS)
        rates = [None if each.rate is None else float(each.rate) for each in points]
        theirs[name] = (buyers, mature, hits, rates)
        counts = (said["buyers"], said["mature_buyers"], said["repeat_buyers"])
        ours[name] = (*counts, [point["rate"] for point in said["curve"]])
    return _differs("segments", ours, theirs)


def funnel(answer: Answer, rows: Rows) -> str | None:
    """Every column of every row."""
    ours = {row["key"]: tuple(row[name] for name in FUNNEL[1:]) for row in answer["rows"]}
    theirs = {row[0]: (row[1], *(int(count) for count in row[2:])) for row in rows}
    return _differs("rows", ours, theirs)


def retention(answer: Answer, rows: Rows) -> str | None:
    """Every row."""
    ours = {row["day"]: (row["mature"], row["retained"]) for row in answer["rows"]}
    theirs = {day: (mature, retained) for day, mature, retained in rows}
    return _differs("rows", ours, theirs or dict.fromkeys(ours, (0, 0)))


def activity(answer: Answer, rows: Rows) -> str | None:
    """Every count of every group and bucket, in order."""
    ours = [(row["group_id"], row["name"], *(row[n] for n in ACTIVITY)) for row in answer["rows"]]
    theirs = [(row[0], row[1], *row[3:]) for row in rows]
    return _differs("rows", dict(enumerate(ours)), dict(enumerate(theirs)))


def lives(answer: Answer, rows: Rows) -> str | None:
    """Every count of every live, in order."""
    ours = {
        row["live_id"]: (_instant(row["end"]), *(row[name] for name in LIVES))
        for row in answer["rows"]
    }
    theirs = {row[0]: (row[3], *(int(count or 0) for count in row[4:])) for row in rows}
    return _differs("rows", ours, theirs)


def before_after(answer: Answer, rows: Rows) -> str | None:
    """Customers, and buyers, purchases and money on both sides."""
    sides = [
        answer[side][n] for side in ("before", "after") for n in ("buyers", "purchases", "gmv")
    ]
    (found,) = rows
    return _differs("counts", [answer["customers"], *sides], [int(count) for count in found])


def _instant(text: str | None) -> datetime | None:
    return (
        None if text is None else datetime.fromisoformat(text).astimezone(UTC).replace(tzinfo=None)
    )


def _differs(what: str, ours: Any, theirs: Any) -> str | None:
    if ours == theirs:
        return None
    if isinstance(ours, dict) and isinstance(theirs, dict):
        for key in [*ours, *(each for each in theirs if each not in ours)]:
            if ours.get(key) != theirs.get(key):
                return f"{what}: {key} is {ours.get(key)}, the yardstick has {theirs.get(key)}"
    return f"{what}: {ours}, the yardstick has {theirs}"
