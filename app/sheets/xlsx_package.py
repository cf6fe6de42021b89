"""What is in an XLSX file: its first sheet, its texts and which formats are dates.

The file is of unknown origin, so everything in it is bounded: the parts it lists, the size of each
unpacked, one token of XML. A document type, which XLSX has no use for, is refused, and with it
entities.
"""

import os
import posixpath
import struct
import tempfile
import zipfile
from array import array
from collections.abc import Callable, Iterator
from functools import lru_cache
from typing import IO, Any, BinaryIO
from xml.parsers import expat

from openpyxl.styles.numbers import BUILTIN_FORMATS, is_date_format

from app.sheets.asked import Unreadable

PIECE = 65_536
LONGEST_TOKEN = 4 * 1_048_576
MOST_SHEET_BYTES = 2 * 1024**3
MOST_TEXT_BYTES = 1024**3
MOST_OTHER_BYTES = 16 * 1_048_576
MOST_DIRECTORY_BYTES = 1_048_576
MOST_TEXTS = 20_000_000

CHINESE_DATES = {*range(27, 37), *range(50, 59)}
"""Built-in formats that are dates in Chinese, Japanese and Korean editions."""


class Package:
    """An XLSX file that was opened."""

    def __init__(self, file: BinaryIO) -> None:
        check_directory(file)
        try:
            self.zip = zipfile.ZipFile(file)
            workbook = self._workbook()
        except (zipfile.BadZipFile, KeyError, NotImplementedError, RuntimeError) as error:
            raise Unreadable("not_xlsx", f"The file is no XLSX: {error}.") from None
        self.from_1904, self.sheet = workbook

    def _workbook(self) -> tuple[bool, str]:
        """Whether dates count from 1904, and the path of the first sheet."""
        dates: list[str] = []
        sheets: list[str] = []
        targets: dict[str, str] = {}

        def start(name: str, attributes: dict[str, str]) -> None:
            if name == "workbookPr":
                dates.append(attributes.get("date1904", "0"))
            elif name == "sheet":
                sheets.extend(value for key, value in attributes.items() if local(key) == "id")
            elif name == "Relationship":
                targets[attributes["Id"]] = attributes["Target"]

        self.parse("xl/workbook.xml", start)
        self.parse("xl/_rels/workbook.xml.rels", start)
        if not sheets:
            raise Unreadable("not_xlsx", "The workbook has no sheet.")
        path = posixpath.normpath(posixpath.join("xl", targets[sheets[0]])).lstrip("/")
        return dates[:1] in (["1"], ["true"]), path

    def parse(self, path: str, start: Callable[[str, dict[str, str]], None]) -> None:
        """Read a small part as a whole."""
        info = self.zip.getinfo(path)
        parser = new_parser()
        parser.StartElementHandler = lambda name, given: start(local(name), given)
        for _ in feed(self.zip, info, parser, MOST_OTHER_BYTES):
            pass

    def date_styles(self) -> frozenset[str]:
        """The numbers of the cell formats that show a number as a date."""
        if "xl/styles.xml" not in self.zip.namelist():
            return frozenset()
        custom: dict[str, str] = {}
        cells: list[str] = []
        inside: list[bool] = []

        def start(name: str, attributes: dict[str, str]) -> None:
            if name == "numFmt":
                custom[attributes.get("numFmtId", "")] = attributes.get("formatCode", "")
            elif name in ("cellXfs", "cellStyleXfs", "cellStyles", "dxfs"):
                inside[:] = [name == "cellXfs"]
            elif name == "xf" and inside == [True]:
                cells.append(attributes.get("numFmtId", "0"))

        self.parse("xl/styles.xml", start)
        return frozenset(str(n) for n, each in enumerate(cells) if _is_date(each, custom))


def _is_date(number: str, custom: dict[str, str]) -> bool:
    if number in custom:
        return bool(is_date_format(custom[number]))
    if not number.isdigit():
        return False
    return int(number) in CHINESE_DATES or bool(
        is_date_format(BUILTIN_FORMATS.get(int(number), "General"))
    )


