"""The rows of a CSV file, in the encoding that it is in and no other."""

import codecs
import csv
import io
from collections.abc import Iterator
from typing import BinaryIO

from app.sheets.asked import Encoding, Unreadable
from app.sheets.cells import Cell

PIECE = 1_048_576
MOST_ROWS = 5_000_000
LONGEST_CELL = 131_072
DELIMITERS = (",", "\t", ";")


def encoding_of(file: BinaryIO, asked: Encoding) -> str:
    """The encoding that all of the file is valid in: as asked or, for auto, UTF-8 else GB18030.

    GB18030 holds all of GBK. The file is read through and rewound.

    Raises:
        Unreadable: where it is not valid in it.
    """
    file.seek(0)
    start = file.read(4)
    if start.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        raise Unreadable("bad_encoding", "The file is UTF-16: save it as CSV UTF-8.")
    if start.startswith(b"PK\x03\x04"):
        raise Unreadable("not_csv", "The file is a ZIP archive, such as XLSX, and not CSV.")
    marked = start.startswith(codecs.BOM_UTF8)
    utf8 = "utf-8-sig" if marked else "utf-8"
    candidates = {"auto": [utf8] if marked else [utf8, "gb18030"], "utf-8": [utf8]}
    wrong = []
    for encoding in candidates.get(asked, ["gb18030"]):
        at = _broken_at(file, encoding)
        if at is None:
            file.seek(0)
            return encoding
        wrong.append(f"{encoding.removesuffix('-sig').upper()} (at byte {at})")
    raise Unreadable("bad_encoding", f"The file is no valid {' and no valid '.join(wrong)}.")


def _broken_at(file: BinaryIO, encoding: str) -> int | None:
    decoder = codecs.getincrementaldecoder(encoding)("strict")
    file.seek(0)
    while True:
        piece = file.read(PIECE)
        kept = len(decoder.getstate()[0])
        try:
            decoder.decode(piece, final=not piece)
        except UnicodeDecodeError as error:
            return max(0, file.tell() - len(piece) - kept + error.start)
        if not piece:
            return None


def read_csv(file: BinaryIO, encoding: str) -> Iterator[tuple[int, list[Cell]]]:
    """The rows, whichever of comma, TAB and semicolon stands between the headers.

    Raises:
        Unreadable: while reading, where quotes do not match or a cell is too long.
    """
    text = io.TextIOWrapper(file, encoding=encoding, newline="")
    first = text.readline(PIECE)
    text.seek(0)
    delimiter = max(DELIMITERS, key=first.count)
    csv.field_size_limit(LONGEST_CELL)
    number = 0
    try:
        for number, row in enumerate(csv.reader(text, delimiter=delimiter, strict=True), 1):
            if number > MOST_ROWS:
                raise Unreadable("too_many_rows", f"A file has at most {MOST_ROWS} rows.")
            cells: list[Cell] = list(row)
            yield number, cells
    except csv.Error as error:
        raise Unreadable("bad_csv", f"Row {number + 1} is no CSV: {error}.") from None
    finally:
        # Else the wrapper would close the file with itself. That of a reading that was broken off
        # is closed already.
        if not text.closed:
            text.detach()
