"""The workbook: what people open on Monday. Written row by row, so its rows need no memory."""

import tempfile
from collections.abc import Callable
from pathlib import Path

from xlsxwriter import Workbook

from app.exports.content import Content
from app.exports.frame import Frame
from app.exports.workbook.formats import Formats
from app.exports.workbook.paper import Paper, properties
from app.exports.workbook.sheet import write_table
from app.exports.workbook.summary import Summary
from app.exports.workbook.total import summed_up

MEDIA_TYPE = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
READABLE = 200_000
"""Of a table with more rows the workbook says the sums, unless it was asked for everything."""

ORDER = (
    *("moved", "changes", "asked", "group_share", "repurchase", "notes", "creators", "mcns"),
    *("groups", "lives", "retention", "new_members", "orders", "refunds", "buyers"),
)
LAST = ("data_quality", "definitions")


def write(content: Content, path: Path, told: Callable[[int], None]) -> None:
    """Write the workbook; `told` hears the percentage of its rows that is done."""
    with tempfile.TemporaryDirectory(dir=path.parent, prefix=".xlsx-") as folder:
        workbook = Workbook(
            str(path),
            {
                "constant_memory": True,
                "tmpdir": folder,
                "strings_to_formulas": False,
                "strings_to_numbers": False,
                "strings_to_urls": False,
            },
        )
        workbook.use_zip64()
        formats = Formats(workbook, content.currency, content.run.language)
        paper = Paper(workbook, formats, content)
        summary = Summary(paper)
        workbook.set_properties(properties(paper, summary.title))
        _write_tables(paper, summary, told)
        summary.write()
        workbook.close()
    told(100)


def _write_tables(paper: Paper, summary: Summary, told: Callable[[int], None]) -> None:
    content = paper.content
    every = sum(frame.rows for frame in content.frames.values()) or 1
    before = 0

    def count(rows: int) -> None:
        told(min(99, 100 * (before + rows) // every))

    for frame in ordered(content):
        shown, more = frame, paper.said("rows", f"{frame.rows:,}")
        if frame.rows > READABLE and not content.run.asked.everything:
            shown = summed_up(frame, paper.zone)
            name = frame.spec.name
            more = paper.said("summed_up", f"{frame.rows:,}", f"{READABLE:,}", name)
        title = frame.spec.title(paper.language)
        summary.has(frame, write_table(paper, shown, title, more, count))
        before += frame.rows


def ordered(content: Content) -> list[Frame]:
    """The tables as their sheets follow each other."""
    frames = content.frames
    others = [name for name in frames if name not in (*ORDER, *LAST)]
    return [frames[name] for name in (*ORDER, *others, *LAST) if name in frames]
