"""The first sheet: the headline numbers, the newest period beside the four before it, charts."""

from collections.abc import Callable
from decimal import Decimal
from typing import Any

from app.exports.frame import Frame
from app.exports.workbook.charts import Series, chart
from app.exports.workbook.figures import (
    BASES,
    CELLS,
    SEGMENTS,
    Period,
    difference,
    growth,
    periods,
)
from app.exports.workbook.formats import BRAND, DOWN, GREY, LINE, PALE, UP, digits
from app.exports.workbook.grid import Grid
from app.exports.workbook.paper import Paper

LABEL, FIRST = 0, 2
"""Columns: labels take two, the periods follow."""

CARD, CARDS = 2, 6
WIDE = 13.5
CHART_ROWS, ROW_PIXELS = 15, 20
CARD_KINDS = ("share_touch", "share_member", "group_gmv", "group", "non_group", "lift")
Figure = Callable[[Period], Any]


class Summary:
    """Made before the other sheets, whose names it hears, and written after them."""

    def __init__(self, paper: Paper) -> None:
        self.paper = paper
        run = paper.content.run
        self.title = f"{paper.said(f'report_{run.kind}')} · {paper.content.brand_name}"
        self.is_weekly = run.kind == "weekly"
        self.sheet = paper.sheet(paper.said("summary"))
        self.grid = Grid()
        self.tables: list[tuple[Frame, str]] = []

    def has(self, frame: Frame, name: str) -> None:
        """A table is on the sheet of that name."""
        self.tables.append((frame, name))

    def said(self, key: str, *given: object) -> str:
        """A word, of weeks or of other windows."""
        return self.paper.said(key if self.is_weekly else f"{key}_window", *given)

    def write(self) -> None:
        """Write all of it."""
        self.sheet.set_column(0, CARD * CARDS - 1, WIDE)
        row = self._above()
        found = periods(self.paper.content.frames)
        if found:
            row = self._cards(row, found)
            charts = row
            row += CHART_ROWS + 1
            row, gmv = self._sales(row, found)
            row, repurchase = self._repurchase(row, found)
            self._charts(charts, gmv, repurchase)
        self._contents(row)
        self.grid.write(self.sheet)
        self.sheet.activate()
        self.sheet.set_first_sheet()

    def _above(self) -> int:
        of, paper = self.paper.formats.of, self.paper
        grey = of(font_color=GREY, font_size=9)
        self.grid.heights[0] = 32
        self.grid.put(0, 0, self.title, of(bold=True, font_size=20, font_color=BRAND))
        self.grid.put(1, 0, paper.period, of(bold=True, font_size=12))
        self.grid.put(2, 0, paper.about.removeprefix(f"{paper.content.brand_name} · "), grey)
        parts = [
            paper.said("read_at", paper.local(paper.content.read_at)),
            paper.said("rule_version", paper.content.rule_version),
        ]
        if self.is_weekly:
            parts.append(paper.said("later"))
        self.grid.put(3, 0, " · ".join(parts), grey)
        return 5

    def _cards(self, row: int, found: list[Period]) -> int:
        now, before = found[-1], found[-2] if len(found) > 1 else None
        figures: list[tuple[str, str, Figure]] = [
            ("touch", "ratio", lambda period: period.share("share_touch")),
            ("member", "ratio", lambda period: period.share("share_member")),
            ("group_gmv", "money", lambda period: period.group_gmv),
            ("group_rate", "ratio", lambda period: period.buyers("rate", "group")),
            ("other_rate", "ratio", lambda period: period.buyers("rate", "non_group")),
            ("lift", "times", lambda period: period.buyers("lift", "all")),
        ]
        self.grid.heights |= {row: 22, row + 1: 36, row + 2: 18, row + 3: 20}
        for n, (name, look, figure) in enumerate(figures):
            self._card(row, n * CARD, name, look, figure(now), before and figure(before))
        return row + 5

    def _card(self, row: int, column: int, name: str, look: str, now: Any, before: Any) -> None:
        of, formats, paper = self.paper.formats.of, self.paper.formats, self.paper
        edges = {"bg_color": PALE, "align": "center"}
        side = {"left": 5, "left_color": "#FFFFFF", "right": 5, "right_color": "#FFFFFF"}
        box = edges | side
        self.grid.put(row, column, paper.said(name), of(bold=True, **box), CARD)
        big = of(bold=True, font_size=20, num_format=formats.number_format(look), **box)
        self.grid.put(row + 1, column, self._number(now, look), big, CARD)
        text = self.said("last", self._text(before, look))
        self.grid.put(row + 2, column, text, of(font_color=GREY, font_size=9, **box), CARD)
        change, color = self._change(now, before, look)
        self.grid.put(row + 3, column, change, of(bold=True, font_color=color, **box), CARD)

    def _number(self, value: Any, look: str) -> Any:
        """What a cell holds: money in the major unit; a dash where nothing is known."""
        if value is None:
            return self.paper.said("unknown")
        return Decimal(value).scaleb(-digits(self.paper.content.currency)) if look == "money" else value

    def _text(self, value: Any, look: str) -> str:
        if value is None:
            return self.paper.said("unknown")
        if look == "ratio":
            return f"{100 * value:.1f}%"
        if look == "times":
            return f"{value:.2f}"
        return f"{self._number(value, look):,.{digits(self.paper.content.currency)}f}"

    def _change(self, now: Any, before: Any, look: str) -> tuple[str, str]:
        changed = difference(now, before) if look == "ratio" else growth(now, before)
        if changed is None:
            return self.paper.said("unknown"), GREY
        shown = round(100 * changed, 1)
        if not shown:
            return self.paper.said("same"), GREY
        arrow = "▲" if shown > 0 else "▼"
        words = self.paper.said("points" if look == "ratio" else "percent", shown)
        return f"{arrow} {words}", UP if shown > 0 else DOWN
