"""What moved between two revisions of a week, and what did it, by comparing their rows.

Each published number is looked at, and where one moved, so is each row of orders, refunds,
memberships and buyers. A cause is what a row shows; where none shows one, that is said.
"""

from collections import Counter
from collections.abc import Mapping, Sequence
from datetime import date, datetime
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import msgspec
import pyarrow as pa
import pyarrow.compute as pc

from app.core.clock import day_start
from app.exports.content import Content
from app.exports.frame import Frame
from app.exports.manifest import Manifest
from app.exports.revision import buyers, memberships, orders, refunds
from app.exports.revision.before import Pair
from app.exports.revision.causes import Cause, Evidence
from app.exports.revision.change import Change, Changes
from app.exports.revision.explain import Explained, explain
from app.exports.revision.known import Known, setting
from app.exports.revision.numbers import TABLES, Number, moved
from app.exports.revision.reach import of_buying
from app.exports.revision.sums import Headline, headline, sums_moved
from app.exports.revision.tables import (
    CHANGES,
    MOVED,
    change_row,
    exact,
    frame,
    key_shown,
    shown,
)
from app.exports.revision.tally import OF_ALL, Tally

MOST = 10_000
"""So many numbers are listed; a last row says how many more moved."""

ROWS = {
    "new_members": memberships.COLUMNS,
    "refunds": refunds.COLUMNS,
    "orders": orders.COLUMNS,
    "buyers": buyers.COLUMNS,
}


class Moves(msgspec.Struct, kw_only=True):
    """What moved. `told` has, by the place of a change, the event or merge that did it."""

    content: Content
    numbers: list[Explained]
    count: int
    changes: Sequence[Change]
    changes_count: int
    causes: Mapping[Cause, int]
    headline: list[Headline]
    told: Mapping[int, dict[str, Any]] = {}

    @property
    def summary(self) -> dict[str, Any]:
        """As the export's row and its message have it: {numbers, causes, headline}."""
        return {
            "numbers": self.count,
            "causes": dict(self.causes),
            "headline": [msgspec.to_builtins(each) for each in self.headline],
        }

    def frames(self, public_url: str = "") -> dict[str, Frame]:
        """The tables `moved` and `changes`; links begin with the service's address."""
        base = public_url.rstrip("/")
        language = self.content.run.language
        rows = [self._number(each, base) for each in self.numbers]
        if self.count > len(rows):
            rows.append(_more(self.count - len(rows), language == "zh-CN", "where"))
        changes = [
            change_row(change, language, base, self.told.get(at, {}))
            for at, change in enumerate(self.changes)
        ]
        if self.changes_count > len(changes):
            more = self.changes_count - len(changes)
            changes.append(_more(more, language == "zh-CN", "cause_said"))
        return {"moved": frame(MOVED, rows), "changes": frame(CHANGES, changes)}

    def _number(self, explained: Explained, base: str) -> dict[str, Any]:
        number, currency = explained.number, self.content.currency
        language, column = self.content.run.language, number.column
        both_there = number.before is not None and number.after is not None
        difference = number.difference if both_there else None
        return {
            "where": number.spec.title(language),
            "row": key_shown(number.spec, number.key, number.row, language),
            "number": column.label(language),
            "before": shown(column, number.before, currency),
            "after": shown(column, number.after, currency),
            "difference": shown(column, difference, currency, difference=True),
            "causes": explained.causes,
            "examples": ", ".join(explained.examples) or None,
            "link": base + explained.link if explained.link else None,
            "table": number.spec.name,
            "key": "/".join("" if part is None else str(part) for part in number.key),
            "column": column.key,
            "unit": column.type,
            "value_before": exact(number.before),
            "value_after": exact(number.after),
            "value_difference": exact(difference),
        }


