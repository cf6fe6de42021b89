"""Tables of the summary: a row a figure, a column a period, and the change of the newest."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

from app.exports.words import word
from app.exports.workbook.charts import Series
from app.exports.workbook.figures import (
    BASES,
    CELLS,
    SEGMENTS,
    Period,
    difference,
    growth,
)
from app.exports.workbook.formats import BRAND, PALE
from app.exports.workbook.grid import Grid
from app.exports.workbook.paper import Paper

LABEL, CHANGES = 5, 2
"""Columns that a label takes, before those of the periods, and the change after them."""

CHANGE = {
    "ratio": '▲ 0.0" {0}";▼ 0.0" {0}";0.0" {0}"',
    "other": "▲ 0.0%;▼ 0.0%;0.0%",
}
ONE_DAY = timedelta(days=1)
Figure = Callable[[Period], Any]


class Periods:
    """One table; `series` are the rows that charts show, by name."""

    def __init__(self, paper: Paper, grid: Grid, row: int, found: list[Period]) -> None:
        self.paper, self.grid, self.row, self.found = paper, grid, row, found
        self.heads = row + 1
        self.series: dict[str, Series] = {}

    def title(self, text: str) -> None:
        """The title, and the names of the periods below it."""
        of, found = self.paper.formats.of, self.found
        self.grid.heights[self.row] = 24
        self.grid.put(self.row, 0, text, of(bold=True, font_size=13, font_color=BRAND))
        self.grid.put(self.row + 1, 0, "", self.paper.formats.head, LABEL)
        for n, period in enumerate(found):
            self.grid.put(self.row + 1, LABEL + n, period.name, self.paper.formats.head)
        change = self.paper.timed("change")
        self.grid.put(self.row + 1, LABEL + len(found), change, self.paper.formats.head, CHANGES)
        self.grid.heights[self.row + 1] = 22
        self.row += 2

    def part(self, text: str) -> None:
        """A heading of the rows that follow."""
        style = self.paper.formats.of(bold=True, bg_color=PALE)
        self.grid.put(self.row, 0, text, style, LABEL + len(self.found) + CHANGES)
        self.row += 1

    def texts(self, label: str, figure: Figure) -> None:
        """A row of texts."""
        cell = self.paper.formats.cell("text", align="right")
        self._label(label)
        for n, period in enumerate(self.found):
            self.grid.put(self.row, LABEL + n, figure(period), cell)
        self.grid.put(self.row, LABEL + len(self.found), None, cell, CHANGES)
        self.row += 1

    def numbers(self, label: str, look: str, figure: Figure, name: str = "") -> None:
        """A row of numbers, which a chart may show by this name."""
        formats, found = self.paper.formats, self.found
        self._label(label)
        for n, period in enumerate(found):
            newest = {"bold": True, "bg_color": "#FDF3F0"} if period is found[-1] else {}
            value = self.paper.number(figure(period), look)
            self.grid.put(self.row, LABEL + n, value, formats.cell(look, **newest))
        before = figure(found[-2]) if len(found) > 1 else None
        self._change(figure(found[-1]), before, look)
        if name:
            last = LABEL + len(found) - 1
            self.series[name] = Series(self.row, 0, LABEL, last, self.heads)
        self.row += 1

    def _label(self, label: str) -> None:
        self.grid.put(self.row, 0, label, self.paper.formats.cell("text"), LABEL)

    def _change(self, now: Any, before: Any, look: str) -> None:
        """Of a share in percentage points, of anything else in percent."""
        is_share = look == "ratio"
        changed = difference(now, before) if is_share else growth(now, before)
        shown = CHANGE["ratio" if is_share else "other"].format(self.paper.said("unit_points"))
        style = self.paper.formats.cell("count", num_format=shown)
        value = None if changed is None else changed * 100 if is_share else changed
        self.grid.put(self.row, LABEL + len(self.found), value, style, CHANGES)


def sales(paper: Paper, grid: Grid, row: int, found: list[Period]) -> Periods:
    """GMV in three bases, by cell, and the group's shares of it."""
    made = Periods(paper, grid, row, found)
    language = paper.language
    made.title(paper.timed("five"))
    for basis in BASES:
        made.numbers(paper.said(basis), "money", _share("gmv", basis))
    made.numbers(paper.said("orders"), "count", _share("orders"))
    made.part(paper.said("cells"))
    for cell in CELLS:
        made.numbers(word(cell, language), "money", _share(f"{cell}_gmv"), cell)
    made.part(paper.said("shares"))
    for of in ("touch", "member"):
        for basis in BASES:
            label = f"{paper.said(f'card_{of}')} · {word(basis, language)}"
            name = of if basis == "gross" else ""
            made.numbers(label, "ratio", _share(f"share_{of}", basis), name)
    for of in ("low", "high"):
        made.numbers(paper.said(of), "ratio", _share(f"share_{of}"))
    made.numbers(paper.said("match"), "ratio", _share("match_rate"))
    return made


def repurchase(paper: Paper, grid: Grid, row: int, found: list[Period]) -> Periods:
    """Who bought again within 30 days, of those who first bought in the cohort's days."""
    made = Periods(paper, grid, row, found)
    made.title(paper.said("repurchase"))
    made.texts(paper.said("cohort"), _cohort)
    for segment in SEGMENTS:
        label = paper.said("rate", word(segment, paper.language))
        made.numbers(label, "ratio", _buyers("rate", segment), segment)
    made.numbers(paper.said("card_lift"), "times", _buyers("lift", "all"))
    for segment in SEGMENTS[:2]:
        of = word(segment, paper.language)
        made.numbers(paper.said("mature", of), "count", _buyers("mature_buyers", segment))
        made.numbers(paper.said("repeat", of), "count", _buyers("repeat_buyers", segment))
    return made


def _share(column: str, basis: str = "gross") -> Figure:
    return lambda period: period.share(column, basis)


def _buyers(column: str, segment: str) -> Figure:
    return lambda period: period.buyers(column, segment)


def _cohort(period: Period) -> str:
    """The cohort's days, the last one included, as 10-06 – 10-12."""
    first, end = (period.buyers(f"cohort_{name}", "all") for name in ("start", "end"))
    return "" if first is None or end is None else f"{first:%m-%d} – {end - ONE_DAY:%m-%d}"
