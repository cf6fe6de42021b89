"""Facts and credits are functions of the set of events, whatever the order they came in."""

from collections.abc import Iterator

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from app.core.settings import Settings
from tests.properties.events import Event, deliveries, events
from tests.properties.world import Bench

SETTINGS = st.fixed_dictionaries(
    {
        "identity_mode": st.sampled_from(["shared", "separate"]),
        "touch_hours": st.sampled_from([0, 24, 72]),
        "timezone": st.sampled_from(["Asia/Tokyo", "America/Havana"]),
    }
)
slow = settings(
    max_examples=100, deadline=None, suppress_health_check=list(HealthCheck), derandomize=True
)


@pytest.fixture(scope="module")
def bench(settings: Settings) -> Iterator[Bench]:
    opened = Bench(settings)
    yield opened
    opened.close()


def in_order(said: list[Event]) -> list[Event]:
    return sorted(said, key=lambda event: (event["time"], event["id"], event["source"]))


@slow
@given(data=st.data(), said=events(), brand_settings=SETTINGS)
def test_any_order_gives_the_same_tables(
    bench: Bench, data: st.DataObject, said: list[Event], brand_settings: dict[str, object]
) -> None:
    once = bench.brand(**brand_settings)
    bench.take_in(once, in_order(said))
    bench.work()

    anyhow = bench.brand(**brand_settings)
    for batch in data.draw(deliveries(said)):
        bench.take_in(anyhow, batch)
        if data.draw(st.booleans()):
            bench.work()
    bench.work()

    expected, found = bench.tables(once), bench.tables(anyhow)
    for name, rows in expected.items():
        assert found[name] == rows, name


@slow
@given(data=st.data(), said=events(), before=SETTINGS, after=SETTINGS)
def test_settings_changed_midway_hold_for_the_whole_past(
    bench: Bench,
    data: st.DataObject,
    said: list[Event],
    before: dict[str, object],
    after: dict[str, object],
) -> None:
    changed = bench.brand(**before)
    cut = data.draw(st.integers(0, len(said)))
    bench.take_in(changed, said[:cut])
    bench.work()
    bench.change(changed, **after)
    if cut < len(said):
        bench.take_in(changed, said[cut:])
    bench.work()

    always = bench.brand(**after)
    bench.take_in(always, said)
    bench.work()
    assert bench.tables(changed) == bench.tables(always)
