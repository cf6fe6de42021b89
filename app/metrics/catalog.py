"""The catalog: every metric and every column once, with its labels, unit and definition.

Answers, CSV, docs, exports and pages take their labels from here.
"""

from functools import cache

from app.metrics.entries.activity import ACTIVITY, LIVES
from app.metrics.entries.dimensions import DIMENSIONS
from app.metrics.entries.entry import Dimension, Metric
from app.metrics.entries.gmv_share import METRICS as GMV_SHARE
from app.metrics.entries.joinings import BEFORE_AFTER, FUNNEL, RETENTION
from app.metrics.entries.repurchase import METRICS as REPURCHASE
from app.metrics.words import Language

METRICS: tuple[Metric, ...] = (
    *GMV_SHARE,
    *REPURCHASE,
    *FUNNEL,
    *RETENTION,
    *ACTIVITY,
    *LIVES,
    *BEFORE_AFTER,
)

FEN = {"zh-CN": "分", "en": "fen"}
MINOR = {"zh-CN": "{} 最小货币单位", "en": "minor unit of {}"}


@cache
def columns(question: str, kind: str | None = None) -> dict[str, Metric | Dimension]:
    """The columns of an answer: what a kind says of its own goes before what all kinds share."""
    asked = (question, f"{question}?kind={kind}")
    found: dict[str, Metric | Dimension] = {
        each.column: each for each in DIMENSIONS if not {*asked}.isdisjoint(each.questions)
    }
    for name in asked:
        endpoint = f"/v1/metrics/{name}"
        found |= {each.column: each for each in METRICS if each.endpoint == endpoint}
    return found


def label(entry: Metric | Dimension, currency: str, language: Language) -> str:
    """What a column is called; money says its unit."""
    said = entry.label_zh if language == "zh-CN" else entry.label_en
    return in_minor(said, currency, language) if entry.unit == "minor currency unit" else said


def in_minor(said: str, currency: str, language: Language) -> str:
    """A label of money, with the unit that it is counted in."""
    unit = FEN[language] if currency == "CNY" else MINOR[language].format(currency)
    return f"{said}（{unit}）" if language == "zh-CN" else f"{said} ({unit})"


@cache
def labels(question: str, kind: str | None, currency: str, language: Language) -> dict[str, str]:
    """The labels of an answer's columns."""
    return {
        column: label(entry, currency, language)
        for column, entry in columns(question, kind).items()
    }
