"""Workbooks: dates, numbers, formulas, and files that mean harm."""

import io
import zipfile
from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any

import openpyxl
import pytest
from openpyxl.utils.datetime import CALENDAR_MAC_1904

from app.sheets import xlsx_package
from app.sheets.asked import Asked, Unreadable
from app.sheets.cells import Broken, Number
from app.sheets.reading import Reading
from app.sheets.xlsx_rows import read_xlsx
from tests.sheets.files import xlsx

NOW = datetime(2026, 1, 1, tzinfo=UTC)
NS = 'xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main"'


def rows(content: bytes) -> list[tuple[int, list[Any]]]:
    found, share = read_xlsx(io.BytesIO(content))
    made = list(found)
    assert share() == 1
    return made


def replaced(content: bytes, **parts: str | bytes) -> bytes:
    """A workbook with other parts, named by the end of their paths."""
    made = io.BytesIO()
    with (
        zipfile.ZipFile(io.BytesIO(content)) as old,
        zipfile.ZipFile(made, "w", zipfile.ZIP_DEFLATED) as new,
    ):
        for info in old.infolist():
            name = info.filename.rpartition("/")[2].partition(".")[0]
            new.writestr(info.filename, parts.get(name, old.read(info)))
    return made.getvalue()


def sheet(*cells: str) -> str:
    """The XML of a sheet with one row."""
    return f'<worksheet {NS}><sheetData><row r="1">{"".join(cells)}</row></sheetData></worksheet>'


def test_cells_of_all_kinds() -> None:
    at = datetime(2025, 3, 1, 12, 30)  # noqa: DTZ001
    content = xlsx(["a", "b"], ["文字", 12.5], [at, True], [None, None], [None, "=1+1"], ["00", 7])
    assert rows(content) == [
        (1, ["a", "b"]),
        (2, ["文字", "12.5"]),
        (3, [at, "TRUE"]),
        (4, []),
        (5, ["", Broken("a formula without a stored result")]),
        (6, ["00", "7"]),
    ]
    assert isinstance(rows(content)[1][1][1], Number)


@pytest.mark.parametrize("form", ["yyyy/m/d h:mm", "m/d/yy h:mm", 'yyyy"年"m"月"d"日"'])
def test_a_serial_is_a_date_by_its_format(form: str) -> None:
    found = rows(xlsx(["t"], [45717.5], A=form))
    assert found[1][1] == [datetime(2025, 3, 1, 12)]  # noqa: DTZ001


def test_dates_that_count_from_1904() -> None:
    book = openpyxl.Workbook()
    book.epoch = CALENDAR_MAC_1904
    active = book.active
    assert active is not None
    active.append(["t"])
    active.append([datetime(2025, 3, 1, 12)])  # noqa: DTZ001
    stream = io.BytesIO()
    book.save(stream)
    assert rows(stream.getvalue())[1][1] == [datetime(2025, 3, 1, 12)]  # noqa: DTZ001


def test_stored_results_rich_texts_and_phonetics() -> None:
    cells = (
        '<c r="A1" t="str"><f>A9</f><v>o1</v></c>',
        '<c r="C1" t="inlineStr"><is><r><t>红</t></r><r><t>群</t></r>'
        '<rPh sb="0" eb="1"><t>hong</t></rPh></is></c>',
        '<c r="B1"><f>1+1</f><v>2</v></c>',
        '<c r="D1" t="e"><v>#N/A</v></c>',
        '<c r="E1"><v>1.23457E+17</v></c>',
    )
    ((_, found),) = rows(replaced(xlsx(["x"]), sheet1=sheet(*cells)))
    assert found == ["o1", "2", "红群", "#N/A", "1.23457E+17"]
    assert isinstance(found[3], Broken)


BOMB = (
    '<?xml version="1.0"?><!DOCTYPE x [<!ENTITY a "aaaaaaaaaa"><!ENTITY b "&a;&a;&a;">]>'
    f'<worksheet {NS}><sheetData><row r="1"><c r="A1" t="str"><v>&b;</v></c></row></sheetData>'
    "</worksheet>"
)


@pytest.mark.parametrize(
    ("parts", "code"),
    [
        ({"sheet1": BOMB}, "not_xlsx"),
        ({"workbook": BOMB}, "not_xlsx"),
        ({"sheet1": sheet('<c r="ZZZZZ1"><v>1</v></c>')}, "too_many_columns"),
        ({"sheet1": sheet('<c r="A1" t="s"><v>99</v></c>')}, "not_xlsx"),
        ({"sheet1": sheet().replace('r="1"', 'r="1048577"')}, "too_many_rows"),
        ({"sheet1": sheet()[:-20]}, "not_xlsx"),
        ({"sheet1": sheet('<c r="A1" t="str"><v>' + "a" * 5_000_000 + "</v></c>")}, "too_large"),
        ({"sheet1": sheet(f'<c r="A1" x="{"a" * 5_000_000}"/>')}, "too_large"),
        ({"styles": "x" * 20_000_000}, "too_large"),
        ({"workbook": f"<workbook {NS}/>"}, "not_xlsx"),
    ],
)
def test_workbooks_that_are_refused(parts: dict[str, str], code: str) -> None:
    with pytest.raises(Unreadable) as caught:
        rows(replaced(xlsx(["x"]), **parts))
    assert caught.value.code == code


def test_an_archive_that_lists_too_much(monkeypatch: pytest.MonkeyPatch) -> None:
    made = io.BytesIO()
    with zipfile.ZipFile(made, "w") as archive:
        for n in range(100):
            archive.writestr(f"{n}", "")
    monkeypatch.setattr(xlsx_package, "MOST_DIRECTORY_BYTES", 1_000)
    with pytest.raises(Unreadable) as caught:
        rows(made.getvalue())
    assert caught.value.code == "too_large"
    with pytest.raises(Unreadable):
        rows(b"PK\x03\x04 no archive")


def reading(*lines: Sequence[Any]) -> list[Any]:
    content = xlsx(*lines)
    asked = Asked("orders", "xlsx", "CNY", "Asia/Shanghai", NOW, amounts="yuan")
    return list(Reading(io.BytesIO(content), len(content), asked, NOW, NOW).rows())


def test_ids_that_a_spreadsheet_made_numbers_of() -> None:
    at = datetime(2025, 3, 1, 12)  # noqa: DTZ001
    good, lost, plain = reading(
        ["订单号", "买家ID", "实付金额", "支付时间"],
        [12345, "b1", 12.3, at],
        [6500000000000000012, "b1", 12.3, at],
        ["6500000000000000012", "b1", 12.3, 45717.5],
    )
    assert '"order_id":"12345"' in good.said[0].event.raw
    assert '"amount":1230' in good.said[0].event.raw
    assert [(f.header, f.code) for f in lost.faults] == [("订单号", "digits_lost")]
    assert [(f.header, f.code) for f in plain.faults] == [("支付时间", "invalid")]
