"""The documents name every column, and every header that is understood."""

from pathlib import Path

import pytest

from app.sheets.asked import Asked
from app.sheets.columns import folded, lay_out
from app.sheets.reading import SHEETS
from tests.sheets.test_workbooks import NOW

DOCS = Path(__file__).parents[2] / "docs"


@pytest.mark.parametrize("path", ["imports.md", "zh-CN/imports.md"])
def test_every_header_is_documented(path: str) -> None:
    text = (DOCS / path).read_text("utf-8")
    for sheet in SHEETS.values():
        for column in sheet.columns:
            words = [*column.words.split(), *column.choices]
            assert any(
                line.startswith(f"| `{column.name}` |") and all(word in line for word in words)
                for line in text.splitlines()
            ), (sheet.kind, column.name)


@pytest.mark.parametrize("kind", SHEETS)
def test_no_header_names_two_columns(kind: str) -> None:
    (sheet,) = (each for each in SHEETS.values() if each.kind == kind)
    words = [folded(w) for c in sheet.columns for w in {c.name, *c.words.split()}]
    assert len(set(words)) == len(words)
    asked = Asked(sheet.kind, "csv", "CNY", "Asia/Shanghai", NOW, amounts="yuan")
    for column in sheet.columns:
        for word in column.words.split():
            others = [c.name for c in sheet.columns if c.required and c.name != column.name]
            layout = lay_out([word, *others], sheet.columns, asked)
            assert layout.columns[0] is column
