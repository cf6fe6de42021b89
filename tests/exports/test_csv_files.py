"""CSV files, read back by the csv module: values, texts that look like formulas, line ends."""

import csv
from datetime import UTC, date, datetime
from decimal import Decimal
from pathlib import Path
from zoneinfo import ZoneInfo

import pyarrow as pa
import pytest

from app.core.formula import FORMULA
from app.exports.csv_file import write_csv
from app.exports.frame import Column, Frame, Spec
from app.metrics.words import Language
from tests.exports.sample import frame, sample

SHANGHAI = ZoneInfo("Asia/Shanghai")
SPEC = Spec(
    "orders",
    "订单",
    "Orders",
    (
        Column("id", "id", "订单号", "Order id"),
        Column("text", "text", "昵称", "Nickname"),
        Column("word", "word", "成交分类", "Cell"),
        Column("count", "count", "数量", "Count"),
        Column("money", "money", "金额", "Amount"),
        Column("ratio", "ratio", "占比", "Share"),
        Column("date", "date", "日期", "Day"),
        Column("instant", "instant", "时间", "Time"),
        Column("bool", "bool", "已匹配", "Matched"),
        Column("link", "link", "链接", "Link"),
    ),
    ("id",),
)
ROW = {
    "id": "0069000000000000000001",
    "text": "丽丽",
    "word": "neither",
    "count": 3,
    "money": 9_007_199_254_740_993,
    "ratio": Decimal("0.250000"),
    "date": date(2026, 11, 9),
    "instant": datetime(2026, 11, 8, 16, 0, 0, tzinfo=UTC),
    "bool": True,
    "link": "https://example.com/a,b",
}


def read(path: Path) -> list[list[str]]:
    with path.open(encoding="utf-8-sig", newline="") as file:
        return list(csv.reader(file, strict=True))


def written(
    tmp_path: Path, made: Frame, language: Language = "zh-CN", currency: str = "CNY"
) -> list[list[str]]:
    path = tmp_path / "file.csv"
    write_csv(made, path, SHANGHAI, currency, language)
    return read(path)


def test_every_type_is_written_as_the_docs_say(tmp_path: Path) -> None:
    head, full, empty = written(tmp_path, frame(SPEC, [ROW, {}]))
    assert head == [
        *(
            "订单号",
            "昵称",
            "成交分类",
            "数量",
            "金额（分）",
            "占比",
            "日期",
            "时间",
            "已匹配",
            "链接",
        ),
    ]
    assert full == [
        *("0069000000000000000001", "丽丽", "neither", "3", "9007199254740993", "0.250000"),
        *("2026-11-09", "2026-11-09T00:00:00+08:00", "true", "https://example.com/a,b"),
    ]
    assert empty == [""] * 10


def test_labels_are_in_the_language_and_name_the_unit(tmp_path: Path) -> None:
    (head,) = written(tmp_path, frame(SPEC, []), language="en", currency="JPY")
    assert head[0] == "Order id"
    assert head[4] == "Amount (minor unit of JPY)"


def test_it_begins_with_a_bom_and_its_lines_end_with_crlf(tmp_path: Path) -> None:
    write_csv(frame(SPEC, [ROW, ROW]), tmp_path / "a.csv", SHANGHAI, "CNY", "zh-CN")
    raw = (tmp_path / "a.csv").read_bytes()
    assert raw.startswith(b'\xef\xbb\xbf"')
    assert raw.count(b"\n") == raw.count(b"\r\n") == 3
    assert raw.endswith(b"\r\n")


@pytest.mark.parametrize("first", FORMULA)
@pytest.mark.parametrize("column", ["id", "text", "word", "link"])
def test_what_looks_like_a_formula_gets_an_apostrophe(
    tmp_path: Path, first: str, column: str
) -> None:
    text = f"{first}1+1"
    _, bad, good = written(tmp_path, frame(SPEC, [ROW | {column: text}, ROW]))
    at = list(ROW).index(column)
    assert bad[at] == f"'{text}"
    assert good[at] == ROW[column]


def test_quotes_commas_and_line_breaks_come_back_as_they_were(tmp_path: Path) -> None:
    texts = ['他说 "好"', "a,b", "一\n二", "一\r\n二", "一\r二", "\n", "🐟", " x ", '"', "", "a\tb"]
    _, *rows = written(tmp_path, frame(SPEC, [ROW | {"text": text} for text in texts]))
    assert [row[1] for row in rows] == texts


def test_an_empty_text_and_none_at_all_can_be_told_apart(tmp_path: Path) -> None:
    spec = Spec("t", "表", "Table", (SPEC.columns[1], SPEC.columns[0]))
    made = frame(spec, [{"text": "", "id": "1"}, {"text": None, "id": "2"}])
    write_csv(made, tmp_path / "a.csv", SHANGHAI, "CNY", "zh-CN")
    assert (tmp_path / "a.csv").read_bytes().split(b"\r\n")[1:3] == [b'"","1"', b',"2"']


def test_a_header_is_guarded_too(tmp_path: Path) -> None:
    spec = Spec("t", "表", "Table", (Column("a", "text", '=甲"', "a"),))
    assert written(tmp_path, frame(spec, [])) == [["'=甲\""]]


def test_all_tables_of_an_export_come_back(tmp_path: Path) -> None:
    content = sample()
    for name, made in content.frames.items():
        head, *rows = written(tmp_path, made)
        assert len(head) == len(made.spec.columns)
        table = pa.Table.from_batches(made.batches(), made.spec.schema)
        assert len(rows) == made.rows == table.num_rows, name
        for column, cells in zip(made.spec.columns, zip(*rows, strict=True), strict=False):
            if column.type in ("count", "money"):
                numbers = [int(cell) if cell else None for cell in cells]
                assert numbers == table.column(column.key).to_pylist()
            if column.type == "instant":
                times = [datetime.fromisoformat(cell) for cell in cells if cell]
                known = [each for each in table.column(column.key).to_pylist() if each]
                assert times == known
