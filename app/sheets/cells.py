"""From a cell to an id, a text, an amount, a count or an instant; nothing is guessed."""

import re
from collections.abc import Mapping
from datetime import UTC, date, datetime, time
from decimal import Decimal
from zoneinfo import ZoneInfo

from app.core.clock import RFC3339, parse_instant
from app.payloads import MAX_AMOUNT
from app.sheets.asked import BadCell, Unit

MOST_DIGITS = 15
"""A spreadsheet keeps so many digits of a number; of a longer one the rest is lost."""


class Number(str):
    """The literal of a number that a spreadsheet stores as one."""


class Broken(str):
    """A cell that holds no value: an error, or a formula without its result."""


Cell = str | datetime
"""What a file has in a cell; a datetime is a local one, without a zone."""

_scientific = re.compile(r"[+-]?\d(\.\d+)?[eE]\+\d+", re.ASCII)
_digits = re.compile(r"'\d+", re.ASCII)
_money = re.compile(r"(?:\d{1,3}(?:,\d{3})+|\d+)(?:\.\d+)?", re.ASCII)
_local = re.compile(
    r"(\d{4})[-/.年](\d{1,2})[-/.月](\d{1,2})日?"
    r"(?:(?:\s+|[Tt])(\d{1,2})[:：时](\d{1,2})(?:[:：分](\d{1,2})(?:\.(\d{1,6})\d*)?秒?|分)?)?",
    re.ASCII,
)
_between = re.compile(r"[,，;；、|\s]+")

MINOR = {
    **dict.fromkeys(("BIF", "CLP", "DJF", "GNF", "ISK", "JPY", "KMF", "KRW", "PYG", "RWF"), 0),
    **dict.fromkeys(("UGX", "UYI", "VND", "VUV", "XAF", "XOF", "XPF"), 0),
    **dict.fromkeys(("BHD", "IQD", "JOD", "KWD", "LYD", "OMR", "TND"), 3),
    **dict.fromkeys(("CLF", "UYW"), 4),
}
"""How many decimals ISO 4217 gives the minor unit of a currency; others have two."""


def plain(cell: Cell) -> str:
    """What a cell says as text, without what exports put around it; empty for an empty one.

    Raises:
        BadCell: for an error, or a number whose digits are lost.
    """
    if isinstance(cell, datetime):
        return cell.isoformat(" ")
    if isinstance(cell, Broken):
        raise BadCell("no_value", f"The cell holds no value but {cell!s}.")
    if isinstance(cell, Number):
        return _unformatted(cell)
    said = cell.strip()
    # Exports write ="123" or '123 so that a spreadsheet leaves an id as it is.
    if said.startswith('="') and said.endswith('"') and len(said) > 2:
        return said[2:-1]
    return said[1:] if _digits.fullmatch(said) else said


def _unformatted(literal: Number) -> str:
    number = Decimal(literal)
    if number == number.to_integral_value():
        if abs(number) >= 10**MOST_DIGITS:
            raise BadCell("digits_lost", _lost(literal))
        return str(int(number))
    return format(float(literal), f".{MOST_DIGITS}g")


def _lost(literal: str) -> str:
    return (
        f"{literal} is a number of more than {MOST_DIGITS} digits, of which a spreadsheet drops the"
        " last ones: format the column as text before the ids are put into it."
    )


def identifier(cell: Cell) -> str:
    """An id, as the platform gives it.

    Raises:
        BadCell: where a spreadsheet has turned it into a number and lost digits.
    """
    said = plain(cell)
    if _scientific.fullmatch(said):
        raise BadCell("digits_lost", _lost(said))
    if len(said) > 256:
        raise BadCell("invalid", "An id has at most 256 characters.")
    return said


def identifiers(cell: Cell) -> list[str]:
    """Several ids in one cell, with commas, semicolons, spaces or line breaks between them."""
    return [identifier(each) for each in _between.split(plain(cell)) if each]


def choice(cell: Cell, words: Mapping[str, str]) -> str:
    """One of a few words, in English or Chinese."""
    said = plain(cell)
    found = words.get(said.lower())
    if found is None:
        raise BadCell("invalid", f"The cell says none of {', '.join(sorted(words))}.")
    return found


def amount(cell: Cell, unit: Unit, currency: str) -> int:
    """Money in the currency's minor unit, exactly.

    Raises:
        BadCell: where it is no amount, has too many decimals or is out of range.
    """
    number = _money_of(cell)
    places = 0 if unit == "fen" else MINOR.get(currency, 2)
    scaled = number.scaleb(places)
    if scaled != scaled.to_integral_value():
        raise BadCell(
            "too_many_decimals",
            f"An amount in {unit} has at most {places} decimals of {currency}."
            if places
            else f"An amount in {unit} of {currency} is a whole number.",
        )
    if scaled > MAX_AMOUNT:
        raise BadCell("amount_out_of_range", "An amount lies between 0 and 10^13.")
    return int(scaled)


def _money_of(cell: Cell) -> Decimal:
    if isinstance(cell, Number):
        # A spreadsheet shows 15 digits of a number; what it stores beyond them is no money.
        shown = Decimal(format(float(cell), f".{MOST_DIGITS}g"))
        if shown < 0:
            raise BadCell("amount_out_of_range", "An amount is not negative.")
        return shown
    said = plain(cell).lstrip("¥￥").strip()
    if re.fullmatch(r"-\s*[¥￥]?\s*[\d.,]+", said):
        raise BadCell("amount_out_of_range", "An amount is not negative.")
    if len(said) > 40 or not _money.fullmatch(said):
        raise BadCell("invalid", "The cell holds no amount, as 12.34.")
    return Decimal(said.replace(",", ""))


def count(cell: Cell) -> int:
    """A whole number."""
    number = _money_of(cell)
    if number != number.to_integral_value() or number > MAX_AMOUNT:
        raise BadCell("invalid", "The cell holds no whole number, as 1200.")
    return int(number)


def instant(cell: Cell, zone: ZoneInfo) -> tuple[datetime, bool]:
    """An instant in UTC, and whether its local time came twice (then it is the first of them).

    Raises:
        BadCell: where it is no time, or a local time that clocks skipped.
    """
    if isinstance(cell, Number):
        raise BadCell("invalid", "The cell holds a number that is not formatted as a date.")
    if isinstance(cell, datetime):
        return _placed(cell, zone)
    said = plain(cell)
    try:
        if RFC3339.fullmatch(said):
            return parse_instant(said), False
        match = _local.fullmatch(said)
        if match is None:
            raise BadCell("invalid", "The cell holds no time, as 2025-03-01 12:00:00.")
        year, month, day, hour, minute, second = (int(each or 0) for each in match.groups()[:6])
        micros = int((match.group(7) or "").ljust(6, "0"))
        local = datetime.combine(date(year, month, day), time(hour, minute, second, micros, zone))
    except (ValueError, OverflowError):
        raise BadCell("invalid", "There is no such time.") from None
    return _placed(local, zone)


def _placed(local: datetime, zone: ZoneInfo) -> tuple[datetime, bool]:
    try:
        first = local.replace(tzinfo=zone, fold=0)
        second = local.replace(tzinfo=zone, fold=1)
        at = first.astimezone(UTC)
        if first.utcoffset() == second.utcoffset():
            return at, False
        if at.astimezone(zone).replace(fold=0, tzinfo=None) != local.replace(tzinfo=None):
            raise BadCell("skipped_time", "Clocks skipped this local time: give it an offset.")
    except OverflowError:
        raise BadCell("invalid", "There is no such time.") from None
    return at, True
