"""What the numbers of an export mean, as the catalog says it."""

from collections.abc import Iterator
from typing import Any

from app.exports.frame import Frame, frame_of_rows
from app.exports.specs.about import DEFINITIONS
from app.exports.specs.all import TABLES
from app.exports.words import word
from app.metrics.catalog import columns
from app.metrics.entries.entry import Metric
from app.metrics.question import RULE_VERSION
from app.metrics.words import Language

ASKED: tuple[tuple[tuple[str, ...], tuple[tuple[str, str | None], ...]], ...] = (
    (("group_share",), (("gmv-share", None),)),
    (("repurchase",), (("repurchase", "cohort"),)),
    (("notes", "creators", "mcns"), (("funnel", None),)),
    (("groups",), (("activity", None), ("gmv-share", None), ("funnel", None))),
    (("lives",), (("lives", None),)),
    (("retention",), (("retention", "stay"), ("retention", "speak"))),
)
"""Tables, and the questions, with their kind, whose numbers they hold."""

UNITS = {"minor currency unit": "money", "ratio": "ratio", "count": "count"}


def definitions_of(language: Language) -> Frame:
    """The metrics of the tables, in the order in which these have them."""
    rows = [row for tables, asked in ASKED for row in _rows(tables, asked, language)]
    return frame_of_rows(DEFINITIONS, rows)


def _rows(
    tables: tuple[str, ...], asked: tuple[tuple[str, str | None], ...], language: Language
) -> Iterator[tuple[Any, ...]]:
    specs = [table for table in TABLES if table.name in tables]
    title = ("、" if language == "zh-CN" else ", ").join(each.title(language) for each in specs)
    keys = [column.key for column in specs[0].columns]
    by_labels = {(column.label_zh, column.label_en): column.key for column in specs[0].columns}
    found: dict[str, Metric] = {}
    for question, kind in asked:
        for column, entry in columns(question, kind).items():
            if isinstance(entry, Metric):
                key = by_labels.get((entry.label_zh, entry.label_en))
                # What a column of two kinds says depends on that of its row.
                if key is None and column in keys and len({kind for _, kind in asked}) > 1:
                    key = f"{column} ({word(kind or '', language)})"
                if key is not None:
                    found.setdefault(key, entry)
    entries = {
        name: entry for question, kind in asked for name, entry in columns(question, kind).items()
    }

    def said(formula: str | None) -> str | None:
        """A numerator or denominator in the words of the columns that it names."""
        return formula and " + ".join(
            _label(entries.get(name.removeprefix("rows[].")), name, language)
            for name in formula.split(" + ")
        )

    for key, entry in sorted(found.items(), key=lambda each: keys.index(each[0].partition(" ")[0])):
        yield (
            *(title, key, _label(entry, "", language)),
            entry.sentence_zh if language == "zh-CN" else entry.sentence_en,
            *(UNITS[entry.unit], said(entry.numerator), said(entry.denominator)),
            *(entry.doc, entry.source, RULE_VERSION),
        )


def _label(entry: Any, name: str, language: Language) -> str:
    """The label of an entry; of a segment's rate, whose it is too."""
    if entry is not None:
        label: str = entry.label_zh if language == "zh-CN" else entry.label_en
        return label
    segment = name.removeprefix("by_segment.").removesuffix(".rate")
    return word(segment, language)
