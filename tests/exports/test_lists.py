"""The rows of an export of a list are those of the list, under whatever filters."""

from typing import Any

import httpx
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from app.core.errors import Problem
from app.exports.asked import Asked, ListName
from app.exports.filter_words import label_of
from app.exports.lists import PARAMETERS, check
from tests.exports.listed import by_route, read, same_fields, typed
from tests.lists import world
from tests.lists.test_filters import CASES, KEYS
from tests.make import Brand, Service

PHONE = "13800138000"
LISTS: list[ListName] = list(PARAMETERS)
INJECTED = ["=1+1", "+SUM(A1)", "@cmd", "\t=2", "-3", '＝HYPERLINK("x")', 'a,"b"\nc', "\r\n"]


@pytest.fixture(scope="module")
def brand(service: Service) -> Brand:
    made = service.brand()
    world.tell(made)
    world.mark(service, made)
    events: list[Any] = [
        ("member.updated", world.at(2), {"member_id": "m1", "phone": PHONE}),
        ("member.updated", world.at(2), {"member_id": "m3", "phone": "+1 202 555 0100"}),
        *(
            ("creator.updated", world.at(1), {"creator_id": f"x{n}", "name": text, "mcn": text})
            for n, text in enumerate(INJECTED)
        ),
    ]
    made.post(
        [
            {"id": f"more{n}", "type": kind, "time": time, "data": data}
            for n, (kind, time, data) in enumerate(events)
        ]
    )
    made.drain()
    return made


def asked_of(path: str, filters: dict[str, str]) -> Asked:
    """A case of the lists' own tests as a body asks for it."""
    name: Any = "members" if path.startswith("groups/") else path
    without_order = {key: value for key, value in filters.items() if key != "sort"}
    if name == "members":
        without_order["group_id"] = path.split("/")[1]
    return Asked(list=name, filters=typed(name, without_order))


@pytest.mark.parametrize(
    ("path", "filters", "expected"), [case for case in CASES if case[0] != "messages"]
)
def test_an_export_finds_what_its_list_finds(
    service: Service, brand: Brand, path: str, filters: dict[str, str], expected: str
) -> None:
    asked = asked_of(path, filters)
    assert asked.list is not None
    found = read(service, brand, asked)[asked.list]
    keys = [row[KEYS[path]] for row in found if not str(row[KEYS[path]]).startswith("x")]
    assert keys == sorted(expected.split())


@pytest.mark.parametrize("name", LISTS)
def test_its_rows_say_what_those_of_the_list_say(
    service: Service, brand: Brand, name: ListName
) -> None:
    routed = by_route(brand, name, {})
    assert routed
    exported = read(service, brand, Asked(list=name))[name]
    assert same_fields(exported, routed) == routed


IDS = ["g1", "g2", "n1", "n2", "k1", "k2", "l1", "m1", "m2", "m3", "b9", "t1", "nobody"]
VALUES: dict[str, st.SearchStrategy[Any]] = {
    "at": st.sampled_from(["now", "ever", world.at(4), world.at(10)]),
    "q": st.sampled_from(["白", "小", "合", "vip", "100%", "阿", "直播", "%", "'", "\\"]),
    "customer_id": st.sampled_from(["m:m1", "m:m2", "b:b9", "nobody"]),
    "segment_id": st.sampled_from(["s1", "nothing"]),
    "mcn": st.sampled_from(["星光", "=1+1", "nobody"]),
    "silent_days": st.sampled_from([1, 3650]),
}
WORDS = {
    "status": ["placed", "paid", "completed", "cancelled"],
    "cell": ["member_and_touch", "member_only", "touch_only", "neither"],
    "refunded": ["none", "partial", "full"],
    "role": ["owner", "admin", "member"],
    "source_kind": ["note", "share", "other"],
    "lifecycle": ["new", "active", "at_risk", "lapsed"],
}
KINDS = {"orders": ["normal", "gift"], "creators": ["kol", "koc"]}


def value_of(name: ListName, field: str) -> st.SearchStrategy[Any]:
    """Values of a filter, of which some are in the story."""
    if field in VALUES:
        return VALUES[field]
    if field == "kind":
        return st.sampled_from(KINDS[name])
    if field in WORDS:
        return st.sampled_from(WORDS[field])
    if field in ("is_member", "running"):
        return st.booleans()
    if field in ("recency", "frequency", "monetary"):
        return st.integers(1, 5)
    if field.startswith(("min_", "max_")):
        return st.sampled_from([-1, 0, 1, 300, 500, 1000, 2**53])
    if field.endswith(("_from", "_until")):
        days = [f"2025-03-{day:02}" for day in (1, 2, 5, 7, 8, 20)]
        return st.sampled_from([*days, world.at(5), "2025-03-05T04:00:00.000001Z"])
    return st.sampled_from(IDS)


