"""The workbook that is being written: its sheets and their names, and how they print."""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any
from zoneinfo import ZoneInfo

import msgspec
from xlsxwriter import Workbook
from xlsxwriter.worksheet import Worksheet

from app.exports.content import Content
from app.exports.workbook.cells import kept
from app.exports.workbook.formats import Formats, digits
from app.exports.workbook.words import said
from app.metrics.words import Language

A4 = 9
NAME_LENGTH = 31
_forbidden = str.maketrans(dict.fromkeys("[]:*?/\\", " "))


class Sheet(Worksheet):  # type: ignore[misc]
    """A worksheet to which a text is a text."""

    def _xml_rich_inline_string(self, string: str, attributes: Any) -> None:
        """XlsxWriter takes `<r>…</r>` for markup of its own; here somebody wrote that."""
        self._xml_inline_string(string, True, attributes)

    def write_line(self, row: int, cells: Sequence[str]) -> None:
        """Write a row below all others, of cells that are XML already."""
        self._check_dimensions(row, len(cells) - 1)
        self._write_single_row(row)
        self.fh.write(f'<row r="{row + 1}">{"".join(cells)}</row>')


class Paper(msgspec.Struct):
    """A workbook in the language of its run."""

    workbook: Workbook
    formats: Formats
    content: Content
    names: set[str] = set()

    @property
    def language(self) -> Language:
        return self.content.run.language

    @property
    def brand(self) -> str:
        """The brand's name, in one line."""
        return kept(" ".join(self.content.brand_name.split()))

    @property
    def zone(self) -> ZoneInfo:
        return ZoneInfo(self.content.timezone)

    def said(self, key: str, *given: object) -> str:
        return said(key, self.language, *given)

    def timed(self, key: str, *given: object) -> str:
        """What is said of weeks, or of other windows."""
        return self.said(key if self.content.run.week else f"{key}_window", *given)

    def number(self, value: Any, look: str) -> Any:
        """What a cell of the summary holds: a number, or a dash where none is known."""
        if value is None:
            return self.said("unknown")
        places = digits(self.content.currency) if look == "money" else 0
        return Decimal(value).scaleb(-places)

    def sheet(self, title: str) -> Sheet:
        """A new sheet, set up to be printed on A4 across, as wide as the page."""
        made: Sheet = self.workbook.add_worksheet(self._name(title), Sheet)
        made.set_landscape()
        made.set_paper(A4)
        made.fit_to_pages(1, 0)
        made.set_margins(left=0.4, right=0.4, top=0.45, bottom=0.55)
        about = f"{self.brand[:60]} · {self.period}".replace("&", "&&")
        made.set_footer(f"&L&8{about}&C&8&A&R&8&P / &N")
        made.hide_gridlines(2)
        return made

    @property
    def period(self) -> str:
        """The week and its days, or the window."""
        run = self.content.run
        parts = [] if run.week is None else [run.week]
        if run.first_day is not None and run.end_day is not None:
            last = run.end_day - timedelta(days=1)
            parts.append(self.said("days", run.first_day.isoformat(), last.isoformat()))
        if run.revision is not None:
            parts.append(self.said("revision", run.revision))
        return " · ".join(parts)

    def local(self, instant: datetime) -> str:
        """An instant to the minute."""
        return instant.astimezone(self.zone).strftime("%Y-%m-%d %H:%M")

    @property
    def about(self) -> str:
        """What a sheet is of, in a line."""
        parts = (self.brand, self.period, self.counted)
        return " · ".join(part for part in parts if part)

    @property
    def counted(self) -> str:
        """Until when was counted, in which time and money."""
        parts = (
            self.said("as_of", self.local(self.content.run.as_of)),
            self.said("zone", self.content.timezone),
            self.said("money_in", self.content.currency),
        )
        return " · ".join(parts)

    def _name(self, title: str) -> str:
        """A name that no other sheet has, as Excel takes it."""
        plain = title.translate(_forbidden).strip(" '") or "Sheet"
        name, n = plain[:NAME_LENGTH], 1
        while name.lower() in self.names:
            n += 1
            name = f"{plain[: NAME_LENGTH - len(str(n)) - 1]} {n}"
        self.names.add(name.lower())
        return name


def properties(paper: Paper, title: str) -> dict[str, Any]:
    """What the file says of itself: nothing of the machine, and the time of the snapshot."""
    content, run = paper.content, paper.content.run
    return {
        "title": title,
        "subject": run.week or run.kind,
        "author": "Hongqun",
        "company": paper.brand,
        "comments": f"as of {run.as_of.isoformat()}, export {run.export_id}",
        "created": content.read_at.astimezone(UTC).replace(tzinfo=None),
    }
