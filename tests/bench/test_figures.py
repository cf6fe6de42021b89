"""The benches: what `python -m bench` asks of each of them, and how figures are judged."""

import importlib
import importlib.util
from datetime import UTC, datetime
from pathlib import Path

import click
import msgspec
import pytest

from bench.__main__ import BENCHES, Bench
from bench.figures import Figure, Told, write
from bench.flat import judged
from bench.world import SHARES, World, parts

needs_duckdb = {"metrics", "lists", "segments"}


@pytest.mark.parametrize("bench", BENCHES, ids=lambda each: each.name)
def test_every_bench_has_a_small_size_and_tells_what_it_found(bench: Bench) -> None:
    if bench.name in needs_duckdb and importlib.util.find_spec("duckdb") is None:
        pytest.skip("only `make bench` installs DuckDB")
    command = importlib.import_module(f"bench.{bench.name}").main
    assert isinstance(command, click.Command)
    options = {name for each in command.params for name in each.opts}
    asked = {"--small", "--json"} | ({"--data"} if bench.small_brand or bench.full_brand else set())
    assert asked <= options


@pytest.mark.parametrize(
    ("value", "target", "at_most", "met"),
    [
        (1.2, 1.2, True, True),
        (1.21, 1.2, True, False),
        (0.5, 0.5, False, True),
        (0.49, 0.5, False, False),
        (7.0, None, True, None),
    ],
)
def test_a_target_is_met_or_not(
    value: float, target: float | None, at_most: bool, met: bool | None
) -> None:
    assert Figure("one", value, target=target, at_most=at_most).met is met


def test_what_was_found_keeps_its_figures(tmp_path: Path) -> None:
    figures = [Figure("one", 1.5, "ms"), Figure("two", 0.4, target=0.5, at_most=False)]
    write(tmp_path / "new" / "some.json", {"rounds": 3}, figures)
    raw = (tmp_path / "new" / "some.json").read_bytes()
    assert msgspec.json.decode(raw, type=Told).figures == figures
    assert msgspec.json.decode(raw)["rounds"] == 3


def test_memory_is_flat_or_grows() -> None:
    # The first tenth warms up: whatever it does, it counts for nothing.
    flat = judged([1.0] * 10 + [100.0] * 90)
    assert (flat.warm, flat.last, flat.growth, flat.slope) == (100.0, 100.0, 0.0, 0.0)
    # From 100 on one more each second: 110 to 119 in the second tenth, 190 to 199 in the last.
    grows = judged([100.0 + n for n in range(100)])
    assert (grows.warm, grows.last, grows.peak) == (114.5, 194.5, 199.0)
    assert grows.growth == round(194.5 / 114.5 - 1, 4)
    assert grows.slope == 90.0


def test_a_world_has_its_events_month_by_month() -> None:
    world = World(name="small", events=48_000, brands=[*range(len(SHARES))], members=[], groups=[])
    made = parts(world, datetime(2026, 11, 22, tzinfo=UTC))
    of_first = [each for each in made if each[0] == 0]
    assert len(of_first) == 24
    assert sum(last - first + 1 for _, first, last, _, _ in of_first) == 24_000
    assert sum(last - first + 1 for _, first, last, _, _ in made) == 48_000
    ends = [ms0 + (last - first + 1) * each for _, first, last, ms0, each in of_first]
    begins = [ms0 for _, _, _, ms0, _ in of_first[1:]]
    assert all(abs(a - b) < 2 for a, b in zip(ends, begins, strict=False))
