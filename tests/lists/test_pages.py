"""Pages: each order walked to its end, stable under inserts; what is malformed is told."""

from typing import Any, get_args

import pytest

from app.lists.creators import CreatorSort
from app.lists.customers import CustomerSort
from app.lists.groups import GroupSort
from app.lists.lives import LiveSort
from app.lists.members import MemberSort
from app.lists.messages import MessageSort
from app.lists.notes import NoteSort
from app.lists.orders import OrderSort
from tests.lists.test_filters import CASES, KEYS
from tests.lists.world import bought, joined, said
from tests.make import Brand, Service

SORTS: dict[str, Any] = {
    "groups": GroupSort,
    "groups/g1/members": MemberSort,
    "notes": NoteSort,
    "creators": CreatorSort,
    "lives": LiveSort,
    "messages": MessageSort,
    "customers": CustomerSort,
    "orders": OrderSort,
}
ALL = [(path, sort) for path, sorts in SORTS.items() for sort in get_args(sorts)]


def walked(brand: Brand, path: str, limit: int, **asked: str) -> list[Any]:
    """The rows of all pages, by the links from one to the next."""
    rows: list[Any] = []
    with brand.client as client:
        answer = client.get(f"/v1/{path}", params=asked | {"limit": str(limit)})
        while True:
            assert answer.status_code == 200, answer.text
            page = answer.json()
            assert len(page["items"]) <= limit
            rows += page["items"]
            assert len(rows) < 1_000
            if page["next"] is None:
                assert "link" not in answer.headers
                return rows
            assert len(page["items"]) == limit
            link, relation = answer.headers["link"].split(">; ")
            assert relation == 'rel="next"'
            answer = client.get(link.removeprefix("<"))


def following(sort: str, rows: list[Any], key: str) -> list[Any]:
    """The rows in the order that is asked for: nulls last, ties by the key in its direction."""
    column, descending = sort.removeprefix("-"), sort.startswith("-")
    with_value = [row for row in rows if row[column] is not None]
    without = [row for row in rows if row[column] is None]
    with_value.sort(key=lambda row: (row[column], row[key]), reverse=descending)
    return with_value + sorted(without, key=lambda row: str(row[key]), reverse=descending)


@pytest.mark.parametrize(("path", "sort"), ALL)
def test_each_order_walked_to_its_end_is_the_whole(brand: Brand, path: str, sort: str) -> None:
    key = KEYS[path]
    asked = {"at": "ever"} if "members" in path else {}
    whole = brand.ask(f"/v1/{path}", sort=sort, limit=200, **asked)["items"]
    assert len(whole) >= 2
    assert [row[key] for row in whole] == [row[key] for row in following(sort, whole, key)]
    for limit in (1, 2):
        rows = walked(brand, path, limit, sort=sort, **asked)
        assert [row[key] for row in rows] == [row[key] for row in whole]


@pytest.mark.parametrize(("path", "asked", "expected"), CASES[1::2])
def test_filters_hold_on_short_pages(
    brand: Brand, path: str, asked: dict[str, str], expected: str
) -> None:
    rows = walked(brand, path, 1, **asked)
    assert [row[KEYS[path]] for row in rows] == expected.split()


def post(brand: Brand, tag: str, *told: Any) -> None:
    brand.post(
        [
            {"id": f"{tag}{n}", "type": kind, "time": time, "data": data}
            for n, (kind, time, data) in enumerate(told)
        ]
    )
    brand.drain()


@pytest.mark.parametrize("asked", [{}, {"q": "回购"}], ids=["all", "searched"])
@pytest.mark.parametrize("sort", ["sent_at", "-sent_at"])
def test_nothing_is_lost_or_doubled_by_inserts(
    service: Service, sort: str, asked: dict[str, str]
) -> None:
    brand = service.brand()
    days = range(2, 26, 2)
    post(brand, "a", *(said(f"m{day}", "g", "x", day, f"回购 {day}") for day in days))
    seen = []
    page = brand.ask("/v1/messages", sort=sort, limit=5, **asked)
    seen += [row["message_id"] for row in page["items"]]
    # One before the place reached, one behind it, and one of the very instant of its last row.
    last = page["items"][-1]["message_id"]
    day = int(last[1:])
    before, behind = (day - 1, day + 1) if sort == "sent_at" else (day + 1, day - 1)
    post(
        brand,
        "b",
        said("before", "g", "x", before, "回购"),
        said("behind", "g", "x", behind, "回购"),
        said("zz" if sort == "sent_at" else "aa", "g", "x", day, "回购"),
    )
    while page["next"] is not None:
        page = brand.ask("/v1/messages", sort=sort, limit=5, cursor=page["next"], **asked)
        seen += [row["message_id"] for row in page["items"]]
    assert len(seen) == len(set(seen))
    assert {f"m{day}" for day in days} | {"behind", "zz" if sort == "sent_at" else "aa"} == set(
        seen
    )


