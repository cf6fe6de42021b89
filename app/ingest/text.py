"""Whether bytes are JSON that can be stored as text: well-formed, not too deep, no NUL."""

import json
from collections.abc import Iterable
from typing import Any

import msgspec

MOST_LEVELS = 100
"""Deeper events are refused at the door, so that no later reader runs out of its stack."""

TOO_DEEP = f"The JSON is nested more than {MOST_LEVELS} levels deep."

_json = msgspec.json.Decoder(msgspec.Raw)

Trail = tuple["Trail", str] | None
"""Where a value stands: its parent's trail and its own key; written out only when asked for."""


class NotJson(Exception):
    """The bytes are no JSON; the message is a sentence."""


class UnfitText(Exception):
    """A text or key holds a NUL or a lone surrogate; `field` is a JSON Pointer to it.

    Both can be written in JSON as escapes, and neither can be stored as text.
    """

    def __init__(self, field: str) -> None:
        super().__init__("A text holds a NUL or a lone surrogate.")
        self.field = field


def check_json(raw: bytes) -> str:
    """The text of the bytes, where they are JSON; lone surrogates may pass.

    Raises:
        NotJson: where they are not.
    """
    try:
        text = raw.decode()
    except UnicodeDecodeError:
        raise NotJson("The text is not UTF-8.") from None
    if text.startswith("\ufeff"):
        raise NotJson("The text begins with a byte order mark.")
    try:
        _json.decode(raw)
    except RecursionError:
        raise NotJson(TOO_DEEP) from None
    except msgspec.DecodeError as error:
        try:
            _load(text)  # Python's reader lets lone surrogates pass.
        except ValueError:
            raise NotJson(f"{error}.") from None
    return text


def check_storable(text: str, raw: bytes) -> None:
    """Refuse JSON that is too deep or holds a text that PostgreSQL cannot keep.

    Takes a text and its bytes, which are searched faster.

    Raises:
        NotJson: where it is nested too deeply.
        UnfitText: where a text or key holds a NUL or a lone surrogate.
    """
    # Few events need the slow look. Surrogates are written as escapes of d800 to dfff.
    if raw.count(b"[") + raw.count(b"{") > MOST_LEVELS and _is_deep(_load(text)):
        raise NotJson(TOO_DEEP)
    if b"\\" in raw and any(escape in raw for escape in (b"\\u0000", b"\\ud", b"\\uD")):
        _check_texts(_load(text))


def _load(text: str) -> Any:
    try:
        return json.loads(text, parse_int=str, parse_float=str, parse_constant=_refuse)
    except RecursionError:
        raise NotJson(TOO_DEEP) from None


def _refuse(constant: str) -> None:
    raise ValueError(f"{constant} is no JSON")


def _is_deep(value: Any) -> bool:
    level = [value]
    for _ in range(MOST_LEVELS):
        level = [child for node in level for child in _children(node)]
    return any(isinstance(node, list | dict) for node in level)


def _children(node: Any) -> Iterable[Any]:
    if isinstance(node, dict):
        return node.values()
    return node if isinstance(node, list) else ()


def _check_texts(value: Any) -> None:
    stack: list[tuple[Trail, Any]] = [(None, value)]
    while stack:
        trail, node = stack.pop()
        if isinstance(node, dict):
            unfit = not all(map(storable, node))
            stack.extend(((trail, key), child) for key, child in node.items())
        elif isinstance(node, list):
            unfit = False
            stack.extend(((trail, str(index)), child) for index, child in enumerate(node))
        else:
            unfit = isinstance(node, str) and not storable(node)
        if unfit:
            raise UnfitText(_pointer(trail))


def _pointer(trail: Trail) -> str:
    pointer = ""
    while trail is not None:
        trail, key = trail
        pointer = "/" + key.replace("~", "~0").replace("/", "~1") + pointer
    return pointer


def storable(text: str) -> bool:
    """Whether PostgreSQL can keep the text: no NUL and no lone surrogate."""
    try:
        return b"\0" not in text.encode()
    except UnicodeEncodeError:
        return False
