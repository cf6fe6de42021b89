"""What an event says, apart from how it is written: the hash that tells a repeat from a conflict.

Content is the same where type, time (as an instant) and data are equal as JSON values: numbers
by value (1 is 1.0 is 1e0), keys in any order.
"""

import hashlib
import json
from collections.abc import Iterable
from datetime import datetime
from typing import Any

import msgspec

from app.core.clock import microseconds

MOST_DIGITS = 18
"""Longer whole numbers are kept as digits and exponent: 1e4000 must not grow to 4,000 digits."""

LONG = 10**MOST_DIGITS

MOST_EXPONENT_DIGITS = 4000
"""A longer exponent is equal only to itself as it is written."""


def number(literal: str) -> int | str:
    """One form for every way to write the same number: an int or, for what is none, a text.

    The text begins with NUL, which no accepted text contains.
    """
    if len(literal) <= MOST_DIGITS and literal.lstrip("-").isdigit():
        return int(literal)
    mantissa, _, exponent = literal.lower().partition("e")
    whole, _, fraction = mantissa.lstrip("-").partition(".")
    digits = (whole + fraction).lstrip("0")
    significant = digits.rstrip("0")
    if not significant:
        return 0
    if len(exponent) > MOST_EXPONENT_DIGITS:
        return "\0" + literal.lower()
    zeros = int(exponent or "0") - len(fraction) + len(digits) - len(significant)
    sign = "-" if literal.startswith("-") else ""
    if zeros >= 0 and len(significant) + zeros <= MOST_DIGITS:
        return int(sign + significant + "0" * zeros)
    return f"\0{sign}{significant}e{zeros}"


class _Content(msgspec.Struct):
    data: dict[str, Any]


_quick = msgspec.json.Decoder(_Content, float_hook=number)
_exact = json.JSONDecoder(parse_int=number, parse_float=number)
_sorted = msgspec.json.Encoder(order="sorted")


def content_hash(data: dict[str, Any], kind: str, time: datetime) -> bytes:
    """The 16 bytes that two events share exactly where their contents are the same.

    Takes the data as `data_of` gives it.
    """
    said = b"%s %d %s" % (kind.encode(), microseconds(time), _sorted.encode(data))
    return hashlib.blake2b(said, digest_size=16).digest()


def data_of(event: str | bytes) -> dict[str, Any]:
    """The data of an event with each number in its one form.

    Takes the text of an event that was found to be well-formed and to fit into the database.
    """
    try:
        data = _quick.decode(event).data
    except msgspec.DecodeError:  # a key that comes twice, first as something else
        data = None
    # The quick reader asks us about fractions and exponents, and not about whole numbers.
    if data is None or _has_long(data):
        text = event if isinstance(event, str) else event.decode()
        exact: dict[str, Any] = _exact.decode(text)["data"]
        return exact
    return data


def _has_long(data: dict[str, Any]) -> bool:
    """Whether some whole number has more than MOST_DIGITS digits."""
    waiting: list[Iterable[Any]] = [data.values()]
    while waiting:
        for value in waiting.pop():
            kind = type(value)
            if kind is int:
                if not -LONG < value < LONG:
                    return True
            elif kind is list:
                waiting.append(value)
            elif kind is dict:
                waiting.append(value.values())
    return False
