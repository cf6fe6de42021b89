"""An erased brand is the brand in which that person always had the surrogate's ids.

Events come in any order, before and after one or two erasures; late ones name the erased.
"""

from collections.abc import Iterator
from typing import Any

import msgspec
import pytest
from hypothesis import HealthCheck, Phase, assume, example, given, settings
from hypothesis import strategies as st
from litestar.testing import TestClient

from app.core.errors import Problem
from app.core.settings import Settings
from app.events import AnyEvent
from app.main import create_app
from app.models.tables import metadata
from app.projection.entities import Entities
from app.projection.people import people, renamed, rewritten
from tests.make import Service
from tests.personal.worker import Eraser
from tests.properties.bench import TABLES
from tests.properties.events import Event, an_event, pick
from tests.properties.questions import ALWAYS, Question, questions

Names = dict[tuple[Any, str], str]
CALM: Any = {
    "phases": [Phase.explicit, Phase.reuse, Phase.generate],
    "deadline": None,
    "suppress_health_check": list(HealthCheck),
    "print_blob": True,
}
SETTINGS = st.fixed_dictionaries(
    {
        "identity_mode": pick("shared", "separate"),
        "touch_hours": pick(0, 24, 72),
        "timezone": pick("Asia/Tokyo", "America/Havana"),
    }
)
PERSONS = pick("m:p1", "m:p2", "b:p1", "b:p3")

_decoder = msgspec.json.Decoder(AnyEvent)
LATEST = {entity.value.table: list(entity.value.latest) for entity in Entities}


@pytest.fixture(scope="module")
def eraser(settings: Settings) -> Iterator[Eraser]:
    opened = Eraser(settings)
    yield opened
    opened.close()


@pytest.fixture(scope="module")
def client(settings: Settings) -> Iterator[TestClient[Any]]:
    with TestClient(create_app(Service("", settings).as_role("web"))) as opened:
        yield opened


def one_sender(event: Event) -> Event:
    """An id of a message belongs to one sender; that it may not is another test's."""
    data = event["data"]
    if "message_id" in data:
        sender = data.get("member_id", "p1") if event["type"] != "card.clicked" else "p1"
        return event | {"data": data | {"message_id": f"{data['message_id']} of {sender}"}}
    return event


events = st.lists(
    an_event().map(one_sender),
    min_size=5,
    max_size=40,
    unique_by=lambda event: (event["source"], event["id"]),
)


def invited(inviter: str) -> dict[str, Any]:
    """A brand whose one order rests on a membership that somebody invited; the inviter goes."""
    source = {"kind": "share", "inviter_member_id": inviter}
    join = {"group_id": "g1", "member_id": "p3", "source": source}
    order = {"order_id": "o1", "buyer_id": "p3", "amount": 9900, "currency": "CNY"}
    message = {"group_id": "g1", "message_id": "m1", "member_id": inviter}
    kinds = {"member.joined": join, "message.sent": message, "order.paid": order}
    said = [
        {
            "id": f"e{day}",
            "type": kind,
            "time": f"2025-03-0{day}T00:00:00+02:00",
            "source": "bot",
            "data": data,
        }
        for day, (kind, data) in enumerate(kinds.items(), 1)
    ]
    return {
        "said": said,
        "cuts": (3, 3),
        "erased": [f"m:{inviter}"],
        "chosen": {"identity_mode": "shared", "touch_hours": 0, "timezone": "Asia/Tokyo"},
        "asked": [],
        "rested": True,
    }


