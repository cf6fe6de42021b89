"""Tokens: what a key or a session shows for itself; made once, kept as SHA-256.

One reads `<kind>_<brand>_<id>_<secret>`: it names its brand, so that it is looked up within it.
"""

import hashlib
import hmac
import re
import secrets
from typing import Literal, cast

import msgspec

Kind = Literal["hq", "hqs"]
"""`hq` is an API key, `hqs` a session."""

_form = re.compile(r"(hqs?)_([1-9]\d{0,17})_([a-z0-9]{8})_([A-Za-z0-9]{40})", re.ASCII)
_letters = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789"
_readable = "abcdefghijkmnpqrstuvwxyz23456789"


class Token(msgspec.Struct, frozen=True):
    """What is looked up of a token: whose it says to be, and its hash."""

    kind: Kind
    brand_id: int
    id: str
    sha256: bytes

    def is_of(self, sha256: bytes) -> bool:
        """Whether it is the token with this hash."""
        return hmac.compare_digest(self.sha256, sha256)


def random_text(length: int, letters: str = _letters) -> str:
    """A text that nobody can guess."""
    return "".join(secrets.choice(letters) for _ in range(length))


def random_id(length: int = 8) -> str:
    """An id that is easily read aloud."""
    return random_text(length, _readable)


def new(kind: Kind, brand_id: int) -> tuple[Token, str]:
    """A fresh token, and its text."""
    id_ = random_id()
    made = f"{kind}_{brand_id}_{id_}_{random_text(40)}"
    return Token(kind, brand_id, id_, _hash(made)), made


def read(text: str) -> Token | None:
    """The token of a text; None for what has not the form of one."""
    match = _form.fullmatch(text)
    if match is None:
        return None
    return Token(cast(Kind, match.group(1)), int(match.group(2)), match.group(3), _hash(text))


def _hash(text: str) -> bytes:
    # The secret has 238 random bits: nothing slower is needed.
    return hashlib.sha256(text.encode()).digest()
