"""Exports of segments: who is in them as counted at the snapshot, and the rule in words."""

import time
from typing import Any

import msgspec
import pytest

from app.core.errors import NotFound
from app.crm.segments.rule import Rule
from app.exports.asked import Asked
from app.exports.rule_words import BRANCHES, FIELDS, NOUNS
from app.metrics.rfm import MEASURES
from tests.exports.listed import read, walked
from tests.lists import world
from tests.make import Brand, Service

RULE: dict[str, Any] = {
    "all": [
        {
            "any": [
                {"memberships": {"state": "now", "group_ids": ["g1"]}},
                {"nickname": {"contains": "白"}},
            ]
        },
        {"not": {"refunds": {"measure": "amount", "at_least": 1}}},
        {"purchases": {"at_least": 1, "cells": ["member_only"], "when": {"from": "2025-03-01"}}},
    ]
}


@pytest.fixture(scope="module")
def brand(service: Service) -> Brand:
    made = service.brand()
    world.tell(made)
    return made


def saved(brand: Brand, rule: dict[str, Any]) -> str:
    with brand.client as client:
        answer = client.post("/v1/segments", json={"name": "常客", "rule": rule})
        assert answer.status_code == 201, answer.text
        segment_id: str = answer.json()["segment_id"]
    return segment_id


def counted(brand: Brand, segment_id: str) -> list[str]:
    """Who is in it, once that is counted."""
    until = time.monotonic() + 60
    while not brand.ask(f"/v1/segments/{segment_id}")["is_current"]:
        assert time.monotonic() < until, "nobody counted the segment"
        time.sleep(0.05)
    return [row["customer_id"] for row in walked(brand, f"segments/{segment_id}/members")]


def rows(service: Service, brand: Brand, asked: Asked) -> list[dict[str, Any]]:
    """The customers of an export, without their scores, which a worker counts meanwhile."""
    found = read(service, brand, asked)["customers"]
    return [{key: row[key] for key in row if key not in MEASURES} for row in found]


def test_its_members_are_those_of_the_segment(service: Service, brand: Brand) -> None:
    segment_id = saved(brand, RULE)
    found = rows(service, brand, Asked(segment_id=segment_id))
    assert [row["customer_id"] for row in found] == ["m:m1", "m:m3"]
    assert counted(brand, segment_id) == ["m:m1", "m:m3"]
    assert rows(service, brand, Asked(segment_id=segment_id)) == found
    of_list = Asked(list="customers", filters={"segment_id": segment_id})
    assert rows(service, brand, of_list) == found


def test_who_is_not_counted_yet_is_found_by_the_rule(service: Service, brand: Brand) -> None:
    """Members as they were kept are not told where the rule finds others by now."""
    segment_id = saved(brand, {"purchases": {"at_least": 2}})
    assert counted(brand, segment_id) == []
    given = {"b": brand.brand_id, "s": segment_id}
    where = "WHERE brand_id = :b AND segment_id = :s"
    rule = msgspec.json.encode({"purchases": {"at_least": 1}}).decode()
    # As if it had been changed just now: nobody is asked to count it, so no worker does.
    changed = f"UPDATE segment SET clock = 'old', rule = CAST(:rule AS jsonb) {where}"
    service.sql(changed, rule=rule, **given)
    found = read(service, brand, Asked(segment_id=segment_id))["customers"]
    assert [row["customer_id"] for row in found] == ["m:m1", "m:m2", "m:m3"]


def test_its_rule_is_told_in_words(service: Service, brand: Brand) -> None:
    segment_id = saved(brand, RULE)
    said = read(service, brand, Asked(segment_id=segment_id))["asked"]
    assert [(row["filter"], row["value"]) for row in said] == [
        ("列表", "客户"),
        ("人群", f"常客 ({segment_id})"),
        ("规则", "以下全部成立："),
        ("规则", "　以下至少一项成立："),
        ("规则", "　　入群：状态 在群；群 会员群 (g1)"),
        ("规则", "　　昵称：包含 白"),
        ("规则", "　以下不成立："),
        ("规则", "　　退款：计量 金额；至少 1"),
        ("规则", "　购买：至少 1；成交分类 仅群用户；日期 自 2025-03-01"),
        ("手机号", "已打码"),
    ]
    english = read(service, brand, Asked(segment_id=segment_id, reveal=True), "en")["asked"]
    assert [row["value"] for row in english][2:] == [
        "All of these hold:",
        "　One of these holds:",
        "　　Memberships: state In the group; groups 会员群 (g1)",
        "　　Nickname: contains 白",
        "　This does not hold:",
        "　　Refunds: measured by Amount; at least 1",
        "　Purchases: at least 1; cells Member only; when from 2025-03-01",
        "In full",
    ]


def test_every_noun_and_field_of_rules_has_a_word() -> None:
    nouns, fields = set(), set()
    for field in msgspec.structs.fields(Rule):
        nouns.add(field.encode_name)
        if field.encode_name not in BRANCHES:
            fields |= names_in(field.type)
    assert nouns - BRANCHES.keys() == NOUNS.keys()
    assert fields == FIELDS.keys()


def names_in(kind: Any) -> set[str]:
    """The names of all fields of a noun."""
    found = set()
    for each in getattr(kind, "__args__", (kind,)):
        if isinstance(each, type) and issubclass(each, msgspec.Struct):
            for field in msgspec.structs.fields(each):
                found |= {field.encode_name} | names_in(field.type)
    return found


def test_one_that_was_deleted_is_not_there(service: Service, brand: Brand) -> None:
    segment_id = saved(brand, RULE)
    with brand.client as client:
        assert client.delete(f"/v1/segments/{segment_id}").status_code == 204
    for other in (segment_id, "seg_never"):
        with pytest.raises(NotFound):
            read(service, brand, Asked(segment_id=other))


def test_another_brands_segment_is_not_there(service: Service, brand: Brand) -> None:
    segment_id = saved(brand, RULE)
    with pytest.raises(NotFound):
        read(service, service.brand(), Asked(segment_id=segment_id))
