"""The workbook, read back by openpyxl: sheets, values, formats, texts, charts, many rows."""

import zipfile
from collections.abc import Iterator
from datetime import date, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import msgspec
import openpyxl
import pytest
from openpyxl.utils import get_column_letter
from openpyxl.utils.escape import unescape

from app.core.formula import FORMULA
from app.exports.asked import Asked
from app.exports.content import Content
from app.exports.frame import Column, Frame, Spec
from app.exports.words import word
from app.exports.workbook import book, sheet
from app.exports.workbook.formats import digits
from tests.exports.sample import content, frame, sample
from tests.exports.test_csv_files import ROW, SPEC

ABOVE = sheet.ABOVE
ZONE = ZoneInfo("Asia/Shanghai")


def opened(made: Content, folder: Path) -> Any:
    book.write(made, folder / "a.xlsx", lambda percent: None)
    assert [path.name for path in folder.iterdir()] == ["a.xlsx"]
    return openpyxl.load_workbook(folder / "a.xlsx")


def rows(found: Any) -> list[tuple[Any, ...]]:
    """The rows below the header."""
    return list(found.iter_rows(min_row=ABOVE + 2, values_only=True))


def told(value: Any, column: Column) -> Any:
    """What a cell should say, by way of Python's own arithmetic."""
    if value is None or value == "":
        return None
    match column.type:
        case "money":
            return float(Decimal(value) / 100)
        case "ratio":
            return float(value)
        case "word":
            return word(value, "zh-CN")
        case "bool":
            return "是" if value else "否"
    return value


