"""The dashboard and the alarms ask for nothing that no process tells."""

import json
import re
import time
from pathlib import Path
from typing import Any

import pytest
import yaml

from tests.telemetry.conftest import Told
from tests.telemetry.scrape import scrape
from tests.telemetry.test_numbers import LABELS

OPS = Path(__file__).parents[2] / "ops"
DOCS = OPS.parent / "docs"
NAME = re.compile(r"\b(?:hongqun|process)_[a-z_]+")
GROUPED = re.compile(r"\b(?:by|on|group_left) \(([^)]*)\)")
CHOSEN = re.compile(r"(\w+)=~?\"")
SUFFIXES = {"counter": ("_total",), "histogram": ("_bucket", "_sum", "_count"), "gauge": ("",)}
OF_PROMETHEUS = {"instance", "job"}


def dashboard() -> list[dict[str, Any]]:
    panels: list[dict[str, Any]] = json.loads((OPS / "grafana.json").read_text("utf-8"))["panels"]
    return panels


def rules() -> list[dict[str, Any]]:
    (group,) = yaml.safe_load((OPS / "alerts.yml").read_text("utf-8"))["groups"]
    found: list[dict[str, Any]] = group["rules"]
    return found


def questions() -> dict[str, str]:
    """What is asked, by where it stands."""
    asked = {rule["alert"]: rule["expr"] for rule in rules()}
    for panel in dashboard():
        for target in panel.get("targets", []):
            asked[f"{panel['title']} {target['refId']}"] = target["expr"]
    return asked


@pytest.fixture(scope="session")
def there(told: Told) -> set[str]:
    """The names of all that web and worker tell, once the worker had time to read its queues."""
    until = time.monotonic() + 60
    while True:
        names = {
            f"{family.name.removesuffix('_total')}{suffix}"
            for port in (told.web, told.worker)
            for family in scrape(port).families
            for suffix in SUFFIXES.get(family.type, ())
        }
        if "hongqun_queue_rows" in names or time.monotonic() > until:
            return names
        time.sleep(0.2)


@pytest.mark.parametrize("where", questions())
def test_what_is_asked_for_is_told(where: str, there: set[str]) -> None:
    question = questions()[where]
    names = set(NAME.findall(question))
    assert names <= there, names - there
    assert names or question.startswith("up{")
    labels = {label for found in GROUPED.findall(question) for label in found.split(", ")}
    labels |= set(CHOSEN.findall(question))
    if not names:
        labels -= OF_PROMETHEUS
    assert labels - {"instance"} <= LABELS
    assert question.count("(") == question.count(")")


@pytest.mark.parametrize(
    ("page", "begins", "ends"),
    [
        ("operations.md", "## Numbers of the processes", "## By the clock"),
        ("zh-CN/operations.md", "## 进程的数字", "## 定时任务"),
    ],
)
def test_the_page_names_all_that_is_told_and_nothing_else(
    page: str, begins: str, ends: str, told: Told, there: set[str]
) -> None:
    section = (DOCS / page).read_text("utf-8").split(begins)[1].split(ends)[0]
    named = {name for name in NAME.findall(section) if not name.endswith("_")}
    families = {
        family.name if family.type != "counter" else f"{family.name}_total"
        for port in (told.web, told.worker)
        for family in scrape(port).families
        if family.name.startswith("hongqun_")
    }
    assert families <= named, families - named
    assert named <= families | there, named - families - there


def test_panels_do_not_cover_each_other() -> None:
    taken: set[tuple[int, int]] = set()
    for panel in dashboard():
        at = panel["gridPos"]
        cells = {
            (x, y)
            for x in range(at["x"], at["x"] + at["w"])
            for y in range(at["y"], at["y"] + at["h"])
        }
        assert not cells & taken, panel["title"]
        assert at["x"] + at["w"] <= 24
        taken |= cells
    assert len({panel["id"] for panel in dashboard()}) == len(dashboard())


def test_alarms_say_what_they_mean() -> None:
    assert len({rule["alert"] for rule in rules()}) == len(rules())
    for rule in rules():
        assert rule["annotations"]["summary"]


def test_no_label_is_one_of_prometheus_s_own() -> None:
    """It would come out under another name there, and no question would find it."""
    assert not OF_PROMETHEUS & LABELS