@settings(max_examples=12, **CALM)
@example(**invited("p1"))
@example(**invited("p3"))
@given(
    said=events,
    cuts=st.tuples(st.integers(1, 39), st.integers(1, 39)),
    erased=st.lists(PERSONS, min_size=1, max_size=2),
    chosen=SETTINGS,
    asked=st.lists(questions, max_size=4),
    rested=st.booleans(),
)
def test_it_is_as_if_the_surrogate_had_been_there_always(
    eraser: Eraser,
    client: TestClient[Any],
    said: list[Event],
    cuts: tuple[int, int],
    erased: list[str],
    chosen: dict[str, Any],
    asked: list[Question],
    rested: bool,
) -> None:
    brand = eraser.brand(**chosen)
    names: Names = {}
    at = 0
    done = 0
    for cut, person in zip(sorted(cuts), erased, strict=False):
        if said[at:cut]:
            eraser.take_in(brand, said[at:cut])
            at = max(at, min(cut, len(said)))
        # Whoever is pending now is projected under the tombstones.
        eraser.work_some(brand, rested)
        before = answers(eraser, client, brand, []) if rested else None
        try:
            made = eraser.erase(brand, person)
        except Problem:
            continue
        done += 1
        extend(names, made, chosen["identity_mode"] == "shared")
        if before is not None:
            eraser.work(brand)
            for one, now in zip(before, answers(eraser, client, brand, []), strict=True):
                assert told(now, {}) == told(one, names), one[0]
    assume(done)
    if said[at:]:
        eraser.take_in(brand, said[at:])
    eraser.work(brand)
    eraser.tend(brand)
    for event in eraser.events(brand):
        assert not any(person in names for person in people(event.data))
    other = eraser.brand(**chosen)
    eraser.take_in_raw(other, [as_surrogate(event, names) for event in said])
    eraser.work(other)
    found, expected = tables(eraser, brand), tables(eraser, other)
    for name, rows in expected.items():
        assert found[name] == rows, name
    assert answers(eraser, client, brand, asked) == answers(eraser, client, other, asked)
    eraser.verify(brand)
    again = eraser.take_in(brand, said)
    assert (again.accepted, again.duplicates, again.rejected) == (0, len(said), [])


def extend(names: Names, made: dict[tuple[str, str], str], shared: bool) -> None:
    """Add an erasure's new names; ids of a surrogate that was renamed lead to the new one."""
    for person, surrogate in names.items():
        names[person] = made.get((person[0], surrogate), surrogate)
    for (space, id_), surrogate in made.items():
        names[space, id_] = surrogate
        if shared:
            names.setdefault(("buyer" if space == "member" else "member", id_), surrogate)


def as_surrogate(event: Event, names: Names) -> bytes:
    raw = msgspec.json.encode(event)
    decoded = _decoder.decode(raw)
    if not any(person in names for person in people(decoded.data)):
        return raw
    return rewritten(renamed(decoded, names), event["source"], event["id"]).encode()


def answers(
    eraser: Eraser, client: TestClient[Any], brand: int, more: list[Question]
) -> list[tuple[Question, Any]]:
    headers = {"authorization": f"Bearer {eraser.key(brand)}"}
    found = []
    for path, params in [*ALWAYS, *more]:
        answer = client.get(path, params=params, headers=headers)
        assert answer.status_code in (200, 404), answer.text
        found.append(((path, params), answer.json() if answer.status_code == 200 else None))
    return found


def told(answered: tuple[Question, Any], names: Names) -> str:
    """An answer as a text in which the old ids are the new ones; sentences may name either.

    People stand in `member_id`, `buyer_id`, and fields that end like them (`inviter_member_id`).
    """
    text = msgspec.json.encode(without(answered[1], "why")).decode()
    for (space, id_), surrogate in names.items():
        text = text.replace(f'{space}_id":"{id_}"', f'{space}_id":"{surrogate}"')
    return text


def without(value: Any, field: str) -> Any:
    return {k: v for k, v in value.items() if k != field} if isinstance(value, dict) else value


def tables(eraser: Eraser, brand: int) -> dict[str, list[Any]]:
    """All tables of facts and derived rows; stamps by column, and no member that says nothing."""
    found = {}
    for name, rows in eraser.tables(brand).items():
        columns = [
            c.name
            for c in metadata.tables[name].columns
            if c.name not in ("brand_id", "phone_index")
        ]
        plain = [canonical(name, dict(zip(columns, row, strict=True))) for row in rows]
        found[name] = sorted((row for row in plain if row is not None), key=repr)
    assert set(found) == set(TABLES)
    return {name: rows for name, rows in found.items() if not name.startswith("audit_")}


def canonical(table: str, row: dict[str, Any]) -> dict[str, Any] | None:
    if table == "refund":
        row["reason"] = None
    if "stamps" in row:
        stamps = row["stamps"]
        known = [name for name in LATEST[table] if row.get(name) is not None]
        if table == "member" and not known:
            return None
        row["stamps"] = {name: stamps.get(name, stamps.get("*")) for name in known}
    return row
