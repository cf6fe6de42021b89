"""The figures that head a revision, and those of the manifest where no rows are left."""

from collections.abc import Iterator, Mapping
from decimal import Decimal
from pathlib import Path
from typing import Any

import msgspec

from app.exports.content import Content
from app.exports.frame import Column, Frame, Spec
from app.exports.manifest import Manifest
from app.exports.revision.before import Pair
from app.exports.revision.merge import Row
from app.exports.revision.numbers import Number

GROUP_SHARE = ("gmv", "share_touch", "share_member")
REPURCHASE = {"group": "rate", "non_group": "rate", "all": "lift"}
MONEY = ("gmv", "net", "net_ledger")


class Headline(msgspec.Struct, frozen=True):
    """A number that everybody reads; money in the minor unit."""

    name: str
    label: str
    before: float | int | None
    after: float | int | None


def headline(before: Mapping[str, Path], content: Content) -> list[Headline]:
    """Group share and repurchase of the week itself, moved or not."""
    return [
        *_of("group_share", {("gross", name): name for name in GROUP_SHARE}, before, content),
        *_of(
            "repurchase", {(key, name): name for key, name in REPURCHASE.items()}, before, content
        ),
    ]


def _of(
    table: str, asked: Mapping[tuple[str, str], str], before: Mapping[str, Path], content: Content
) -> Iterator[Headline]:
    if table not in before or table not in content.frames:
        return
    pair = Pair(before[table], content.frames[table])
    word = "basis" if table == "group_share" else "segment"
    was, now = _newest(pair.before(), word, content), _newest(pair.after(), word, content)
    columns = {column.key: column for column in pair.spec.columns}
    for (key, name), column in asked.items():
        if column in columns and name in pair.schema.names:
            said = columns[column].label(content.run.language)
            values = (each.get(key, {}).get(column) for each in (was, now))
            label = f"{said} ({key})" if table == "repurchase" and key != "all" else said
            yield Headline(f"{table}.{key}.{column}", label, *map(_plain, values))


def _newest(batches: Any, word: str, content: Content) -> dict[str, Row]:
    return {
        row[word]: row
        for batch in batches
        for row in batch.to_pylist()
        if row["period"] == content.run.week
    }


def _plain(value: Any) -> float | int | None:
    return float(value) if isinstance(value, Decimal) else value


def sums_moved(manifest: Manifest, content: Content) -> list[Number]:
    """Sums, and rows of tables, that are not what the manifest before says."""
    return [
        *_compared("sums", "合计", "Sums", manifest.sums, content.sums),
        *_compared("rows", "行数", "Rows", manifest.rows, _rows(content.frames, manifest)),
    ]


def _rows(frames: Mapping[str, Frame], manifest: Manifest) -> dict[str, int]:
    return {name: frame.rows for name, frame in frames.items() if name in manifest.rows}


def _compared(
    name: str, zh: str, en: str, before: Mapping[str, int], after: Mapping[str, int]
) -> Iterator[Number]:
    for each in sorted(before.keys() & after.keys()):
        was, now = before[each], after[each]
        if was != now:
            money = each.endswith(MONEY) or each.startswith("refunded_")
            column = Column(each, "money" if money and name == "sums" else "count", each, each)
            spec = Spec(name, zh, en, (column,), ("name",))
            yield Number(spec, column, (each,), {}, was, now, {each: now - was})
