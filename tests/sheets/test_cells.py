"""Cells: what is read exactly, and what is refused because it could only be guessed."""

from datetime import datetime
from zoneinfo import ZoneInfo

import pytest

from app.sheets.asked import BadCell, Unit
from app.sheets.cells import Broken, Cell, Number, amount, count, identifier, identifiers, instant

SHANGHAI = ZoneInfo("Asia/Shanghai")
NEW_YORK = ZoneInfo("America/New_York")


@pytest.mark.parametrize(
    ("cell", "unit", "currency", "minor"),
    [
        ("12.34", "yuan", "CNY", 1234),
        ("0.1", "yuan", "CNY", 10),
        ("1,234,567.80", "yuan", "CNY", 123_456_780),
        ("¥12", "yuan", "CNY", 1200),
        (" 12.340 ", "yuan", "CNY", 1234),
        ("0", "yuan", "CNY", 0),
        ("12", "fen", "CNY", 12),
        ("1200", "yuan", "JPY", 1200),
        ("1.234", "yuan", "KWD", 1234),
        (Number("0.1"), "yuan", "CNY", 10),
        (Number("12.340000000000002"), "yuan", "CNY", 1234),
        (Number("1E2"), "fen", "CNY", 100),
        ("100000000000", "yuan", "CNY", 10**13),
    ],
)
def test_amounts(cell: Cell, unit: Unit, currency: str, minor: int) -> None:
    assert amount(cell, unit, currency) == minor


@pytest.mark.parametrize(
    ("cell", "unit", "currency", "code"),
    [
        ("12.345", "yuan", "CNY", "too_many_decimals"),
        ("12.5", "fen", "CNY", "too_many_decimals"),
        ("1.5", "yuan", "JPY", "too_many_decimals"),
        (Number("12.345"), "yuan", "CNY", "too_many_decimals"),
        ("-1", "yuan", "CNY", "amount_out_of_range"),
        (Number("-1"), "yuan", "CNY", "amount_out_of_range"),
        ("100000000000.01", "yuan", "CNY", "amount_out_of_range"),
        ("12,34", "yuan", "CNY", "invalid"),
        ("12.34元", "yuan", "CNY", "invalid"),
        ("１２", "yuan", "CNY", "invalid"),
        ("1e3", "yuan", "CNY", "invalid"),
        ("NaN", "yuan", "CNY", "invalid"),
        ("9" * 50, "yuan", "CNY", "invalid"),
        (Broken("#N/A"), "yuan", "CNY", "no_value"),
    ],
)
def test_amounts_that_are_none(cell: Cell, unit: Unit, currency: str, code: str) -> None:
    with pytest.raises(BadCell) as caught:
        amount(cell, unit, currency)
    assert caught.value.code == code


@pytest.mark.parametrize(
    ("cell", "id_"),
    [
        ("00123", "00123"),
        ('="00123"', "00123"),
        ("'00123", "00123"),
        ("6500000000000000012\t", "6500000000000000012"),
        (Number("13800138000"), "13800138000"),
        (Number("1.3800138E10"), "13800138000"),
        (Number("999999999999999"), "999999999999999"),
        ("12e4", "12e4"),
        ("o'neil", "o'neil"),
    ],
)
def test_ids(cell: Cell, id_: str) -> None:
    assert identifier(cell) == id_


@pytest.mark.parametrize(
    ("cell", "code"),
    [
        ("1.23457E+17", "digits_lost"),
        (Number("1.23457E+17"), "digits_lost"),
        (Number("6500000000000000012"), "digits_lost"),
        (Broken("#REF!"), "no_value"),
        ("x" * 257, "invalid"),
    ],
)
def test_ids_that_are_lost(cell: Cell, code: str) -> None:
    with pytest.raises(BadCell) as caught:
        identifier(cell)
    assert caught.value.code == code


def test_several_ids_and_counts() -> None:
    assert identifiers("g1，g2、g3 g4\ng5;g6") == ["g1", "g2", "g3", "g4", "g5", "g6"]
    assert count("1,200") == count(Number("1200")) == 1200
    with pytest.raises(BadCell):
        count("1.2万")


@pytest.mark.parametrize(
    ("cell", "expected"),
    [
        ("2025-03-01 12:00:00", "2025-03-01T04:00:00+00:00"),
        ("2025/3/1 8:05", "2025-03-01T00:05:00+00:00"),
        ("2025年3月1日 8时5分", "2025-03-01T00:05:00+00:00"),
        ("2025-03-01", "2025-02-28T16:00:00+00:00"),
        ("2025-03-01T12:00:00.25", "2025-03-01T04:00:00.250000+00:00"),
        ("2025-03-01T12:00:00Z", "2025-03-01T12:00:00+00:00"),
        (datetime(2025, 3, 1, 12), "2025-03-01T04:00:00+00:00"),  # noqa: DTZ001
    ],
)
def test_times(cell: Cell, expected: str) -> None:
    at, twice = instant(cell, SHANGHAI)
    assert (at.isoformat(), twice) == (expected, False)


def test_times_where_clocks_are_changed() -> None:
    # 2025-11-02 01:30 came twice in New York; 2025-03-09 02:30 not at all.
    at, twice = instant("2025-11-02 01:30", NEW_YORK)
    assert (at.isoformat(), twice) == ("2025-11-02T05:30:00+00:00", True)
    assert instant("2025-11-02T01:30:00-05:00", NEW_YORK)[0].hour == 6
    with pytest.raises(BadCell) as caught:
        instant("2025-03-09 02:30", NEW_YORK)
    assert caught.value.code == "skipped_time"


@pytest.mark.parametrize(
    "cell",
    [
        *("03/01/2025", "2025-02-30", "2025-03-01 25:00", "25-03-01", "1740800000", "yesterday"),
        *("0001-01-01", "2025-03-01 12:00 PM", "2025-03-01T12:00:60Z"),
        Number("45717.5"),
    ],
)
def test_times_that_are_none(cell: Cell) -> None:
    with pytest.raises(BadCell):
        instant(cell, SHANGHAI)
