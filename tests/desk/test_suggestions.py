"""Suggestions: who is probably one person, and why."""

from collections.abc import Iterator
from typing import Any

import pytest

from app.crm import suggestions
from tests.api.door import problem
from tests.desk.people import merge, send
from tests.make import Brand, Service
from tests.metrics.told import told

# Ann and bob have an id in both spaces; cat, dan and eve have one phone, fay another. Bob's were
# linked by an event. Nobody knows gus as a buyer.
STORY = """
    03-02 10:00 member.joined   group_id=g1 member_id=ann
    03-03 10:00 order.paid      order_id=o1 buyer_id=ann amount=100
    03-03 10:00 order.paid      order_id=o2 buyer_id=bob amount=100
    03-03 10:00 member.joined   group_id=g1 member_id=bob
    03-03 10:00 identity.linked member_id=bob buyer_id=bob
    03-03 10:00 member.updated  member_id=cat phone=13800001111
    03-03 10:00 member.updated  member_id=dan phone=13800001111
    03-03 10:00 member.updated  member_id=eve phone=13800001111
    03-03 10:00 member.updated  member_id=fay phone=13800002222
    03-03 10:00 member.joined   group_id=g1 member_id=gus
"""
PATH = "/v1/identity-suggestions"


@pytest.fixture
def world(service: Service) -> Brand:
    return told(service, STORY, identity_mode="separate")


def walk(brand: Brand, **params: Any) -> Iterator[Any]:
    """All suggestions, page by page."""
    cursor: dict[str, str] = {}
    while True:
        page = brand.ask(PATH, **params, **cursor)
        yield from page["items"]
        if page["next"] is None:
            return
        cursor = {"cursor": page["next"]}


def told_of(brand: Brand, **params: Any) -> list[tuple[str, str, str]]:
    return [
        (each["why"], *(f"{each[s]['space'][0]}:{each[s]['id']}" for s in "ab"))
        for each in walk(brand, **params)
    ]


ANN = ("same_id", "m:ann", "b:ann")
PHONES = [("same_phone", "m:cat", "m:dan"), ("same_phone", "m:dan", "m:eve")]


@pytest.mark.parametrize("limit", [1, 2, 50])
def test_by_id_and_by_phone(world: Brand, limit: int) -> None:
    assert told_of(world, limit=limit) == [ANN, *PHONES]


def test_what_it_would_change(world: Brand) -> None:
    ann, *_ = walk(world, effects=True)
    assert (ann["a"]["joinings"], ann["a"]["orders"]) == (1, 0)
    assert (ann["b"]["joinings"], ann["b"]["orders"]) == (0, 1)
    neither = {"cell": "neither", "group_id": None, "note_id": None}
    member = {"cell": "member_only", "group_id": "g1", "note_id": None}
    changes = [{"order_id": "o1", "before": neither, "after": member}]
    assert ann["effect"] == {"orders": 1, "changed": 1, "items": changes}
    assert world.ask("/v1/orders/o1/explain")["cell"] == "neither"
    assert [each["effect"] for each in walk(world)] == [None] * 3


def test_who_was_merged_is_not_suggested(world: Brand) -> None:
    merge(world, "m:ann", "b:ann")
    merge(world, "m:cat", "m:dan")
    assert told_of(world) == PHONES[1:]
    merge(world, "m:eve", "m:dan")
    assert told_of(world) == []


def test_dismissed_until_it_is_not(world: Brand) -> None:
    for a, b in (("b:ann", "m:ann"), ("m:dan", "m:cat")):
        send(world, "POST", f"{PATH}/dismiss", a=a, b=b)
        send(world, "POST", f"{PATH}/dismiss", a=b, b=a)
    assert told_of(world) == PHONES[1:]
    send(world, "POST", f"{PATH}/dismiss", a="m:ann", b="b:ann", dismissed=False)
    assert told_of(world) == [ANN, PHONES[1]]
    with world.client as client:
        body = {"a": "m:ann", "b": "m:nobody"}
        problem(client.post(f"{PATH}/dismiss", json=body), 404, "not_found", "/b")


def test_in_shared_mode_equal_ids_are_one_customer(service: Service) -> None:
    assert told_of(told(service, STORY)) == PHONES


def test_a_phone_of_many_says_nothing(service: Service) -> None:
    lines = [f"03-03 10:00 member.updated member_id=p{n} phone=000" for n in range(6)]
    brand = told(service, "\n".join(lines))
    assert told_of(brand) == []
    brand = told(service, "\n".join(lines[:5]))
    assert len(told_of(brand)) == 4


def test_a_page_looks_only_so_far(service: Service, monkeypatch: pytest.MonkeyPatch) -> None:
    """Looked at by the function itself, two at a time: pages may be empty, all is found."""
    monkeypatch.setattr(suggestions, "LOOKED", 2)
    brand = told(service, STORY, identity_mode="separate")
    pages = []

    async def act(connection: Any) -> None:
        after: Any = None
        while True:
            found = await suggestions.look(connection, brand.brand_id, after, 50)
            pages.append([one.id for _, one, _ in found.items])
            after = found.following
            if after is None:
                return

    service.within(act)
    assert [each for page in pages for each in page] == ["ann", "cat", "dan"]
    assert len(pages) >= 4


@pytest.mark.parametrize("cursor", ["x", "é", "WyJzdWdnZXN0aW9ucyIsIm1hZGUiLCJ1cCJd"])
def test_cursors_that_are_none(service: Service, cursor: str) -> None:
    with service.brand().client as client:
        problem(client.get(PATH, params={"cursor": cursor}), 400, "invalid", "cursor")


def test_another_brand_has_none(service: Service, world: Brand) -> None:
    assert told_of(service.brand(identity_mode="separate")) == []
