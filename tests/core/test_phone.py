"""Phones: one form for each number, and what of it is shown."""

import pytest

from app.core.brand_secret import BrandSecret
from app.core.phone import masked, normal, parts, token

SECRET = BrandSecret(b"s" * 32)


@pytest.mark.parametrize(
    ("written", "form"),
    [
        ("13800138000", "13800138000"),
        (" 138 0013-8000 ", "13800138000"),
        ("+86 13800138000", "13800138000"),
        ("(+86)138-0013-8000", "13800138000"),
        ("008613800138000", "13800138000"),
        ("8613800138000", "13800138000"),
        ("１３８００１３８０００", "13800138000"),
        ("010-8888 8888", "01088888888"),
        ("+1 (650) 253-0000", "+16502530000"),
        ("0016502530000", "+16502530000"),
        ("861234", "861234"),
        ("none", "none"),
        ("", ""),
    ],
)
def test_one_form(written: str, form: str) -> None:
    assert normal(written) == form
    assert normal(form) == form


@pytest.mark.parametrize(
    ("phone", "shown"),
    [
        ("13812341234", "138****1234"),
        ("+86 138-1234-1234", "138****1234"),
        ("+16502530000", "+16****0000"),
        ("88886666", "****66"),
        ("12345", "****"),
        ("王先生", "****"),
        ("", "****"),
    ],
)
def test_masked(phone: str, shown: str) -> None:
    assert masked(phone) == shown


def test_a_token_holds_the_phone_and_its_index() -> None:
    made = token(SECRET, b'"138 0013 8000"', "138 0013 8000")
    found = parts(made)
    assert found is not None
    assert SECRET.open(found[0]) == b'"138 0013 8000"'
    assert found[1] == SECRET.phone_index("13800138000")
    assert token(SECRET, b'"138 0013 8000"', "138 0013 8000") != made
    assert BrandSecret(b"t" * 32).phone_index("13800138000") != found[1]


@pytest.mark.parametrize(
    "text", ["", "138", "enc:v1:", "enc:v1:*:", "enc:v2:AAAA:", "enc:v1::AA=="]
)
def test_what_is_no_token(text: str) -> None:
    assert parts(text) is None


def test_what_was_changed_cannot_be_opened() -> None:
    sealed = bytearray(SECRET.seal(b"x"))
    sealed[-1] ^= 1
    with pytest.raises(ValueError, match="not sealed"):
        SECRET.open(bytes(sealed))
    with pytest.raises(ValueError, match="not sealed"):
        BrandSecret(b"t" * 32).open(SECRET.seal(b"x"))
