"""What people search by: words in Chinese and English, and where they stand in a text.

Mirrors the functions search_fold and search_tokens of the database. A term is found where it
stands letter for letter, full-width as half-width and A to Z as a to z; one that begins with a
latin letter or digit only where a word begins. Of a text its first 2,000 characters count.
"""

import re
import unicodedata
from collections.abc import Sequence
from typing import Any

import msgspec
from sqlalchemy import ColumnElement, Text, and_, false, func, literal

SPAN_SECONDS = 2_592_000
"""The words of messages name the 30 days, counted from 1970, that they were sent in."""

LENGTH = 2_000
TERMS = 8
BEFORE, EXCERPT = 30, 120
"""Characters of an excerpt before the first place found, and in all."""

_letters = str.maketrans({chr(code): chr(code + 32) for code in range(ord("A"), ord("Z") + 1)})
_run = re.compile(r"[a-z0-9]+|[^\x00-\x7f]+")


class Excerpt(msgspec.Struct, frozen=True):
    """A piece of a text; `marks` are the places found, [start, end), in its code points."""

    text: str
    marks: list[tuple[int, int]]


def fold(text: str) -> str:
    """A text as it is compared."""
    return unicodedata.normalize("NFKC", text[:LENGTH]).translate(_letters)[:LENGTH]


def tokens(text: str) -> set[str]:
    """The words of a text, as the index has them behind their brand and span."""
    found = set()
    for run in _run.findall(fold(text)):
        if run.isascii():
            found.add(run[:32])
        else:
            found |= {run[at : at + 2] for at in range(len(run))}
    return found


class Query(msgspec.Struct, frozen=True):
    """The terms to look for, all of them, folded."""

    terms: tuple[str, ...]

    @property
    def words(self) -> list[str]:
        """What the index is asked for; one that ends in * is a beginning."""
        found = set()
        for term in self.terms:
            for each in _run.finditer(term):
                run = each.group()
                if run.isascii():
                    found.add(run[:32] + ("*" if each.end() == len(term) else ""))
                elif len(run) == 1:
                    found.add(run + "*")
                else:
                    found |= {run[at : at + 2] for at in range(len(run) - 1)}
        return sorted(found)

    def within(self, said: ColumnElement[Any]) -> ColumnElement[bool]:
        """The condition that a text has all terms; of signs alone none is found."""
        if not self.words:
            return false()
        folded = func.search_fold(said)
        return and_(
            *(
                folded.op("~")(literal("(^|[^a-z0-9])" + re.escape(term), Text))
                if _starts_a_word(term)
                else func.strpos(folded, literal(term, Text)) > 0
                for term in self.terms
            )
        )

    def best_excerpt(self, texts: Sequence[str]) -> Excerpt | None:
        """The excerpt of the first text with a place found; None where there is no text."""
        made = [self.excerpt(text) for text in texts]
        return next((each for each in made if each.marks), made[0] if made else None)

    def excerpt(self, text: str) -> Excerpt:
        """The text around the first place where a term stands, with all places marked."""
        folded, origin = _traced(text[:LENGTH])
        places = sorted(
            (origin[at][0], origin[at + len(term) - 1][1])
            for term in self.terms
            for at in _places(folded, term)
        )
        first = places[0][0] if places else 0
        start = max(0, first - BEFORE)
        end = min(len(text), start + EXCERPT)
        marks: list[tuple[int, int]] = []
        for low, high in places:
            low, high = max(low, start) - start, min(high, end) - start
            if low >= high:
                continue
            if marks and low <= marks[-1][1]:
                marks[-1] = (marks[-1][0], max(high, marks[-1][1]))
            else:
                marks.append((low, high))
        return Excerpt(text[start:end], marks)


def asked(q: str) -> Query:
    """What somebody typed: terms by the spaces between them."""
    return Query(tuple(dict.fromkeys(fold(q).split()))[:TERMS])


def _starts_a_word(term: str) -> bool:
    return term[0].isascii() and term[0].isalnum()


def _places(folded: str, term: str) -> list[int]:
    before = "(?<![a-z0-9])" if _starts_a_word(term) else ""
    return [each.start() for each in re.finditer(before + re.escape(term), folded)]


def _traced(text: str) -> tuple[str, list[tuple[int, int]]]:
    """The folded text, and of each of its characters the place in the text it came from."""
    folded: list[str] = []
    origin: list[tuple[int, int]] = []
    at = 0
    while at < len(text):
        end = at + 1
        while end < len(text) and _joins(text[end]):
            end += 1
        piece = unicodedata.normalize("NFKC", text[at:end]).translate(_letters)
        folded.append(piece)
        origin += [(at, end)] * len(piece)
        at = end
    return "".join(folded), origin


def _joins(letter: str) -> bool:
    """Whether a character may become one with that before it."""
    return unicodedata.combining(letter) != 0 or "\u1160" <= letter <= "\u11ff"


def spans(newest: float, oldest: float) -> list[int]:
    """The spans from one instant back to another, in seconds since 1970; newest first."""
    return list(range(int(newest // SPAN_SECONDS), int(oldest // SPAN_SECONDS) - 1, -1))


def widening(found: Sequence[int]) -> list[list[int]]:
    """The spans in groups that are asked one after the other: 1, 2, 4 … of them."""
    groups, at, size = [], 0, 1
    while at < len(found):
        groups.append(list(found[at : at + size]))
        at, size = at + size, size * 2
    return groups
