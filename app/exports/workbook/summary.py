"""The first sheet: the headline numbers, charts, the newest period beside the four before it."""

from app.exports.frame import Frame
from app.exports.workbook import periods
from app.exports.workbook.cards import write_cards
from app.exports.workbook.charts import chart
from app.exports.workbook.figures import CELLS, periods_of
from app.exports.workbook.formats import BRAND, GREY
from app.exports.workbook.grid import Grid
from app.exports.workbook.paper import Paper

COLUMNS, WIDTH, PIXELS = 12, 13.0, 96
"""Columns of the sheet, and how wide each is: in characters, and in pixels."""

CHART_ROWS, ROW_PIXELS = 13, 20


class Summary:
    """Its sheet is made before the others, whose names it hears, and written after them."""

    def __init__(self, paper: Paper) -> None:
        self.paper = paper
        kind = paper.content.run.kind
        self.title = f"{paper.said(f'report_{kind}')} · {paper.brand}"
        self.sheet = paper.sheet(paper.said("summary"))
        self.grid = Grid()
        self.tables: list[tuple[Frame, str]] = []

    def has(self, frame: Frame, name: str) -> None:
        """A table begins on the sheet of that name."""
        self.tables.append((frame, name))

    def write(self) -> None:
        """Write all of it."""
        paper, grid = self.paper, self.grid
        self.sheet.set_column(0, COLUMNS - 1, WIDTH)
        row = self._above()
        found = periods_of(paper.content.frames)
        if found:
            charts = write_cards(paper, grid, row, found)
            sales = periods.sales(paper, grid, charts + CHART_ROWS + 1, found)
            repurchase = periods.repurchase(paper, grid, sales.row + 1, found)
            self._charts(charts, sales, repurchase)
            row = repurchase.row + 1
        self._contents(row)
        grid.write(self.sheet)
        self.sheet.activate()

    def _above(self) -> int:
        """What the file is; gives the row below."""
        paper, of = self.paper, self.paper.formats.of
        grey = of(font_color=GREY, font_size=9)
        read = paper.said("read_at", paper.local(paper.content.read_at))
        rules = paper.said("rule_version", paper.content.rule_version)
        lines = [read, rules]
        if paper.content.run.kind == "weekly":
            lines.append(paper.said("later"))
        self.grid.heights[0] = 34
        self.grid.put(0, 0, self.title, of(bold=True, font_size=20, font_color=BRAND))
        self.grid.put(1, 0, paper.period, of(bold=True, font_size=12))
        self.grid.put(2, 0, paper.counted, grey)
        self.grid.put(3, 0, " · ".join(lines), grey)
        return 5

    def _charts(self, row: int, sales: periods.Periods, repurchase: periods.Periods) -> None:
        """Three charts side by side, in the rows that are left free for them."""
        paper, name = self.paper, self.sheet.get_name()
        series, buyers = sales.series, repurchase.series
        made = [
            chart(
                *(paper, name, {"type": "line"}, paper.timed("chart_share")),
                *([series["touch"], series["member"]], "0%", True),
            ),
            chart(
                *(paper, name, {"type": "column", "subtype": "stacked"}, paper.said("chart_cells")),
                *([series[cell] for cell in CELLS], paper.formats.whole_money, False),
            ),
            chart(
                *(paper, name, {"type": "column"}, paper.said("chart_repurchase")),
                *([buyers["group"], buyers["non_group"]], "0.0%", True),
            ),
        ]
        wide = COLUMNS // len(made)
        for n, each in enumerate(made):
            each.set_size({"width": wide * PIXELS - 4, "height": CHART_ROWS * ROW_PIXELS})
            self.sheet.insert_chart(row, n * wide, each, {"object_position": 1})

    def _contents(self, row: int) -> None:
        """Every table, the sheet that it is on, and how many rows it has."""
        paper, formats = self.paper, self.paper.formats
        self.grid.heights[row] = 24
        title = formats.of(bold=True, font_size=13, font_color=BRAND)
        self.grid.put(row, 0, paper.said("contents"), title)
        heads = (paper.said("table"), paper.said("how_many"), paper.said("file"))
        for column, across, head in zip((0, 5, 7), (5, 2, 5), heads, strict=True):
            self.grid.put(row + 1, column, head, formats.head, across)
        link = formats.cell("text", font_color="#1F5FA8", underline=1)
        for at, (frame, name) in enumerate(self.tables, row + 2):
            self.grid.put(at, 0, frame.spec.title(paper.language), link, 5)
            self.grid.link(at, 0, name)
            self.grid.put(at, 5, frame.rows, formats.cell("count"), 2)
            self.grid.put(at, 7, f"csv/{frame.spec.name}.csv", formats.cell("text"), 5)
