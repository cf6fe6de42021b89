"""Phones: one form for each number, shown masked, and stored as a token of cipher and index."""

import base64
import binascii
import re
import unicodedata

from app.core.brand_secret import BrandSecret

MARK = "enc:v1:"
_mobile = re.compile(r"1\d{10}", re.ASCII)


def normal(phone: str) -> str:
    """One form for each way to write a number: digits, with a + and its code if it is abroad.

    What has no digits stays as it is, without spaces around it.
    """
    text = unicodedata.normalize("NFKC", phone).strip()
    digits = re.sub(r"[^0-9]", "", text)
    if not digits:
        return text
    abroad = text.lstrip("( ").startswith("+")
    if not abroad and digits.startswith("00"):
        abroad, digits = True, digits[2:]
    if digits.startswith("86") and _mobile.fullmatch(digits[2:]):
        return digits[2:]
    return f"+{digits}" if abroad else digits


def masked(phone: str) -> str:
    """What may be shown to everybody: 138****1234; of short ones less, or nothing."""
    text = normal(phone)
    if len(text) >= 10:
        return f"{text[:3]}****{text[-4:]}"
    return f"****{text[-2:]}" if len(text) >= 6 else "****"


def token(secret: BrandSecret, value: bytes, phone: str | None) -> str:
    """What stands for a phone in a stored event: sealed, with its index where it is a text.

    value: its JSON.
    """
    index = b"" if phone is None else secret.phone_index(normal(phone))
    return f"{MARK}{_text(secret.seal(value))}:{_text(index)}"


def parts(text: str) -> tuple[bytes, bytes] | None:
    """The cipher and the index in a token; None where it is none."""
    if not text.startswith(MARK):
        return None
    cipher, _, index = text.removeprefix(MARK).partition(":")
    try:
        found = (base64.b64decode(cipher, validate=True), base64.b64decode(index, validate=True))
    except (binascii.Error, ValueError):
        return None
    return found if found[0] else None


def _text(content: bytes) -> str:
    return base64.b64encode(content).decode()
