"""An entry of the catalog: a metric, or a column that says what a row is about."""

from typing import Literal

import msgspec

Unit = Literal["ratio", "minor currency unit", "count"]

OURS = "Hongqun"
"""The source of a definition that is our own."""

SECTIONS: dict[str, str] = {
    "gmv-share": "group-share",
    "repurchase": "repurchase",
    "funnel": "funnel",
    "retention": "retention",
    "activity": "group-activity",
    "lives": "lives",
    "before-after": "before-and-after-joining",
}
"""Where docs/metrics.md defines the numbers of a question."""


class Metric(msgspec.Struct, frozen=True, kw_only=True):
    """A metric: `endpoint` answers it in `field`; ratios name what is divided by what.

    `column` is its name in `labels` and the key of its column in CSV.
    """

    name: str
    endpoint: str
    field: str
    column: str
    label_zh: str
    label_en: str
    unit: Unit
    sentence_zh: str
    sentence_en: str
    doc: str
    numerator: str | None = None
    denominator: str | None = None
    source: str = OURS


class Dimension(msgspec.Struct, frozen=True, kw_only=True):
    """A column that is no number: what a row is about, in the questions that have it.

    A question is named as in the URL; where only one kind of it has the column, with `?kind=`.
    """

    column: str
    questions: tuple[str, ...]
    label_zh: str
    label_en: str
    unit: Literal["id", "text", "local date", "instant", "days"]
    sentence_zh: str
    sentence_en: str
    doc: str


def metric(
    name: str,
    at: tuple[str, str],
    zh: tuple[str, str],
    en: tuple[str, str],
    *,
    unit: Unit = "count",
    over: tuple[str | None, str | None] = (None, None),
    column: str | None = None,
    source: str = OURS,
) -> Metric:
    """A metric; `at`: question and field, `zh` and `en`: label and sentence, `over`: a / b."""
    question, field = at
    return Metric(
        name=name,
        endpoint=f"/v1/metrics/{question}",
        field=field,
        column=column or field.removeprefix("rows[].").replace("[]", ""),
        label_zh=zh[0],
        label_en=en[0],
        unit=unit,
        sentence_zh=zh[1],
        sentence_en=en[1],
        doc=f"docs/metrics.md#{SECTIONS[question.partition('?')[0]]}",
        numerator=over[0],
        denominator=over[1],
        source=source,
    )
