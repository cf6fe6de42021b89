"""Native charts of the summary, whose numbers are the cells of its tables."""

from collections.abc import Sequence
from typing import Any

import msgspec
from xlsxwriter.chart import Chart

from app.exports.workbook.formats import FONT, GREY, INK, LINE
from app.exports.workbook.paper import Paper

COLORS = ("#B4232A", "#E58E73", "#F2C6A0", "#C9CFD6")


class Series(msgspec.Struct, frozen=True):
    """A row of a table: where its label is, and between which columns its numbers are."""

    row: int
    label: int
    first: int
    last: int
    heads: int
    """The row of the names of the columns."""


def chart(
    paper: Paper,
    sheet: str,
    kind: dict[str, str],
    title: str,
    series: Sequence[Series],
    number_format: str,
    labelled: bool,
) -> Chart:
    """A chart with a title, a legend below it, and legible axes."""
    made = paper.workbook.add_chart(kind)
    font = {"name": FONT[paper.language], "size": 9, "color": INK}
    for n, each in enumerate(series):
        of = _series(sheet, each) | _drawn(kind["type"], COLORS[n])
        if labelled:
            at = "outside_end" if kind["type"] == "column" else ("below", "above")[n % 2]
            small = font | {"size": 8}
            of["data_labels"] = {
                "value": True,
                "position": at,
                "num_format": number_format,
                "font": small,
            }
        made.add_series(of)
    made.set_title(
        {"name": title, "name_font": font | {"size": 12, "bold": True}, "overlay": False}
    )
    made.set_legend({"position": "bottom", "font": font})
    made.set_x_axis({"num_font": font, "line": {"color": LINE}})
    made.set_y_axis(
        {
            "num_font": font | {"color": GREY},
            "num_format": number_format,
            "major_gridlines": {"visible": True, "line": {"color": LINE, "width": 0.5}},
            "line": {"none": True},
            "min": 0,
        }
    )
    made.set_chartarea({"border": {"color": LINE}})
    made.show_blanks_as("gap")
    return made


def _series(sheet: str, each: Series) -> dict[str, Any]:
    return {
        "name": [sheet, each.row, each.label],
        "categories": [sheet, each.heads, each.first, each.heads, each.last],
        "values": [sheet, each.row, each.first, each.row, each.last],
    }


def _drawn(kind: str, color: str) -> dict[str, Any]:
    if kind == "column":
        return {"fill": {"color": color}, "border": {"none": True}, "gap": 45}
    filled, white = {"color": color}, {"color": "white"}
    marker = {"type": "circle", "size": 6, "fill": filled, "border": white}
    return {"line": {"color": color, "width": 2.5}, "marker": marker}
