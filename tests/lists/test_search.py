"""Words of texts: here as in the database, and where they stand in a text."""

import pytest

from app.lists.search import asked, fold, tokens, widening
from tests.make import Service

TEXTS = [
    "",
    "好用，回购第三次了 Dior 999",
    "ＤＩＯＲ全角　空格",
    "iPhone壳😀👍🏽 ok",
    "ｶﾞ가각 é É Ünïcode",
    "100%_'\"\\ a-b.c",
    "ﬁ ㍿ ½ ﷺ",
    "x" * 50,
    "长" * 3_000,
    "\u2028\u00a0\u200b零宽\u0301",
]


def test_words_are_made_as_the_database_makes_them(service: Service) -> None:
    for text in TEXTS:
        (row,) = service.sql(
            "SELECT search_fold(:said) AS folded, tsvector_to_array("
            "search_tokens(7, '2026-11-22T00:00:00Z', :said)) AS words",
            said=text,
        )
        assert fold(text) == row.folded
        assert {f"7:692:{word}" for word in tokens(text)} == set(row.words)


@pytest.mark.parametrize(
    ("q", "words"),
    [
        ("口", ["口*"]),
        ("口红色", ["口红", "红色"]),
        ("dior", ["dior*"]),
        ("Dior 999", ["999*", "dior*"]),
        ("色号a12", ["a12*", "色号"]),
        ("a12号", ["a12", "号*"]),
        ("100%", ["100"]),
        ("%_", []),
        ("😀", ["😀*"]),
    ],
)
def test_what_the_index_is_asked_for(q: str, words: list[str]) -> None:
    assert asked(q).words == words


@pytest.mark.parametrize("text", TEXTS)
def test_what_is_found_is_among_the_words(text: str) -> None:
    """Any piece of a text that a search finds there must be found by the index too."""
    known = tokens(text)
    folded = fold(text)[:60]
    for start in range(len(folded)):
        inside = start > 0 and folded[start - 1].isalnum() and folded[start - 1].isascii()
        if inside and folded[start].isascii():
            continue
        for end in range(start + 1, min(start + 6, len(folded)) + 1):
            for word in asked(folded[start:end]).words:
                if word.endswith("*"):
                    assert any(each.startswith(word[:-1]) for each in known)
                else:
                    assert word in known


@pytest.mark.parametrize(
    ("text", "q", "marked"),
    [
        ("好用，回购第三次了", "回购", ["回购"]),
        ("回购回购", "回购", ["回购回购"]),
        ("回购 又 回购", "回购", ["回购", "回购"]),
        ("ＤＩＯＲ口红", "dior 口", ["ＤＩＯＲ口"]),
        ("iPhone phone", "phone", ["phone"]),
        ("㍿会社", "株式", ["㍿"]),
        ("cafe\u0301 好", "caf\u00e9", ["cafe\u0301"]),
        ("没有", "别的", []),
    ],
)
def test_marks_are_places_in_the_text(text: str, q: str, marked: list[str]) -> None:
    found = asked(q).excerpt(text)
    assert [found.text[low:high] for low, high in found.marks] == marked


def test_an_excerpt_is_around_the_first_place() -> None:
    found = asked("回购").excerpt("前" * 500 + "回购" + "后" * 500)
    assert found.text == "前" * 30 + "回购" + "后" * 88
    assert found.marks == [(30, 32)]


def test_spans_are_asked_in_widening_groups() -> None:
    assert widening(list(range(9, 0, -1))) == [[9], [8, 7], [6, 5, 4, 3], [2, 1]]
    assert widening([]) == []
