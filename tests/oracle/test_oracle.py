"""The recount agrees with every given answer, of the golden worlds and of the data sets."""

from pathlib import Path

import pytest

from .ask import ask
from .clock import instant
from .compare import differences
from .testdata import ABSENT, Case, datasets, load, present, read_events, worlds
from .world import build

pytestmark = pytest.mark.skipif(not present(), reason=ABSENT)
NOW = instant("2026-11-21T00:00:00Z")  # every question names its as_of


def disagreements(case: Case, events: Path) -> list[str]:
    world = build(read_events(events), case.config)
    return [
        f"{question.name} {question.path} {question.params}: {difference}"
        for question in case.questions
        for difference in differences(
            question.answer, ask(world, question.path, question.params, NOW)
        )
    ]


@pytest.mark.parametrize("name", worlds())
def test_golden_world(name: str) -> None:
    case = load(name)
    assert case.questions
    assert disagreements(case, case.events) == []
    assert disagreements(case, case.arrival) == []


@pytest.mark.parametrize("name", datasets())
def test_data_set(name: str) -> None:
    case = load(name)
    assert case.questions
    assert disagreements(case, case.events) == []
