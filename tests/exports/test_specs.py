"""Tables of exports: they are told of in both languages, and all their words have labels."""

import re
from pathlib import Path
from typing import get_args

import pytest

from app.exports.frame import Spec
from app.exports.quality import COUNTED
from app.exports.specs.all import TABLES
from app.exports.sums import BASES, KINDS
from app.exports.words import LABELS, word
from app.metrics.caveat import Code
from app.metrics.entries.gmv_share import CELLS

DOCS = Path(__file__).parents[2] / "docs"


@pytest.mark.parametrize("spec", TABLES, ids=lambda spec: spec.name)
def test_columns_are_told_apart(spec: Spec) -> None:
    keys = [column.key for column in spec.columns]
    assert len(set(keys)) == len(keys)
    assert set(spec.key) <= set(keys)
    for language in ("zh-CN", "en"):
        labels = [column.label(language) for column in spec.columns]
        assert len(set(labels)) == len(labels), language
        assert spec.title(language)


@pytest.mark.parametrize("path", ["export-tables.md", "zh-CN/export-tables.md"])
def test_the_docs_have_every_column(path: str) -> None:
    told = {}
    for section in (DOCS / path).read_text("utf-8").split("\n### `")[1:]:
        name, _, rest = section.partition("`")
        told[name] = re.findall(r"`(\w+)`", rest.strip().rpartition("\n\n")[2])
    assert told == {spec.name: [column.key for column in spec.columns] for spec in TABLES}


def test_words_have_labels() -> None:
    checks = {COUNTED.get(code, code) for code in get_args(Code)}
    reasons = {"touch_by_order", "touch_by_click", "member", "neither"}
    for each in (*CELLS, *BASES, *KINDS, *reasons, *checks):
        assert each in LABELS, each
    assert word("member_only", "zh-CN") == "仅群用户"
    assert word("member_only", "en") == "Member only"
    assert word("unheard of", "en") == "unheard of"
