"""The catalog says the truth: each field it names is in the answer, and ratios are what it says."""

import re
from datetime import date
from decimal import Decimal
from fractions import Fraction
from pathlib import Path
from typing import Any

import pytest

from app.demo.story import story
from app.metrics.catalog import METRICS
from app.metrics.entries.dimensions import DIMENSIONS
from app.metrics.entries.entry import Dimension, Metric
from app.metrics.question import Answer
from tests.make import Brand, Service

DOCS = Path(__file__).parents[2] / "docs"
PARAMS = {
    "start": "2026-06-01",
    "end": "2026-08-01",
    "as_of": "2026-11-16T00:00:00+08:00",
}
EXTRA = {
    "/v1/metrics/funnel": {"by": "note"},
    "/v1/metrics/repurchase?kind=cohort": {"within_days": "120"},
}

ANSWERS: list[tuple[str, dict[str, str]]] = [
    ("gmv-share", {"bucket": "month"}),
    *(("repurchase", {"kind": kind}) for kind in ("window", "cohort", "returning", "next_period")),
    ("funnel", {"by": "note"}),
    ("retention", {"kind": "stay"}),
    ("retention", {"kind": "speak"}),
    ("activity", {"bucket": "month"}),
    ("lives", {}),
    ("before-after", {}),
]
ASKED = (
    *("kind", "by", "basis", "bucket", "days", "within_days", "dedupe", "sort", "next"),
    *("group_id", "note_id", "creator_id"),
)
"""Fields that say what was asked."""


@pytest.fixture(scope="module")
def brand(service: Service) -> Brand:
    made = service.brand()
    made.post(story(date(2026, 11, 16)))
    made.drain()
    return made


def at(answer: Any, path: str) -> list[Any]:
    """The values at a path; `rows[]` stands for each row."""
    values = [answer]
    for name in path.split("."):
        if name.endswith("[]"):
            values = [row for value in values for row in value[name[:-2]]]
        else:
            values = [value[name] for value in values]
    return values


def added(answer: Any, formula: str) -> list[Fraction]:
    columns = [at(answer, term.strip()) for term in formula.split("+")]
    return [sum((Fraction(str(v)) for v in row), Fraction()) for row in zip(*columns, strict=True)]


@pytest.mark.parametrize("metric", METRICS, ids=lambda metric: metric.name)
def test_a_metric_is_in_the_answer_and_is_the_ratio_it_says(brand: Brand, metric: Metric) -> None:
    path, _, query = metric.endpoint.partition("?")
    given = dict(part.split("=") for part in query.split("&") if part)
    answer = brand.ask(path, **PARAMS, **EXTRA.get(metric.endpoint, {}), **given)
    values = at(answer, metric.field)
    assert any(value for value in values)
    if metric.numerator is None or metric.denominator is None:
        return
    tolerance = Decimal("0.001") if metric.name == "repurchase_lift" else Decimal("0.0000005")
    over, under = added(answer, metric.numerator), added(answer, metric.denominator)
    for value, numerator, denominator in zip(values, over, under, strict=True):
        if denominator == 0:
            assert value is None
        else:
            assert abs(Fraction(str(value)) - numerator / denominator) <= Fraction(tolerance)


def leaves(value: Any, path: str = "") -> set[str]:
    """The paths of what stands in an answer, lists and all."""
    if isinstance(value, dict):
        return {leaf for name in value for leaf in leaves(value[name], f"{path}.{name}".strip("."))}
    if isinstance(value, list):
        return {leaf for each in value for leaf in leaves(each, path)}
    return {path}


@pytest.mark.parametrize(("path", "params"), ANSWERS, ids=str)
def test_every_field_has_a_label(brand: Brand, path: str, params: dict[str, str]) -> None:
    answer = brand.ask(f"/v1/metrics/{path}", **PARAMS, **params)
    labels = answer["labels"]
    assert len(set(labels.values())) == len(labels)
    for name in (*Answer.__struct_fields__, *ASKED):
        answer.pop(name, None)
    again = ("rows.", "series.", "by_segment.group.", "by_segment.non_group.", "before.", "after.")
    found = set()
    for leaf in leaves(answer):
        found.add(next((leaf.removeprefix(p) for p in again if leaf.startswith(p)), leaf))
    assert found <= labels.keys()
    # What a row of CSV begins with stands in JSON as the name of an object.
    assert labels.keys() - found <= {"segment", "side"}


def test_names_are_unique_and_listed(brand: Brand) -> None:
    listed = brand.ask("/v1/metrics")["metrics"]
    assert [each["name"] for each in listed] == [metric.name for metric in METRICS]
    assert len({metric.name for metric in METRICS}) == len(METRICS)
    assert all(each["label_zh"] and each["label_en"] and each["sentence_zh"] for each in listed)


@pytest.mark.parametrize(("page", "language"), [("metrics.md", "en"), ("zh-CN/metrics.md", "zh")])
def test_the_docs_list_every_metric(page: str, language: str) -> None:
    text = (DOCS / page).read_text("utf-8")
    listed = [line for line in text.splitlines() if line.startswith("| `")]
    for metric in METRICS:
        asked = metric.endpoint.removeprefix("/v1/metrics/")
        label, sentence = (getattr(metric, f"{part}_{language}") for part in ("label", "sentence"))
        assert f"| `{metric.name}` | {label} | `{asked}` `{metric.field}` | {sentence} |" in listed


def test_every_section_that_an_entry_names_is_there() -> None:
    headings = re.findall(r"^#+ (.+)$", (DOCS / "metrics.md").read_text("utf-8"), re.MULTILINE)
    anchors = {re.sub(r"[^a-z0-9 -]", "", each.lower()).replace(" ", "-") for each in headings}
    entries: list[Metric | Dimension] = [*METRICS, *DIMENSIONS]
    assert {each.doc for each in entries} <= {f"docs/metrics.md#{each}" for each in anchors}
