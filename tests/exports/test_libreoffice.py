"""The files as LibreOffice opens them: what looks like a formula is shown as a text."""

import csv
import shutil
import subprocess
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from app.core.formula import FORMULA
from app.exports.csv_file import write_csv
from app.exports.workbook import book
from tests.exports.sample import content, frame
from tests.exports.test_csv_files import ROW, SPEC

OFFICE = shutil.which("soffice")
TEXTS = [f"{first}1+1" for first in FORMULA if first != "\r"] + [
    *('=HYPERLINK("http://localhost/","x")', "=cmd|' /C calc'!A0", "<r><t>x</t></r>"),
    *("69000000000000000001", "00123", "2026-11-09", "1e5", "TRUE", '他说 "好"', "一\n二"),
]
SHEET_2 = "44,34,76,1,,0,false,true,false,false,false,2"
"""UTF-8, quoted where needed, as shown, the second sheet."""


@pytest.mark.skipif(OFFICE is None, reason="LibreOffice is not installed")
def test_texts_open_as_texts(tmp_path: Path) -> None:
    made = frame(SPEC, [ROW | {"id": text, "text": text} for text in TEXTS])
    book.write(content({"orders": made}), tmp_path / "a.xlsx", lambda percent: None)
    (shown,) = converted(tmp_path / "a.xlsx", SHEET_2)
    assert [row[:2] for row in shown[4:]] == [[text, text] for text in TEXTS]


@pytest.mark.skipif(OFFICE is None, reason="LibreOffice is not installed")
def test_texts_of_a_csv_file_are_not_run(tmp_path: Path) -> None:
    """It counts a quote before a formula as part of the text; Excel and WPS do as well."""
    made = frame(SPEC, [ROW | {"text": text} for text in TEXTS])
    write_csv(made, tmp_path / "a.csv", ZoneInfo("Asia/Shanghai"), "CNY", "zh-CN")
    (shown,) = converted(tmp_path / "a.csv", "44,34,76,1,,0,false,true,false,false,false,-1")
    guarded = [f"'{text}" if text.startswith(FORMULA) else text for text in TEXTS]
    first = [row[1] for row in shown[1:]][: len(FORMULA) + 1]
    assert first == guarded[: len(FORMULA) + 1]


def converted(path: Path, how: str) -> list[list[list[str]]]:
    """The sheets of a file as LibreOffice shows them."""
    out = path.parent / "out"
    assert OFFICE is not None
    reads = ["--infilter=CSV:44,34,76,1"] if path.suffix == ".csv" else []
    subprocess.run(
        [
            *(OFFICE, f"-env:UserInstallation={(path.parent / 'profile').as_uri()}", "--headless"),
            *(*reads, "--convert-to", f"csv:Text - txt - csv (StarCalc):{how}"),
            *("--outdir", str(out), str(path)),
        ],
        check=True,
        capture_output=True,
        timeout=120,
    )
    sheets = []
    for each in sorted(out.iterdir()):
        with each.open(encoding="utf-8", newline="") as file:
            sheets.append(list(csv.reader(file)))
    return sheets
