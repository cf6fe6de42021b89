"""The golden worlds and data sets with their answers; `HONGQUN_TESTDATA` says where they are."""

import gzip
import json
import os
from pathlib import Path
from typing import Any, NamedTuple

PROJECT = Path(__file__).parents[2]
FOLDER = (PROJECT / os.environ.get("HONGQUN_TESTDATA", "../shared")).resolve()
ABSENT = f"no test data in {FOLDER} (set HONGQUN_TESTDATA)"
CURRENCIES = {"online_retail": "GBP", "group_chat": "CNY"}


class Question(NamedTuple):
    name: str
    path: str
    params: dict[str, Any]
    answer: dict[str, Any] | None


class Case(NamedTuple):
    config: dict[str, Any]
    events: Path
    arrival: (
        Path  # the same events in no order, some twice; a data set has none, and repeats `events`
    )
    questions: list[Question]


def present() -> bool:
    return bool(worlds() or datasets())


def worlds() -> list[str]:
    return sorted(path.parent.name for path in FOLDER.glob("golden/*/answers.json"))


def datasets() -> list[str]:
    return sorted(name for name in CURRENCIES if (FOLDER / "data" / f"{name}.ndjson.gz").exists())


def load(name: str) -> Case:
    """A golden world or a data set."""
    if name in CURRENCIES:
        return load_dataset(name)
    folder = FOLDER / "golden" / name
    answers = read_json(folder / "answers.json")
    return Case(
        read_json(folder / "config.json"),
        folder / "events.ndjson.gz",
        folder / "arrival.ndjson.gz",
        [
            Question(q["name"], q["path"], q["params"], answers[q["name"]])
            for q in read_json(folder / "queries.json")
        ],
    )


def load_dataset(name: str) -> Case:
    folder = FOLDER / "data"
    events = folder / f"{name}.ndjson.gz"
    config = {
        "timezone": "UTC",
        "currency": CURRENCIES[name],
        "identity_mode": "shared",
        "touch_hours": 24,
        "live_grace_hours": 2,
        "source": "api",
    }
    questions = [
        Question(q["name"], q["path"], q["params"], q["answer"])
        for q in read_json(folder / "expected.json")
        if q["dataset"] == name
    ]
    return Case(config, events, events, questions)


def read_json(path: Path) -> Any:
    return json.loads(path.read_text("utf-8"))


def read_events(path: Path) -> list[dict[str, Any]]:
    with gzip.open(path, "rt", encoding="utf-8") as lines:
        return [json.loads(line) for line in lines]