class Texts:
    """The shared texts of a workbook, on disk: of each only its place is in memory."""

    def __init__(self, package: Package) -> None:
        self.ends = array("Q", [0])
        self.file: IO[bytes] = tempfile.TemporaryFile()  # noqa: SIM115 (it lives as long as this)
        self.get = lru_cache(maxsize=10_000)(self._get)
        if "xl/sharedStrings.xml" in package.zip.namelist():
            self._fill(package)

    def _fill(self, package: Package) -> None:
        texts: list[str] = []
        parts: list[str] = []
        reading = phonetic = False

        def start(name: str, attributes: dict[str, str]) -> None:
            nonlocal reading, phonetic
            name = local(name)
            phonetic = phonetic or name == "rPh"
            reading = name == "t" and not phonetic

        def end(name: str) -> None:
            nonlocal reading, phonetic
            name = local(name)
            reading = False
            if name == "rPh":
                phonetic = False
            elif name == "si":
                texts.append("".join(parts))
                parts.clear()

        def said(text: str) -> None:
            if reading:
                parts.append(text)

        parser = new_parser()
        parser.StartElementHandler, parser.EndElementHandler = start, end
        parser.CharacterDataHandler = said
        info = package.zip.getinfo("xl/sharedStrings.xml")
        for _ in feed(package.zip, info, parser, MOST_TEXT_BYTES):
            at = self.ends[-1]
            for each in texts:
                at += self.file.write(each.encode("utf-8"))
                self.ends.append(at)
            texts.clear()
            if len(self.ends) > MOST_TEXTS or sum(map(len, parts)) > LONGEST_TOKEN:
                raise Unreadable("too_large", "The workbook has too many or too long texts.")
        self.file.flush()

    def _get(self, n: int) -> str:
        if not 0 <= n < len(self.ends) - 1:
            raise Unreadable("not_xlsx", "A cell names a text that is not in the workbook.")
        start, end = self.ends[n], self.ends[n + 1]
        return os.pread(self.file.fileno(), end - start, start).decode("utf-8")


def check_directory(file: BinaryIO) -> None:
    """Refuse an archive whose list of parts would not fit into memory."""
    size = file.seek(0, os.SEEK_END)
    file.seek(max(0, size - 66_000))
    tail = file.read()
    at = tail.rfind(b"PK\x05\x06")
    if at < 0 or len(tail) < at + 22:
        raise Unreadable("not_xlsx", "The file is no XLSX: it is no ZIP archive.")
    (directory,) = struct.unpack_from("<I", tail, at + 12)
    if directory > MOST_DIRECTORY_BYTES or b"PK\x06\x07" in tail:
        raise Unreadable("too_large", "The archive lists too many parts for an XLSX.")


def new_parser() -> Any:
    """A parser that refuses document types."""
    parser = expat.ParserCreate(namespace_separator=" ")
    parser.buffer_text = True

    def refuse(*_: object) -> None:
        raise Unreadable("not_xlsx", "The XML has a document type, which XLSX does not.")

    parser.StartDoctypeDeclHandler = refuse
    return parser


def feed(archive: zipfile.ZipFile, info: zipfile.ZipInfo, parser: Any, most: int) -> Iterator[int]:
    """Parse a part piece by piece; gives how many bytes of it are read.

    Raises:
        Unreadable: where it is damaged or larger than it may be.
    """
    if info.file_size > most:
        raise Unreadable("too_large", f"{info.filename} unpacks to more than {most} bytes.")
    done = 0
    try:
        with archive.open(info) as part:
            while piece := part.read(PIECE):
                parser.Parse(piece, False)
                done += len(piece)
                if done - parser.CurrentByteIndex > LONGEST_TOKEN:
                    raise Unreadable("too_large", "The XML has a token that is too long.")
                yield done
            parser.Parse(b"", True)
            yield done
    except (expat.ExpatError, zipfile.BadZipFile, OSError, EOFError, ValueError) as error:
        raise Unreadable("not_xlsx", f"{info.filename} is damaged: {error}.") from None
    except (RuntimeError, NotImplementedError) as error:
        raise Unreadable("not_xlsx", f"{info.filename} cannot be unpacked: {error}.") from None
    except Exception as error:
        if type(error).__module__ != "zlib":
            raise
        raise Unreadable("not_xlsx", f"{info.filename} is damaged: {error}.") from None


@lru_cache(maxsize=1_000)
def local(name: str) -> str:
    """An XML name without its namespace."""
    return name.rpartition(" ")[2]
