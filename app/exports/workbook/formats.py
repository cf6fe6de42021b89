"""How cells look: number formats by a column's type, and the few styles of the workbook."""

from typing import Any

import msgspec
from xlsxwriter import Workbook
from xlsxwriter.format import Format

from app.exports.frame import Column
from app.metrics.words import Language

FONT = {"zh-CN": "Microsoft YaHei", "en": "Calibri"}
INK, BRAND, PALE, LINE, GREY = "#1F2933", "#B4232A", "#F6F7F9", "#D9DEE4", "#6B7785"
UP, DOWN = "#1A7F4B", "#B4232A"

DIGITS = {
    **dict.fromkeys(("JPY", "KRW", "VND", "CLP", "ISK", "PYG", "UGX", "XAF", "XOF", "XPF"), 0),
    **dict.fromkeys(("BHD", "IQD", "JOD", "KWD", "LYD", "OMR", "TND"), 3),
}
"""ISO 4217: digits of the minor unit, where they are not two."""

SIGNS = {
    "CNY": "¥",
    "JPY": "JP¥",
    "USD": "$",
    "HKD": "HK$",
    "TWD": "NT$",
    "SGD": "S$",
    "EUR": "€",
    "GBP": "£",
    "KRW": "₩",
    "THB": "฿",
    "VND": "₫",
    "MYR": "RM",
    "AUD": "A$",
}


def digits(currency: str) -> int:
    """Digits of the currency's minor unit."""
    return DIGITS.get(currency, 2)


def money(currency: str) -> str:
    """The number format of money."""
    places = digits(currency)
    number = "#,##0" + ("." + "0" * places if places else "")
    return f'"{sign(currency)}"{number};-"{sign(currency)}"{number}'


def sign(currency: str) -> str:
    """What stands before an amount: a sign that many know, or the code."""
    return SIGNS.get(currency, f"{currency} ")


class Formats(msgspec.Struct):
    """Makes each format once."""

    workbook: Workbook
    currency: str
    language: Language
    made: dict[tuple[tuple[str, Any], ...], Format] = {}

    def of(self, **properties: Any) -> Format:
        """A format by its properties, as XlsxWriter names them."""
        key = tuple(sorted(properties.items()))
        if key not in self.made:
            base = {"font_name": FONT[self.language], "font_size": 10, "valign": "vcenter"}
            self.made[key] = self.workbook.add_format({"font_color": INK} | base | properties)
        return self.made[key]

    def number_format(self, look: str) -> str:
        """The number format of a column's type, or of a number in the summary."""
        times = '0.00"倍"' if self.language == "zh-CN" else '0.00"×"'
        known = {
            "count": "#,##0",
            "money": money(self.currency),
            "ratio": "0.0%",
            "number": "0.######",
            "decimal": "#,##0.00",
            "times": times,
            "date": "yyyy-mm-dd",
            "instant": "yyyy-mm-dd hh:mm",
        }
        return known.get(look, "@")

    def cell(self, look: str, **more: Any) -> Format:
        """A cell of a table, by its column's type."""
        is_text = look in ("id", "text", "word", "link", "bool")
        align: dict[str, Any] = {"indent": 1} if is_text else {"align": "right"}
        if look in ("date", "instant"):
            align = {"align": "center"}
        lines = {"bottom": 1, "bottom_color": LINE}
        shown = {"num_format": self.number_format(look)}
        return self.of(**(shown | align | lines | more))

    @property
    def whole_money(self) -> str:
        """Money on an axis, without its minor unit."""
        return f'"{sign(self.currency)}"#,##0'

    @property
    def head(self) -> Format:
        """The header of a table."""
        return self.of(
            bold=True,
            font_color="#FFFFFF",
            bg_color=BRAND,
            text_wrap=True,
            align="center",
            border=1,
            border_color="#FFFFFF",
        )


def look_of(column: Column) -> str:
    """How a column's numbers are shown: most ratios are parts of a whole, a few are not."""
    if column.type != "ratio":
        return column.type
    if column.key.rpartition(".")[2] == "lift":
        return "times"
    return "decimal" if "_per_" in column.key else "ratio"
