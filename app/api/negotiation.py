"""Which of the media types that a route offers the client prefers, by its Accept header."""

import re
from collections.abc import Sequence
from decimal import Decimal

from app.core.errors import Problem

_range = re.compile(r"\s*([^\s/;,]+/[^\s/;,]+)\s*((?:;[^,]*)?)")
_quality = re.compile(r";\s*q\s*=\s*(0(?:\.\d{0,3})?|1(?:\.0{0,3})?)\s*(?:;|$)", re.I | re.ASCII)


class NotAcceptable(Problem):
    """The client takes none of the media types that there are."""

    def __init__(self, offered: Sequence[str]) -> None:
        super().__init__(
            406,
            "not_acceptable",
            f"The answer can be had as {' or '.join(offered)}.",
            headers={"Vary": "Accept"},
        )


def negotiated(accept: Sequence[str], offered: Sequence[str]) -> str:
    """The offered type that the Accept headers rank first; what is offered first wins a tie.

    Of the ranges that match a type the most specific one says its quality (RFC 9110, 12.5.1).
    Headers of which nothing can be read count as absent.

    Raises:
        NotAcceptable: where none of them is taken.
    """
    ranges: dict[str, Decimal] = {}
    for part in ",".join(accept).split(","):
        if found := _range.fullmatch(part):
            quality = _quality.search(found[2])
            ranges[found[1].lower()] = Decimal(quality[1]) if quality else Decimal(1)
    if not ranges:
        return offered[0]

    def quality_of(kind: str) -> Decimal:
        names = (kind, f"{kind.split('/')[0]}/*", "*/*")
        return next((ranges[name] for name in names if name in ranges), Decimal(0))

    best = max(offered, key=quality_of)
    if not quality_of(best):
        raise NotAcceptable(offered)
    return best
