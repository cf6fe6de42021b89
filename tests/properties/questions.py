"""Questions about the small world: every metric, with windows and instants that cut it."""

from typing import Any

from hypothesis import strategies as st

from tests.properties.events import CREATORS, GROUPS, MINUTES, NOTES, ORDERS, data, instant, pick

Question = tuple[str, dict[str, Any]]

DAYS = ("2025-02-20", "2025-03-01", "2025-03-02", "2025-03-03", "2025-03-15", "2025-05-20")
as_of = pick(*(instant(minute) for minute in MINUTES), "2025-06-01T00:00:00Z")
windows = st.tuples(pick(*DAYS), pick(*DAYS)).map(sorted)
filters = {"group_id": pick(*GROUPS), "note_id": pick(*NOTES), "creator_id": pick(*CREATORS)}

memberships = {"group_id": pick(*GROUPS), "note_id": pick(*NOTES)}


def asked(path: str, required: dict[str, Any], optional: dict[str, Any] | None = None) -> Any:
    params = st.tuples(windows, data(required, optional)).map(
        lambda drawn: {"start": drawn[0][0], "end": drawn[0][1], **drawn[1]}
    )
    return st.tuples(st.just(f"/v1/metrics/{path}"), params)


ALL = {"start": "2025-02-20", "end": "2025-05-20", "as_of": "2025-06-01T00:00:00Z"}
ALWAYS: list[Question] = [
    *((f"/v1/orders/{order}/explain", {"as_of": ALL["as_of"]}) for order in ORDERS),
    *(("/v1/metrics/gmv-share", ALL | {"basis": basis}) for basis in ("gross", "net_ledger")),
    *(("/v1/metrics/funnel", ALL | {"by": by}) for by in ("note", "live")),
    ("/v1/metrics/activity", ALL | {"bucket": "week"}),
    ("/v1/metrics/lives", ALL),
    ("/v1/metrics/retention", ALL | {"kind": "stay", "days": "1,30"}),
    ("/v1/metrics/before-after", ALL | {"days": "30"}),
    *(
        ("/v1/metrics/repurchase", ALL | {"kind": kind, "dedupe": "none"})
        for kind in ("window", "cohort")
    ),
]
"""Asked of every world, since drawn windows often miss what matters."""

questions: st.SearchStrategy[Question] = st.one_of(
    asked(
        "gmv-share",
        {"as_of": as_of, "basis": pick("gross", "net", "net_ledger")},
        {"bucket": pick("none", "day", "week", "month")},
    ),
    asked(
        "repurchase",
        {"as_of": as_of, "kind": pick("window", "cohort", "returning", "next_period")},
        {"within_days": pick("1", "7", "30"), "dedupe": pick("day", "none"), **filters},
    ),
    asked(
        "funnel",
        {"as_of": as_of, "by": pick("note", "creator", "mcn", "live", "source_kind", "group")},
        {"within_days": pick("1", "7", "30")},
    ),
    asked(
        "retention",
        {"as_of": as_of, "kind": pick("stay", "speak"), "days": pick("0,1,2", "1,7,30")},
        memberships,
    ),
    asked(
        "activity",
        {"as_of": as_of, "bucket": pick("day", "week", "month")},
        {"group_id": pick(*GROUPS)},
    ),
    asked("lives", {"as_of": as_of}),
    asked("before-after", {"as_of": as_of}, {"days": pick("1", "30"), **memberships}),
    st.tuples(
        pick(*(f"/v1/orders/{order}/explain" for order in (*ORDERS, "o9"))),
        data({"as_of": as_of}),
    ),
)
