"""Every answer equals a plain recount of the same events, in whatever order they came."""

from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from litestar.testing import TestClient

from app.core.clock import microseconds
from app.core.settings import Settings
from app.main import create_app
from tests.oracle.ask import ask
from tests.oracle.compare import differences
from tests.oracle.world import World, build
from tests.properties.events import Event, deliveries, events
from tests.properties.questions import ALWAYS, Question, questions
from tests.properties.test_order import SETTINGS, slow
from tests.properties.world import Bench


@pytest.fixture(scope="module")
def bench(settings: Settings) -> Iterator[Bench]:
    opened = Bench(settings)
    yield opened
    opened.close()


@pytest.fixture(scope="module")
def client(settings: Settings) -> Iterator[TestClient[Any]]:
    with TestClient(create_app(settings)) as opened:
        yield opened


def intervals(world: World) -> list[tuple[Any, ...]]:
    """The recount's memberships, those of length 0 among them."""
    return sorted(
        (
            m.group_id,
            m.member_id,
            m.joined_at,
            m.left_at,
            m.source.get("kind"),
            m.source.get("note_id"),
            m.start_inferred,
            m.end_inferred,
        )
        for m in world.memberships + world.empty_memberships
    )


@slow
@given(
    data=st.data(),
    said=events(),
    brand_settings=SETTINGS,
    drawn=st.lists(questions, min_size=5, max_size=15),
)
def test_answers_equal_a_recount(
    bench: Bench,
    client: TestClient[Any],
    data: st.DataObject,
    said: list[Event],
    brand_settings: dict[str, Any],
    drawn: list[Question],
) -> None:
    brand_id = bench.brand(**brand_settings)
    for batch in data.draw(deliveries(said)):
        bench.take_in(brand_id, batch)
        bench.work()
    world = build(said, {"live_grace_hours": 2, "source": "bot"} | brand_settings)
    assert bench.intervals(brand_id) == intervals(world)
    assert bench.suspects(brand_id) == {event.id for event in world.suspect_snapshots}
    now = microseconds(datetime.now(UTC))
    headers = {"authorization": f"Bearer {bench.key(brand_id)}"}
    for path, params in ALWAYS + drawn:
        answer = client.get(path, params=params, headers=headers)
        assert answer.status_code in (200, 404), answer.text
        got = answer.json() if answer.status_code == 200 else None
        assert differences(ask(world, path, params, now), got) == [], (path, params, got)
