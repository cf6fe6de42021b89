"""A table as CSV: for machines, and for spreadsheets that open it as it is."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any, BinaryIO
from zoneinfo import ZoneInfo

import pyarrow as pa
import pyarrow.compute as pc
from pyarrow import csv

from app.core.formula import FORMULA, inert
from app.exports.frame import Column, Frame
from app.exports.local_time import shown
from app.metrics.catalog import in_minor
from app.metrics.words import Language

MEDIA_TYPE = "text/csv"
BOM = b"\xef\xbb\xbf"
TEXTS = ("id", "text", "word", "link")
_firsts = pa.array(FORMULA)
_rows = csv.WriteOptions(include_header=False, eol="\r\n")


def write_csv(frame: Frame, path: Path, zone: ZoneInfo, currency: str, language: Language) -> None:
    """Write the rows below a BOM and their labels, in UTF-8, as RFC 4180 says.

    Texts stand in quotes, so that an empty one and none at all can be told apart. Money is in the
    minor unit, as the label says; instants are local, with their offset.
    """
    columns = frame.spec.columns
    with path.open("wb") as file:
        file.write(BOM + header(columns, currency, language))
        for batch in frame.batches():
            _write(batch, columns, zone, file)


def header(columns: Sequence[Column], currency: str, language: Language) -> bytes:
    """The line of labels."""
    quoted = (inert(head(each, currency, language)).replace('"', '""') for each in columns)
    return (",".join(f'"{label}"' for label in quoted) + "\r\n").encode()


def head(column: Column, currency: str, language: Language) -> str:
    """What a column is called where its money is in the minor unit."""
    said = column.label(language)
    return in_minor(said, currency, language) if column.type == "money" else said


def _write(
    batch: pa.RecordBatch, columns: Sequence[Column], zone: ZoneInfo, file: BinaryIO
) -> None:
    made = [
        _cells(cells, column, zone) for cells, column in zip(batch.columns, columns, strict=True)
    ]
    names = [column.key for column in columns]
    csv.write_csv(pa.RecordBatch.from_arrays(made, names), file, _rows)


def _cells(cells: pa.Array, column: Column, zone: ZoneInfo) -> Any:
    if column.type == "instant":
        return shown(cells, zone)
    return _inert(cells) if column.type in TEXTS else cells


def _inert(texts: pa.Array) -> pa.Array:
    dangerous = pc.is_in(pc.utf8_slice_codeunits(texts, 0, 1), _firsts)
    if not pc.any(dangerous).as_py():
        return texts
    return pc.if_else(dangerous, pc.binary_join_element_wise("'", texts, ""), texts)
