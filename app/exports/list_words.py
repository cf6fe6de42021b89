"""Beside the rows of a list: what was asked for, and what the columns mean."""

from collections.abc import Iterable, Mapping
from typing import Any

import msgspec
import pyarrow as pa
from sqlalchemy.ext.asyncio import AsyncConnection

from app.crm.segments.saved import Saved
from app.exports.filter_words import Said, filters_said, label_of
from app.exports.frame import Column, Frame, Spec, frame_of
from app.exports.listed.meant import Sheet
from app.exports.rule_words import ids_in, rule_said
from app.lists.names import names_of
from app.metrics.words import Language

ASKED = Spec(
    "asked",
    "导出条件",
    "What was asked for",
    (
        Column("filter", "text", "条件", "Filter"),
        Column("value", "text", "值", "Value"),
    ),
)
DEFINITIONS = Spec(
    "definitions",
    "字段说明",
    "Definitions",
    (
        Column("column", "id", "字段", "Column"),
        Column("label", "text", "名称", "Label"),
        Column("sentence", "text", "定义", "Definition"),
    ),
)

NAMED = {
    "group_id": ("chat_group", "name"),
    "note_id": ("note", "title"),
    "creator_id": ("creator", "name"),
    "live_id": ("live", "title"),
    "tag_id": ("tag", "name"),
    "segment_id": ("segment", "name"),
}
"""Where what an id is called is found: the table and its column."""

LIST: Said = ("列表", "List")
RULE: Said = ("规则", "Rule")
PHONES: Said = ("手机号", "Phones")
IN_FULL: Said = ("完整写出", "In full")
MASKED: Said = ("已打码", "Masked")
NONE: Said = ("（无）", "(none)")
FILTERS: Said = ("筛选", "Filters")


async def filters_asked(
    connection: AsyncConnection, brand_id: int, filters: Mapping[str, Any], language: Language
) -> list[Said]:
    """The filters of a list in words."""
    ids = [(name, str(value)) for name, value in filters.items() if name in NAMED]
    names = await _names(connection, brand_id, ids)
    said = list(filters_said(filters, names, language))
    return said or [(_of(FILTERS, language), _of(NONE, language))]


async def segment_asked(
    connection: AsyncConnection, brand_id: int, segment: Saved, language: Language
) -> list[Said]:
    """A segment and its rule in words, a line a condition."""
    names = await _names(connection, brand_id, ids_in(segment.rule))
    label = label_of("segment_id", language)
    lines = rule_said(segment.rule, names, language)
    return [
        (label, f"{segment.name} ({segment.segment_id})"),
        *((_of(RULE, language), line) for line in lines),
    ]


def asked_frame(
    sheet: Sheet, said: Iterable[Said], language: Language, *, phones: bool | None
) -> Frame:
    """What was asked for. phones: whether they are in full; None where the rows have none."""
    rows = [(_of(LIST, language), sheet.spec.title(language)), *said]
    if phones is not None:
        rows.append((_of(PHONES, language), _of(IN_FULL if phones else MASKED, language)))
    names, values = zip(*rows, strict=True)
    # Filters may name people where rows do.
    spec = msgspec.structs.replace(ASKED, people=sheet.people)
    return frame_of(spec, pa.table({"filter": names, "value": values}))


def definitions_frame(sheet: Sheet, language: Language) -> Frame:
    """What the columns of the rows mean."""
    columns = {
        "column": [each.column.key for each in sheet.columns],
        "label": [each.column.label(language) for each in sheet.columns],
        "sentence": [each.zh if language == "zh-CN" else each.en for each in sheet.columns],
    }
    return frame_of(DEFINITIONS, pa.table(columns))


async def _names(
    connection: AsyncConnection, brand_id: int, ids: Iterable[tuple[str, str]]
) -> dict[tuple[str, str], str]:
    """What ids are called, by what they are of."""
    of: dict[str, set[str]] = {}
    for kind, id_ in ids:
        of.setdefault(kind, set()).add(id_)
    called: dict[tuple[str, str], str] = {}
    for kind, theirs in of.items():
        table, column = NAMED[kind]
        found = await names_of(connection, brand_id, table, theirs, column)
        called |= {(kind, id_): name for id_, name in found.items() if id_ and name}
    return called


def _of(labels: Said, language: Language) -> str:
    return labels[0 if language == "zh-CN" else 1]