@pytest.fixture(scope="module", params=["small", "large"])
def weekly(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[tuple[Content, Any]]:
    """The sample, with its rows written as those of small tables are, and of large ones."""
    made = sample()
    with pytest.MonkeyPatch.context() as patch:
        if request.param == "large":
            patch.setattr(sheet, "SMALL", 0)
        found = opened(made, tmp_path_factory.mktemp("book"))
    yield made, found


def test_every_value_of_every_table_stands_on_its_sheet(weekly: tuple[Content, Any]) -> None:
    made, found = weekly
    for each in made.frames.values():
        columns = each.spec.columns
        page = found[each.spec.title_zh]
        assert [cell.value for cell in page[ABOVE + 1]] == [column.label_zh for column in columns]
        if not each.rows:
            assert rows(page)[0][0] == "没有数据"
            continue
        wrote = rows(page)
        assert len(wrote) == each.rows
        (batch,) = each.batches()
        for cells, row in zip(wrote, batch.to_pylist(), strict=True):
            for cell, column in zip(cells, columns, strict=True):
                value = told(row[column.key], column)
                if value is None and column.key in each.spec.key:
                    value = "（无）"
                if column.type == "instant" and value is not None:
                    value = value.astimezone(ZONE).replace(tzinfo=None)
                    assert abs(cell - value) < timedelta(seconds=1)
                elif column.type == "date" and value is not None:
                    assert cell == datetime(value.year, value.month, value.day)  # noqa: DTZ001
                else:
                    assert cell == value, (each.spec.name, column.key)


def test_sheets_follow_each_other_as_they_are_read(weekly: tuple[Content, Any]) -> None:
    _, found = weekly
    assert found.sheetnames == [
        *("概览", "群成交占比", "30 日复购", "笔记", "作者", "MCN 机构", "群", "直播", "入群留存"),
        *("新成员", "订单", "退款", "复购明细", "数据质量", "指标口径"),
    ]


def test_cells_have_the_formats_of_their_types(weekly: tuple[Content, Any]) -> None:
    made, found = weekly
    formats = {
        "id": "@",
        "text": "@",
        "word": "@",
        "count": "#,##0",
        "money": '"¥"#,##0.00;-"¥"#,##0.00',
        "ratio": "0.0%",
        "date": "yyyy-mm-dd",
        "instant": "yyyy-mm-dd hh:mm",
    }
    for name in ("orders", "group_share"):
        spec = made.frames[name].spec
        for column, cell in zip(spec.columns, found[spec.title_zh][ABOVE + 2], strict=True):
            assert cell.number_format == formats.get(column.type, "@")
    lift = found["30 日复购"].cell(ABOVE + 2, len(made.frames["repurchase"].spec.columns))
    assert lift.number_format == '0.00"倍"'


def test_headers_are_frozen_filtered_and_printed_on_every_page(weekly: tuple[Content, Any]) -> None:
    made, found = weekly
    page = found["订单"]
    last = get_column_letter(len(made.frames["orders"].spec.columns))
    assert page.freeze_panes == f"B{ABOVE + 2}"
    assert page.auto_filter.ref == f"A{ABOVE + 1}:{last}{ABOVE + 1 + 420}"
    assert page.print_title_rows == f"${ABOVE + 1}:${ABOVE + 1}"
    assert page.page_setup.orientation == "landscape"
    assert page.page_setup.paperSize == 9
    assert page.sheet_properties.pageSetUpPr.fitToPage
    assert "Asia/Shanghai" in page["A2"].value
    assert "&P" in page.oddFooter.right.text


def test_the_summary_says_the_headline_beside_last_week(weekly: tuple[Content, Any]) -> None:
    _, found = weekly
    page = found["概览"]
    cells = {cell.value: cell for row in page["A6:L6"] for cell in row}
    assert page["A1"].value == "红群周报 · 山茶研究所"
    assert page["A2"].value == "2026-W46 · 2026-11-09 至 2026-11-15 · 第 1 版"
    assert "数据截至 2026-11-16 06:00" in page["A3"].value
    # gross of the newest week by hand: 100 * (11920 + 5810 + 1645 + 31460) fen
    card = cells["群内成交占比"]
    below = [page.cell(card.row + n, card.column) for n in (1, 2, 3)]
    assert below[0].value == pytest.approx((11_920 + 1_645) / 50_835, abs=1e-6)
    assert below[0].number_format == "0.0%"
    assert below[0].font.size == 20
    # the week before: 11220 + 1735 of 50035 is 25.9 %, the newest 26.7 %
    assert below[1].value == "上周 25.9%"
    assert below[2].value == "▲ 0.8 个百分点"
    money = cells["群 GMV"]
    assert page.cell(money.row + 1, money.column).value == 19_375
    assert page.cell(money.row + 2, money.column).value == "上周 18,615.00"
    assert page.cell(money.row + 3, money.column).value == "▲ 4.1%"
    lift = cells["复购提升倍数"]
    # 15 of 44 against 19 of 156
    assert page.cell(lift.row + 1, lift.column).value == pytest.approx(
        15 * 156 / (44 * 19), abs=1e-6
    )


def test_the_summary_has_the_five_weeks_oldest_first(weekly: tuple[Content, Any]) -> None:
    _, found = weekly
    by_label = {row[0]: row[5:11] for row in found["概览"].iter_rows(values_only=True) if row[0]}
    gross = by_label["付款金额（gross）"]
    assert gross[:5] == (47_635, 48_435, 49_235, 50_035, 50_835)
    assert gross[5] == pytest.approx(800 / 50_035)
    assert by_label["扣减退款（net）"][4] == 48_293.25
    assert by_label["GMV 订单数"][:5] == (306, 307, 308, 309, 310)
    assert by_label["仅群内成交"][:5] == (2_005, 1_915, 1_825, 1_735, 1_645)
    assert by_label["首购于"][:5] == (
        *("09-14 – 09-20", "09-21 – 09-27", "09-28 – 10-04", "10-05 – 10-11", "10-12 – 10-18"),
    )
    share = by_label["用户匹配率"]
    assert share[5] == pytest.approx(100 * (124 / 310 - 123 / 309), abs=1e-3)


def test_charts_have_titles_and_point_at_the_tables(
    weekly: tuple[Content, Any], tmp_path: Path
) -> None:
    made, found = weekly
    opened(made, tmp_path)
    with zipfile.ZipFile(tmp_path / "a.xlsx") as parts:
        charts = {
            name: parts.read(name).decode()
            for name in parts.namelist()
            if name.startswith("xl/charts/chart")
        }
    texts = list(charts.values())
    titles = ("群聊成交占比五周走势", "四类成交构成", "30 日复购率：群与非群")
    assert len(texts) == 3
    for title, kind, series, xml in zip(
        titles, ("lineChart", "barChart", "barChart"), (2, 4, 2), texts, strict=True
    ):
        assert title in xml
        assert f"<c:{kind}>" in xml
        assert xml.count("<c:ser>") == series
    assert '<c:grouping val="stacked"/>' in texts[1]
    labels = {row[0]: n for n, row in enumerate(found["概览"].iter_rows(values_only=True), 1)}
    at = labels["群用户 · 复购率"]
    assert f"概览!$F${at}:$J${at}" in texts[2]


def test_in_english(tmp_path: Path) -> None:
    found = opened(sample(language="en"), tmp_path)
    assert found.sheetnames[0] == "Summary"
    assert found["Orders"].cell(ABOVE + 1, 1).value == "Order id"
    assert found["Summary"]["A1"].value == "Hongqun weekly report · 山茶研究所"
    every = {cell for page in found for row in page.iter_rows(values_only=True) for cell in row}
    assert "Member and touch" in every
    assert "no" in every


@pytest.mark.parametrize(
    ("language", "title"), [("zh-CN", "近五期成交"), ("en", "Sales of five windows")]
)
def test_a_window_is_not_called_a_week(tmp_path: Path, language: str, title: str) -> None:
    made = sample(kind="window", week=None, revision=None, language=language)
    page = opened(made, tmp_path).worksheets[0]
    texts = [cell for row in page.iter_rows(values_only=True) for cell in row if cell]
    assert title in texts
    assert page["A2"].value.startswith("2026-11-09 ")
    assert not [text for text in texts if "上周" in str(text) or "last week" in str(text)]


def test_the_file_says_whose_it_is_and_nothing_of_the_machine(weekly: tuple[Content, Any]) -> None:
    _, found = weekly
    about = found.properties
    assert about.title == "红群周报 · 山茶研究所"
    assert about.creator == "Hongqun"
    assert "2026-11-15T22:00:00+00:00" in about.description
    assert about.created == datetime(2026, 11, 15, 22, 0, 41)  # noqa: DTZ001


def test_the_same_content_gives_the_same_bytes(tmp_path: Path) -> None:
    for name in ("a", "b"):
        (tmp_path / name).mkdir()
        opened(sample(), tmp_path / name)
    assert (tmp_path / "a/a.xlsx").read_bytes() == (tmp_path / "b/a.xlsx").read_bytes()


TEXTS = [
    *(f"{first}1+1" for first in FORMULA),
    *('=HYPERLINK("http://x","y")', "{=1+1}", "<r><t>x</t></r>", "<b>&amp;</b>", "_x0041_"),
    *("69000000000000000001", "00123", "13800138000", "2026-11-09", "1e5", "TRUE", "3/4", " 1 "),
    *(
        "https://example.com/x",
        "mailto:a@b.c",
        "'quoted",
        "一\n二",
        "一\r\n二\r三",
        "\x01\x0b",
        "\ufffe",
        "🐟",
    ),
]
"""Texts that something might take for anything else."""

KEPT = {
    "\r1+1": "\n1+1",
    "\x01\x0b": "\ufffd\ufffd",
    "\ufffe": "\ufffd",
    "一\r\n二\r三": "一\n二\n三",
}
"""What a cell says instead, of texts that it cannot hold."""


@pytest.mark.parametrize("small", [0, 5_000])
def test_a_text_is_a_text_in_every_column_of_texts(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, small: int
) -> None:
    monkeypatch.setattr(sheet, "SMALL", small)
    keys = ("id", "text", "word", "link")
    made = frame(SPEC, [ROW | dict.fromkeys(keys, text) for text in TEXTS])
    page = opened(content({"orders": made}), tmp_path)["订单"]
    for row, text in enumerate(TEXTS, ABOVE + 2):
        for n, column in enumerate(SPEC.columns, 1):
            if column.key in keys:
                cell = page.cell(row, n)
                assert cell.data_type == "s"
                assert cell.number_format == "@"
                assert unescape(cell.value) == KEPT.get(text, text), column.key
                assert bool(cell.quotePrefix) == text.startswith(FORMULA)


def test_a_text_too_long_for_a_cell_is_cut_with_a_mark(tmp_path: Path) -> None:
    long = ["长" * 40_000, "🐟" * 20_000, "x" * 32_767]
    made = frame(SPEC, [ROW | {"text": text} for text in long])
    cells = [row[1] for row in rows(opened(content({"orders": made}), tmp_path)["订单"])]
    assert cells[0] == "长" * 32_765 + "…✂"
    assert cells[1] == "🐟" * 16_382 + "…✂"
    assert cells[2] == long[2]


def test_a_header_and_a_title_are_texts_too(tmp_path: Path) -> None:
    spec = Spec("t", "=甲/乙:[丙]'", "t", (Column("a", "text", "=1+1", "a"),))
    found = opened(content({"t": frame(spec, [{"a": "x"}])}), tmp_path)
    page = found["=甲 乙  丙"]
    assert page["A1"].value == spec.title_zh
    assert {page["A1"].data_type, page.cell(ABOVE + 1, 1).data_type} == {"s"}
    cells = [cell for row in found["概览"].iter_rows() for cell in row if cell.hyperlink]
    assert [cell.hyperlink.location for cell in cells] == ["'=甲 乙  丙'!A1"]
    assert cells[0].value == spec.title_zh


def test_a_brand_of_any_name(tmp_path: Path) -> None:
    name = "=R&D </t>\ufffe\n'" + "长" * 90
    made = msgspec.structs.replace(content({"orders": frame(SPEC, [ROW])}), brand_name=name)
    found = opened(made, tmp_path)
    shown = name.replace("\ufffe", "\ufffd").replace("\n", " ")
    assert found["概览"]["A1"].value == f"红群周报 · {shown}"
    assert found["订单"]["A2"].value.startswith(f"{shown} · 2026-W46")
    assert found["订单"]["A2"].data_type == "s"


def test_addresses_lead_there(tmp_path: Path) -> None:
    page = opened(content({"orders": frame(SPEC, [ROW])}), tmp_path)["订单"]
    assert page.cell(ABOVE + 2, 10).hyperlink.target == "https://example.com/a,b"


@pytest.mark.parametrize("small", [0, 5_000])
@pytest.mark.parametrize(("n", "sheets"), [(9, [9]), (10, [9, 1]), (19, [9, 9, 1])])
def test_a_sheet_that_is_full_goes_on_in_the_next(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, n: int, sheets: list[int], small: int
) -> None:
    """A sheet of 10 rows has place for a header and 9, where they leave none for a title."""
    monkeypatch.setattr(sheet, "HEIGHT", 10)
    monkeypatch.setattr(sheet, "SMALL", small)
    made = frame(SPEC, [ROW | {"count": each} for each in range(n)])
    found = opened(content({"orders": made}), tmp_path)
    names = ["订单", "订单 2", "订单 3"][: len(sheets)]
    assert found.sheetnames[1:] == names
    counts = [[row[3] for row in found[name].iter_rows(values_only=True)] for name in names]
    assert [len(each) - 1 for each in counts] == sheets
    assert {each[0] for each in counts} == {"数量"}
    assert [count for each in counts for count in each[1:]] == list(range(n))


@pytest.mark.long
def test_a_sheet_is_full_after_as_many_rows_as_excel_has(tmp_path: Path) -> None:
    spec = Spec("orders", "订单", "Orders", (Column("n", "count", "数量", "Count"),))
    rows = 1_048_575 + 1
    (batch,) = frame(spec, [{"n": 7}] * 1_024).batches()
    made = Frame(spec, rows, lambda: (batch for _ in range(rows // 1_024)))
    book.write(
        content({"orders": made}, asked=Asked(everything=True)),
        tmp_path / "a.xlsx",
        lambda percent: None,
    )
    counts = []
    with zipfile.ZipFile(tmp_path / "a.xlsx") as parts:
        for n in (2, 3):
            text = parts.read(f"xl/worksheets/sheet{n}.xml").decode()
            counts.append((text.count("<row "), text.rpartition('<row r="')[2].partition('"')[0]))
        assert "订单 2" in parts.read("xl/workbook.xml").decode()
    assert counts == [(1_048_576, "1048576"), (2, "2")]


def summed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, everything: bool = False) -> Any:
    monkeypatch.setattr(book, "READABLE", 3)
    made = frame(
        SUMMED,
        [
            {"day": date(2026, 11, 9), "cell": "neither", "amount": 100},
            {"day": date(2026, 11, 9), "cell": "neither", "amount": 250},
            {"day": date(2026, 11, 9), "cell": "member_only", "amount": 1},
            {"day": date(2026, 11, 10), "cell": None, "amount": None},
        ],
    )
    return opened(content({"orders": made}, asked=Asked(everything=everything)), tmp_path)


SUMMED = Spec(
    "orders",
    "订单",
    "Orders",
    (
        Column("day", "date", "付款日期", "Day"),
        Column("cell", "word", "成交分类", "Cell"),
        Column("amount", "money", "金额", "Amount"),
    ),
)


def test_too_many_rows_to_read_are_summed_up(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    found = summed(tmp_path, monkeypatch)
    page = found["订单"]
    assert page["A3"].value == "共 4 行，超过 3 行，此处只汇总；全部行见 csv/orders.csv。"
    assert rows(page) == [
        (datetime(2026, 11, 9), "仅群用户", 1, 0.01),  # noqa: DTZ001
        (datetime(2026, 11, 9), "与群无关", 2, 3.5),  # noqa: DTZ001
        (datetime(2026, 11, 10), None, 1, 0),  # noqa: DTZ001
    ]
    contents = [row[:6] for row in found["概览"].iter_rows(values_only=True) if row[0] == "订单"]
    assert contents[0][5] == 4


def test_unless_everything_was_asked_for(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    assert len(rows(summed(tmp_path, monkeypatch, everything=True)["订单"])) == 4


@pytest.mark.parametrize(
    ("currency", "amount", "shown_as"),
    [
        ("CNY", 12.34, '"¥"#,##0.00;-"¥"#,##0.00'),
        ("JPY", 1234, '"JP¥"#,##0;-"JP¥"#,##0'),
        ("KWD", 1.234, '"KWD "#,##0.000;-"KWD "#,##0.000'),
    ],
)
def test_money_has_the_digits_of_its_currency(
    tmp_path: Path, currency: str, amount: float, shown_as: str
) -> None:
    made = content({"orders": frame(SPEC, [ROW | {"money": 1234}])}, currency=currency)
    cell = opened(made, tmp_path)["订单"].cell(ABOVE + 2, 5)
    assert (cell.value, cell.number_format) == (amount, shown_as)
    assert digits(currency) == {"CNY": 2, "JPY": 0, "KWD": 3}[currency]


def test_an_export_without_periods_lists_its_tables(tmp_path: Path) -> None:
    made = content({"orders": frame(SPEC, [ROW])}, kind="list", week=None, revision=None)
    made = msgspec.structs.replace(
        made, run=msgspec.structs.replace(made.run, first_day=None, end_day=None)
    )
    page = opened(made, tmp_path)["概览"]
    said = {cell for row in page.iter_rows(values_only=True) for cell in row if cell}
    assert {"红群名单导出 · 山茶研究所", "订单", "csv/orders.csv", 1} <= said
    assert not page._charts


def test_moved_stands_right_after_the_summary(tmp_path: Path) -> None:
    made = sample(revision=2)
    for name, title in (("changes", "变动明细"), ("moved", "变动说明")):
        spec = Spec(name, title, name, (Column("a", "text", "甲", "a"),))
        made.frames[name] = frame(spec, [{"a": "3 笔退款"}])
    assert opened(made, tmp_path).sheetnames[:4] == ["概览", "变动说明", "变动明细", "群成交占比"]
