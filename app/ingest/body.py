"""From the body of a request to the raw bytes of each event in it."""

import json
import re
from collections.abc import Iterator
from typing import Literal

import msgspec

from app.ingest.text import NotJson as NotJson
from app.ingest.text import check_json

MOST_EVENTS = 1_000
MOST_BYTES = 1_048_576
SPACE = " \t\r\n"

Kind = Literal["event", "batch", "any", "lines"]

KINDS: dict[str, Kind] = {
    "application/cloudevents+json": "event",
    "application/cloudevents-batch+json": "batch",
    "application/json": "any",
    "application/x-ndjson": "lines",
}

_list = msgspec.json.Decoder(list[msgspec.Raw])
_item = json.JSONDecoder(parse_int=str, parse_float=str)
_space = re.compile(f"[{SPACE}]*")


class WrongShape(Exception):
    """The body is JSON, but neither an event nor a list of events as its type says."""


def split(body: bytes, kind: Kind) -> list[bytes]:
    """The raw text of each event, in order; blank lines of NDJSON are skipped.

    Raises:
        NotJson: with a sentence, where nothing in the body can be read.
        WrongShape: where a batch is no array.
    """
    if kind == "lines":
        stripped = [line.strip(SPACE.encode()) for line in body.split(b"\n")]
        lines = [line for line in stripped if line]
        # More lines than a request may have are refused by their number, unread.
        if 0 < len(lines) <= MOST_EVENTS and not any(map(_is_json, lines)):
            raise NotJson("No line of the body is JSON.")
        return lines
    if kind != "event" and (items := _items(body)) is not None:
        return items
    text = check_json(body)
    is_list = text.lstrip(SPACE).startswith("[")
    if kind == "batch" and not is_list:
        raise WrongShape("A batch is a JSON array of events.")
    if kind == "event" or not is_list:
        return [body]
    # A lone surrogate in one event must not sink its neighbours.
    return list(_slices(text))


def _items(body: bytes) -> list[bytes] | None:
    """The items of an array; None where it is none, or has to be looked at more closely."""
    try:
        items = list(map(bytes, _list.decode(body)))
        body.decode()  # the reader does not look into what it passes over
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        return None
    return items


def _slices(text: str) -> Iterator[bytes]:
    """The text of each item of a JSON array that was found to be well-formed."""
    at = _after_space(text, text.index("[") + 1)
    while text[at] != "]":
        _, end = _item.raw_decode(text, at)
        yield text[at:end].encode()
        at = _after_space(text, end)
        if text[at] == ",":
            at = _after_space(text, at + 1)


def _after_space(text: str, at: int) -> int:
    space = _space.match(text, at)
    return space.end() if space is not None else at


def _is_json(line: bytes) -> bool:
    try:
        check_json(line)
    except NotJson:
        return False
    return True
