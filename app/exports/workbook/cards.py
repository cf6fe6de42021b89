"""The headline: a few numbers in big type, each with the one before it and the change."""

from collections.abc import Callable
from typing import Any

from app.exports.workbook.figures import Period, difference, growth
from app.exports.workbook.formats import DOWN, GREY, PALE, UP, digits
from app.exports.workbook.grid import Grid
from app.exports.workbook.paper import Paper

WIDTH = 2
"""Columns of a card."""

HEIGHTS = (24, 38, 18, 22)
FIGURES: dict[str, tuple[str, Callable[[Period], Any]]] = {
    "card_touch": ("ratio", lambda period: period.share("share_touch")),
    "card_member": ("ratio", lambda period: period.share("share_member")),
    "card_group_gmv": ("money", lambda period: period.group_gmv),
    "card_group": ("ratio", lambda period: period.buyers("rate", "group")),
    "card_non_group": ("ratio", lambda period: period.buyers("rate", "non_group")),
    "card_lift": ("times", lambda period: period.buyers("lift", "all")),
}


def write_cards(paper: Paper, grid: Grid, row: int, found: list[Period]) -> int:
    """Write them side by side; gives the row below."""
    now, before = found[-1], found[-2] if len(found) > 1 else None
    grid.heights |= {row + n: height for n, height in enumerate(HEIGHTS)}
    for n, (name, (look, figure)) in enumerate(FIGURES.items()):
        earlier = None if before is None else figure(before)
        _card(paper, grid, row, n * WIDTH, name, look, figure(now), earlier)
    return row + len(HEIGHTS) + 1


def _card(
    paper: Paper,
    grid: Grid,
    row: int,
    column: int,
    name: str,
    look: str,
    now: Any,
    before: Any,
) -> None:
    def style(**more: Any) -> Any:
        white = {"left": 5, "left_color": "#FFFFFF", "right": 5, "right_color": "#FFFFFF"}
        return paper.formats.of(bg_color=PALE, align="center", **white, **more)

    big = style(bold=True, font_size=20, num_format=paper.formats.number_format(look))
    change, color = _change(paper, now, before, look)
    last = paper.timed("last", _text(paper, before, look))
    grid.put(row, column, paper.said(name), style(bold=True), WIDTH)
    grid.put(row + 1, column, paper.number(now, look), big, WIDTH)
    grid.put(row + 2, column, last, style(font_color=GREY, font_size=9), WIDTH)
    grid.put(row + 3, column, change, style(bold=True, font_color=color), WIDTH)


def _text(paper: Paper, value: Any, look: str) -> str:
    number = paper.number(value, look)
    if isinstance(number, str):
        return number
    if look == "ratio":
        return f"{100 * number:.1f}%"
    return f"{number:,.{digits(paper.content.currency) if look == 'money' else 2}f}"


def _change(paper: Paper, now: Any, before: Any, look: str) -> tuple[str, str]:
    """The change of a share in points, of anything else in percent; and its colour."""
    changed = difference(now, before) if look == "ratio" else growth(now, before)
    if changed is None:
        return paper.said("unknown"), GREY
    shown = round(100 * changed, 1)
    if not shown:
        return paper.said("same"), GREY
    words = paper.said("points" if look == "ratio" else "percent", abs(shown))
    return (f"▲ {words}", UP) if shown > 0 else (f"▼ {words}", DOWN)