def compare(
    before: Mapping[str, Path], manifest: Manifest, content: Content, threshold: int
) -> Moves | None:
    """What moved since the revision of `manifest`, whose Parquet files are `before` by table.

    None where no number moved by more than `threshold` basis points of its larger size. Where
    one did, every number that moved at all is told. Tables that the release before did not have
    move nothing; of those whose files are no longer kept only the manifest's sums are compared.
    """
    numbers: list[Number] = []
    count = 0
    beyond = False
    for name in TABLES:
        if name not in before or name not in content.frames:
            continue
        for number in moved(Pair(before[name], content.frames[name])):
            count += 1
            beyond = beyond or number.beyond(threshold)
            if len(numbers) < MOST:
                numbers.append(number)
    lost = any(name in manifest.rows and name not in before for name in (*TABLES, *ROWS))
    if lost and not any(name in before for name in TABLES):
        numbers = sums_moved(manifest, content)
        count = len(numbers)
        beyond = any(number.beyond(threshold) for number in numbers)
    if not beyond:
        return None
    tally, changes = Tally(), Changes()
    _read_rows(before, manifest, content, tally, changes)
    explained = [explain(number, tally, content, lost) for number in numbers]
    causes = Counter(tally.counts())
    for each in explained:
        for cause, n in each.own.items():
            causes[cause] += n
    return Moves(
        content=content,
        numbers=explained,
        count=count,
        changes=changes.listed,
        changes_count=changes.count,
        causes={cause: n for cause, n in causes.items() if n},
        headline=headline(before, content),
    )


def _read_rows(
    before: Mapping[str, Path], manifest: Manifest, content: Content, tally: Tally, changes: Changes
) -> None:
    """Look at the rows: memberships and refunds first, which others follow from."""
    known = _known(manifest, content)
    for name in sorted(known.settings):
        tally.add(setting(name), (OF_ALL,) if name == "timezone" else ())
    if known.new_rules:
        tally.add(Evidence("rule_version", "rule_version"), (OF_ALL,))
    pairs = {
        name: Pair(before[name], content.frames[name], columns)
        for name, columns in ROWS.items()
        if name in before and name in content.frames
    }
    if "new_members" in pairs:
        memberships.Memberships(pairs["new_members"], known, changes, tally).read()
    if "refunds" in pairs:
        refunds.read_refunds(pairs["refunds"], known, changes, tally)
    waiting: list[orders.Orders | buyers.Buyers] = []
    if "orders" in pairs:
        waiting.append(orders.Orders(pairs["orders"], known, changes, tally))
    if "buyers" in pairs:
        waiting.append(buyers.Buyers(pairs["buyers"], known, changes, tally))
    for rows in waiting:
        rows.read()
    for rows in waiting:
        rows.settle()
    if known.purchases and "new_members" in content.frames:
        _read_buying(content.frames["new_members"], known, tally)


def _read_buying(members: Frame, known: Known, tally: Tally) -> None:
    """Purchases count for the memberships of their customers, whoever is credited."""
    buying = pa.array(list(known.purchases), pa.string())
    for batch in members.batches():
        theirs = batch.filter(pc.is_in(batch.column("customer_id"), buying))
        for row in theirs.to_pylist():
            for evidence in known.purchases[row["customer_id"]]:
                tally.add(evidence, of_buying(row))


def _known(manifest: Manifest, content: Content) -> Known:
    names = manifest.settings.keys() | content.settings.keys()
    settings = {name for name in names if manifest.settings.get(name) != content.settings.get(name)}
    windows = []
    if manifest.timezone != content.timezone:
        settings.add("timezone")
        run = content.run
        windows = [
            *_window(manifest.timezone, manifest.start, manifest.end),
            *_window(content.timezone, run.first_day, run.end_day),
        ]
    return Known(settings, manifest.rule_version != content.rule_version, windows)


def _window(
    timezone: str, start: date | str | None, end: date | str | None
) -> list[tuple[datetime, datetime]]:
    if start is None or end is None:
        return []
    zone = ZoneInfo(timezone)
    first, last = (day_start(zone, date.fromisoformat(str(day)[:10])) for day in (start, end))
    return [(first, last)]


def _more(count: int, chinese: bool, column: str) -> dict[str, Any]:
    """The last row of a table that was cut."""
    return {column: f"另有 {count:,} 行未列出" if chinese else f"{count:,} more are not listed"}