@st.composite
def questions(draw: st.DrawFn) -> tuple[ListName, dict[str, Any]]:
    """A list and up to three filters of it."""
    name = draw(st.sampled_from(LISTS))
    fields = draw(
        st.lists(st.sampled_from(PARAMETERS[name].__struct_fields__), max_size=3, unique=True)
    )
    filters = {field: draw(value_of(name, field)) for field in fields}
    if name == "members" and filters.get("group_id", "g1") not in ("g1", "g2"):
        filters["group_id"] = "g1"
    return name, filters


@settings(
    max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(question=questions())
def test_under_whatever_filters(
    service: Service, brand: Brand, question: tuple[ListName, dict[str, Any]]
) -> None:
    name, filters = question
    asked = Asked(list=name, filters=filters)
    check(asked)
    routed = by_route(brand, name, filters)
    exported = read(service, brand, asked)[name]
    assert len(exported) == len(routed)
    assert same_fields(exported, routed) == routed


def customers_of(service: Service, brand: Brand, **asked: Any) -> dict[str, Any]:
    found = read(service, brand, Asked(list="customers", **asked))["customers"]
    return {row["customer_id"]: row for row in found}


def test_phones_are_masked_unless_they_are_to_be_revealed(service: Service, brand: Brand) -> None:
    masked = customers_of(service, brand)
    assert [masked[f"m:m{n}"]["phone"] for n in (1, 2, 3)] == ["138****8000", None, "+12****0100"]
    in_full = customers_of(service, brand, reveal=True)
    assert in_full["m:m1"]["phone"] == PHONE
    assert in_full["m:m3"]["phone"] == "+1 202 555 0100"
    for customer_id in ("m:m1", "m:m3"):
        page = brand.ask(f"/v1/customers/{customer_id}")
        assert page["phone"] == in_full[customer_id]["phone"]


def test_members_have_phones_alike(service: Service, brand: Brand) -> None:
    def phones(**asked: Any) -> set[tuple[str, str | None]]:
        rows = read(service, brand, Asked(list="members", **asked))["members"]
        return {(row["member_id"], row["phone"]) for row in rows}

    assert phones() == {("m1", "138****8000"), ("m3", "+12****0100")}
    assert phones(reveal=True, filters={"group_id": "g1"}) == {("m1", PHONE)}


def test_a_phone_that_is_not_sealed_yet_is_read_as_well(service: Service, brand: Brand) -> None:
    given_ = {"b": brand.brand_id}
    service.sql(
        "UPDATE member SET phone = '13900139000' WHERE brand_id = :b AND member_id = 'm2'", **given_
    )
    try:
        assert customers_of(service, brand)["m:m2"]["phone"] == "139****9000"
        revealed = customers_of(service, brand, reveal=True)
        assert revealed["m:m2"]["phone"] == "13900139000"
    finally:
        service.sql("UPDATE member SET phone = NULL WHERE brand_id = :b", **given_)


def test_what_a_customer_is_known_by(service: Service, brand: Brand) -> None:
    rows = customers_of(service, brand)
    page = brand.ask("/v1/customers/m:m1")
    m1 = rows["m:m1"]
    assert (m1["tags"], m1["group_ids"], m1["group_names"]) == (
        "老客",
        "g1;g2",
        "会员群;ＶＩＰ Club",
    )
    assert (m1["note_ids"], m1["note_titles"]) == ("n1", "口红合集")
    assert m1["lifecycle"] == page["lifecycle"] == "lapsed"
    assert m1["last_spoke_at"].isoformat() == page["last_spoke_at"].replace("Z", "+00:00")
    b9 = rows["b:b9"]
    assert [b9[name] for name in ("phone", "group_ids", "note_ids", "last_spoke_at")] == [None] * 4
    assert (b9["tags"], b9["buyer_ids"], b9["lifecycle"]) == ("老客", "b9", None)


def test_scores_are_those_of_the_customers_page(service: Service, brand: Brand) -> None:
    cuts = {
        "recency_days": [10, 20, 30, 40],
        "frequency": [1, 2, 3, 4],
        "monetary": [100, 400, 900, 1500],
    }
    with brand.client as client:
        assert client.put("/v1/rfm", json=cuts).status_code == 200
    rows = customers_of(service, brand)
    for customer_id, row in rows.items():
        rfm = brand.ask(f"/v1/customers/{customer_id}")["rfm"]
        assert [row[name] for name in ("recency", "frequency", "monetary")] == [
            rfm[name] for name in ("recency", "frequency", "monetary")
        ]
    assert [rows[f"m:m{n}"]["monetary"] for n in (1, 2, 3)] == [4, 2, 5]
    assert list(customers_of(service, brand, filters={"monetary": 4})) == ["m:m1"]


def test_texts_pass_through_as_they_are(service: Service, brand: Brand) -> None:
    rows = read(service, brand, Asked(list="creators"))["creators"]
    injected = [(row["name"], row["mcn"]) for row in rows if row["creator_id"].startswith("x")]
    assert injected == [(text, text) for text in INJECTED]


def test_tables_say_what_was_asked_for_and_what_columns_mean(
    service: Service, brand: Brand
) -> None:
    filters = {"group_id": "g1", "status": "paid", "paid_from": "2025-03-01", "min_amount": 5}
    made = read(service, brand, Asked(list="orders", filters=filters))
    assert list(made) == ["orders", "asked", "definitions"]
    assert [(row["filter"], row["value"]) for row in made["asked"]] == [
        ("列表", "订单"),
        ("群", "会员群 (g1)"),
        ("状态", "已付款"),
        ("付款时间（起，含）", "2025-03-01"),
        ("金额（至少）", "5 (最小货币单位)"),
    ]
    assert [row["column"] for row in made["definitions"]] == list(made["orders"][0])
    english = read(service, brand, Asked(list="customers"), "en")
    assert [(row["filter"], row["value"]) for row in english["asked"]] == [
        ("List", "Customers"),
        ("Filters", "(none)"),
        ("Phones", "Masked"),
    ]
    assert all(row["sentence"].isascii() for row in english["definitions"])


@pytest.mark.parametrize("name", LISTS)
def test_every_filter_has_a_name(name: ListName) -> None:
    fields = PARAMETERS[name].__struct_fields__
    assert len({label_of(field, "en") for field in fields}) == len(fields)
    assert len({label_of(field, "zh-CN") for field in fields}) == len(fields)


@pytest.mark.parametrize("name", LISTS)
def test_its_filters_are_the_parameters_of_its_route(
    service: Service, brand: Brand, name: ListName
) -> None:
    document = httpx.get(f"{service.base}/schema/openapi.json", trust_env=False).json()
    path = "/v1/groups/{group_id}/members" if name == "members" else f"/v1/{name}"
    listed = document["paths"][path]["get"]["parameters"]
    paging = {"sort", "limit", "cursor", "fields", "count"}
    assert {each["name"] for each in listed if each["in"] != "header"} - paging == set(
        PARAMETERS[name].__struct_fields__
    )


REFUSED: list[tuple[ListName, dict[str, Any], str]] = [
    ("orders", {"nothing": 1}, "/filters/nothing"),
    ("orders", {"a/b~": 1}, "/filters/a~1b~0"),
    ("orders", {"status": "lost"}, "/filters/status"),
    ("orders", {"status": 1}, "/filters/status"),
    ("orders", {"min_amount": "5"}, "/filters/min_amount"),
    ("orders", {"min_amount": 10**40}, "/filters/min_amount"),
    ("orders", {"min_amount": 1.5}, "/filters/min_amount"),
    ("orders", {"paid_from": "yesterday"}, "/filters/paid_from"),
    ("orders", {"paid_from": "2025-02-30"}, "/filters/paid_from"),
    ("orders", {"paid_until": "2025-03-01T00:00:00"}, "/filters/paid_until"),
    ("orders", {"customer_id": "x" * 301}, "/filters/customer_id"),
    ("orders", {"customer_id": "a\0"}, "/filters/customer_id"),
    ("orders", {"customer_id": "\ud800"}, "/filters/customer_id"),
    ("orders", {"group_id": ["g1"]}, "/filters/group_id"),
    ("customers", {"q": ""}, "/filters/q"),
    ("customers", {"is_member": "true"}, "/filters/is_member"),
    ("customers", {"recency": 6}, "/filters/recency"),
    ("customers", {"silent_days": 0}, "/filters/silent_days"),
    ("customers", {"sort": "net"}, "/filters/sort"),
    ("members", {"at": "then"}, "/filters/at"),
    ("members", {"role": "king"}, "/filters/role"),
    ("lives", {"running": 1}, "/filters/running"),
]


@pytest.mark.parametrize(("name", "filters", "field"), REFUSED)
def test_filters_that_are_none_are_refused(
    name: ListName, filters: dict[str, Any], field: str
) -> None:
    with pytest.raises(Problem) as refused:
        check(Asked(list=name, filters=filters))
    assert (refused.value.status, refused.value.code) == (422, "invalid")
    assert refused.value.field == field
    assert len(refused.value.detail) < 800


def test_only_lists_take_filters() -> None:
    check(Asked(segment_id="seg_1"))
    with pytest.raises(Problem) as refused:
        check(Asked(segment_id="seg_1", filters={"q": "x"}))
    assert refused.value.field == "/filters"


def test_another_brands_group_is_not_there(service: Service, brand: Brand) -> None:
    other = service.brand()
    for name in LISTS:
        assert read(service, other, Asked(list=name))[name] == []
    for asked in (
        Asked(list="members", filters={"group_id": "g1"}),
        Asked(segment_id="seg_nothing"),
    ):
        with pytest.raises(Problem) as refused:
            read(service, other, asked)
        assert (refused.value.status, refused.value.code) == (404, "not_found")
