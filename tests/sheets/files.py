"""Files to import, and an import from its upload to its end."""

import io
import time
from collections.abc import Sequence
from typing import Any

import openpyxl

from tests.make import Brand

CSV = "text/csv"
XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"


def csv(*rows: str, encoding: str = "utf-8") -> bytes:
    """A CSV file of these lines."""
    return "".join(f"{row}\r\n" for row in rows).encode(encoding)


def xlsx(*rows: Sequence[Any], **formats: str) -> bytes:
    """A workbook of these rows; `formats` by the letter of a column."""
    book = openpyxl.Workbook()
    sheet = book.active
    assert sheet is not None
    for row in rows:
        sheet.append(list(row))
    for letter, form in formats.items():
        for cell in sheet[letter][1:]:
            cell.number_format = form
    stream = io.BytesIO()
    book.save(stream)
    return stream.getvalue()


def upload(brand: Brand, content: bytes, media: str = CSV, **params: Any) -> Any:
    """Upload a file; gives the answer."""
    with brand.client as client:
        return client.post(
            "/v1/imports", params=params, content=content, headers={"content-type": media}
        )


def over(brand: Brand, import_id: str, seconds: float = 120) -> Any:
    """The import when it is over."""
    until = time.monotonic() + seconds
    while True:
        found = brand.ask(f"/v1/imports/{import_id}")
        if found["state"] in ("done", "failed", "cancelled"):
            return found
        assert time.monotonic() < until, found
        time.sleep(0.05)


def imported(brand: Brand, content: bytes, media: str = CSV, **params: Any) -> Any:
    """Import a file; gives the import when it is over."""
    answer = upload(brand, content, media, **params)
    assert answer.status_code == 202, answer.text
    return over(brand, answer.json()["id"])


def problems(brand: Brand, found: Any) -> list[tuple[int, str | None, str]]:
    """(row, header, code) of what was wrong."""
    items = brand.ask(f"/v1/imports/{found['id']}/problems", limit=200)["items"]
    return [(each["row"], each["header"], each["code"]) for each in items]


def tally(found: Any) -> tuple[int, ...]:
    """(rows, accepted, corrected, duplicates, rejected)."""
    names = ("rows", "accepted", "corrected", "duplicates", "rejected")
    return tuple(found[name] for name in names)