def test_rows_without_a_value_are_reached_past_inserts(service: Service) -> None:
    brand = service.brand()
    unpaid = [
        (
            "order.placed",
            "2025-03-01T12:00:00+08:00",
            {"order_id": f"u{n}", "buyer_id": "b", "amount": 5, "currency": "CNY"},
        )
        for n in range(5)
    ]
    post(brand, "a", *(bought(f"p{n}", "b", n + 2, 10) for n in range(3)), *unpaid)
    first = brand.ask("/v1/orders", sort="-paid_at", limit=4)
    assert [row["order_id"] for row in first["items"]] == ["p2", "p1", "p0", "u4"]
    post(brand, "b", bought("p9", "b", 20, 10), bought("u0", "b", 21, 5))
    rest = brand.ask("/v1/orders", sort="-paid_at", cursor=first["next"])
    assert [row["order_id"] for row in rest["items"]] == ["u3", "u2", "u1"]


def test_a_rare_filter_under_another_order(service: Service) -> None:
    """Rows that the first stretch of the order has none of, and some of it has few of."""
    brand = service.brand()
    crowd = [joined("g", f"m{n:03}", 2, f"昵称{n}") for n in range(120)]
    crowd += [bought(f"o{n:03}", f"m{n:03}", 3, 1000 - n) for n in range(120)]
    post(brand, "a", *crowd, joined("rare", "m119", 4), joined("rare", "m118", 5))
    asked = {"group_id": "rare", "sort": "-net"}
    assert [row["customer_id"] for row in walked(brand, "customers", 1, **asked)] == [
        "m:m118",
        "m:m119",
    ]
    few = walked(brand, "customers", 1, q="昵称11", sort="-net")
    assert [row["nickname"] for row in few] == ["昵称11", *(f"昵称{n}" for n in range(110, 120))]
    few = walked(brand, "customers", 1, q="昵称", group_id="rare", sort="net")
    assert [row["customer_id"] for row in few] == ["m:m119", "m:m118"]


BAD: list[tuple[str, dict[str, str], str]] = [
    ("messages", {"cursor": "x"}, "cursor"),
    ("messages", {"cursor": "WyJ4Il0"}, "cursor"),
    ("messages", {"limit": "0"}, "limit"),
    ("messages", {"limit": "201"}, "limit"),
    ("messages", {"sort": "text"}, "sort"),
    ("messages", {"q": ""}, "q"),
    ("messages", {"q": "x" * 101}, "q"),
    ("messages", {"sent_from": "gestern"}, "sent_from"),
    ("messages", {"sent_until": "2025-13-01"}, "sent_until"),
    ("messages", {"sent_from": "2025-03-01T00:00:00"}, "sent_from"),
    ("messages", {"recalled": "perhaps"}, "recalled"),
    ("messages", {"fields": "text,stamps"}, "fields"),
    ("customers", {"silent_days": "0"}, "silent_days"),
    ("customers", {"min_net": "1" + "0" * 30}, "min_net"),
    ("customers", {"monetary": "6"}, "monetary"),
    ("customers", {"lifecycle": "dead"}, "lifecycle"),
    ("orders", {"cell": "x"}, "cell"),
    ("orders", {"paid_from": "0001-01-01"}, "paid_from"),
    ("groups/g1/members", {"at": "then"}, "at"),
]


@pytest.mark.parametrize(("path", "asked", "field"), BAD)
def test_what_is_malformed_is_told(
    brand: Brand, path: str, asked: dict[str, str], field: str
) -> None:
    with brand.client as client:
        answer = client.get(f"/v1/{path}", params=asked)
    assert (answer.status_code, answer.json()["code"]) == (400, "invalid"), answer.text
    assert answer.json()["field"] == field


def test_a_cursor_is_of_its_order(brand: Brand) -> None:
    cursor = brand.ask("/v1/orders", limit=1)["next"]
    with brand.client as client:
        for path, sort in (("orders", "-amount"), ("orders", "paid_at"), ("lives", "-started_at")):
            answer = client.get(f"/v1/{path}", params={"sort": sort, "cursor": cursor})
            assert (answer.status_code, answer.json()["field"]) == (400, "cursor")


@pytest.mark.parametrize("id_", ["%00", "%ff", "%ed%a0%80", "a%2Fb", "'", "%25", "x" * 2_000])
def test_no_id_breaks_a_detail(brand: Brand, id_: str) -> None:
    with brand.client as client:
        for path in ("groups", "notes", "creators", "lives", "orders"):
            assert client.get(f"/v1/{path}/{id_}").status_code in (400, 404)
        assert client.get(f"/v1/groups/{id_}/members").status_code in (400, 404)
        for name in ("group_id", "q"):
            assert client.get(f"/v1/messages?{name}={id_[:90]}").status_code in (200, 400)
