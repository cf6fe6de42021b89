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
    for color, each in zip(COLORS, series, strict=False):
        made.add_series(_series(sheet, kind["type"], color, each, font, number_format, labelled))
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


def _series(
    sheet: str,
    kind: str,
    color: str,
    each: Series,
    font: dict[str, Any],
    number_format: str,
    labelled: bool,
) -> dict[str, Any]:
    made: dict[str, Any] = {
        "name": [sheet, each.row, each.label],
        "categories": [sheet, each.heads, each.first, each.heads, each.last],
        "values": [sheet, each.row, each.first, each.row, each.last],
    }
    if kind == "line":
        made |= {
            "line": {"color": color, "width": 2.5},
            "marker": {
                "type": "circle",
                "size": 6,
                "fill": {"color": color},
                "border": {"color": "white"},
            },
        }
    else:
        made |= {"fill": {"color": color}, "border": {"none": True}, "gap": 45}
    if labelled:
        position = {"position": "above"} if kind == "line" else {"position": "outside_end"}
        made["data_labels"] = {
            "value": True,
            "font": font | {"size": 8},
            "num_format": number_format,
            **position,
        }
    return made
