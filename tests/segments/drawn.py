"""Rules drawn at random over the small world of tests/properties."""

from typing import Any

from hypothesis import strategies as st

from tests.properties.events import CREATORS, GROUPS, NOTES, data, pick

DAYS = ("2025-02-28", "2025-03-01", "2025-03-02", "2025-03-03", "2025-03-31")
Rule = dict[str, Any]

when = st.one_of(
    data({"from": pick(*DAYS)}),
    data({"until": pick(*DAYS)}),
    st.tuples(pick(*DAYS), pick(*DAYS)).map(
        lambda days: dict(zip(("from", "until"), sorted(days), strict=True))
    ),
)
counted = {"at_least": pick(0, 1, 2), "at_most": pick(2, 3)}
few = {"at_most": pick(0, 1)}


def some(values: tuple[str, ...]) -> st.SearchStrategy[list[str]]:
    return st.lists(pick(*values), min_size=1, max_size=2, unique=True)


credits = {
    "when": when,
    "cells": some(("member_and_touch", "member_only", "touch_only", "neither")),
    "group_ids": some(GROUPS),
    "note_ids": some(NOTES),
    "creator_ids": some(CREATORS),
}
money = {"measure": pick("gmv", "net"), "at_least": pick(1, 100, 9_900)}
memberships = {
    "state": pick("now", "ever", "left"),
    "on": pick(*DAYS),
    "first": pick(True, False),
    "group_ids": some(GROUPS),
    "note_ids": some(NOTES),
    "creator_ids": some(CREATORS),
    "source_kinds": some(("note", "live", "qr_code")),
    "joined": when,
    "left": when,
}
messages = {"when": when, "group_ids": some(GROUPS), "kinds": some(("text", "image"))}

conditions: st.SearchStrategy[Rule] = st.one_of(
    data({"nickname": data({"is": pick("昵称", "新", "名")})}),
    data({"purchases": data({}, counted | credits)}),
    data({"purchases": data({"measure": pick("orders")}, few | credits)}),
    data({"purchases": data(money, credits)}),
    data({"memberships": data({}, counted | memberships)}),
    data({"memberships": data({}, few | memberships)}),
    data({"messages": data({}, counted | messages)}),
    data({"messages": data({}, few | messages)}),
    data({"refunds": data({"measure": st.just("amount"), "at_least": pick(0, 1, 101)})}),
)
rules: st.SearchStrategy[Rule] = st.recursive(
    conditions,
    lambda inner: st.one_of(
        data({"all": st.lists(inner, min_size=1, max_size=3)}),
        data({"any": st.lists(inner, min_size=1, max_size=3)}),
        data({"not": inner}),
    ),
    max_leaves=5,
)
