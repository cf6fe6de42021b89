"""What a run found, as JSON and as tables."""

from typing import Any

import msgspec
from rich.console import Console
from rich.table import Table

from bench.size import Loaded
from bench.timing import Times

COLD = (
    "cold: the first time that a question is asked of a window after a restart of PostgreSQL and of"
    " the web process (of the yardstick: after opening its file). The operating system's cache is"
    " not emptied, which is usually not permitted, and what other questions have read stays read."
)
COMPARED_DAYS = 90


class Measured(msgspec.Struct, frozen=True):
    """One question of one window; `failure` where it was not answered, `differs` where wrongly."""

    name: str
    days: int
    ours: Times | None
    yardstick: Times
    failure: str | None
    differs: str | None

    @property
    def ratio(self) -> float | None:
        return None if self.ours is None else self.ours.p50 / self.yardstick.p50


class Report(msgspec.Struct, kw_only=True):
    """All of a run; times are in seconds, memory in MB."""

    made_at: str
    versions: dict[str, str]
    cold: str = COLD
    loaded: Loaded
    questions: list[Measured]
    late: dict[str, float] = {}
    redis: bool = True
    memory: dict[str, float] = {}


def show(report: Report, small: Report | None, console: Console) -> None:
    """Print the tables."""
    table = Table(title="Speed: milliseconds, ours over HTTP / DuckDB in-process")
    table.add_column("question", no_wrap=True)
    table.add_column("days", justify="right")
    for head in ("cold", "p50", "p99", "DuckDB cold", "p50", "p99", "ratio"):
        table.add_column(head, justify="right", no_wrap=True)
    table.add_column("answers")
    for each in report.questions:
        ratio = each.ratio
        ours = _times(each.ours) if each.ours else ["-", each.failure or "-", "-"]
        same = "not compared" if each.failure else each.differs or "equal"
        table.add_row(
            each.name,
            str(each.days),
            *ours,
            *_times(each.yardstick),
            "-" if ratio is None else f"{ratio:.2f}",
            same,
        )
    console.print(table)
    console.print(report.cold, style="dim")
    console.print(_beside(report))
    if small is not None:
        console.print(_growth(report, small))


def _times(times: Times) -> list[str]:
    return [f"{seconds * 1000:,.1f}" for seconds in (times.cold, times.p50, times.p99)]


def _beside(report: Report) -> Table:
    table = Table("measure", "found", "target", title="Load, late events, memory")
    loaded = report.loaded
    size = ", ".join(f"{value:,} {name}" for name, value in _counts(report).items())
    table.add_row("brand", size, "")
    table.add_row("COPY of the facts", f"{loaded.copy_seconds:.1f} s", "")
    copies = loaded.rebuild_seconds / loaded.copy_seconds
    table.add_row("rebuild", f"{loaded.rebuild_seconds:.1f} s, {copies:.1f} × COPY", "3 × COPY")
    table.add_row("peak memory of rebuild", f"{loaded.rebuild_mb:.0f} MB", "")
    table.add_row("VACUUM ANALYZE", f"{loaded.vacuum_seconds:.1f} s", "")
    table.add_row("disk", f"{loaded.postgres_mb:,.0f} MB, DuckDB {loaded.duckdb_mb:,.0f} MB", "")
    for kind, seconds in report.late.items():
        table.add_row(f"late {kind} until it shows", f"{seconds:.2f} s", "2 s")
    if report.late and not report.redis:
        table.add_row("", "no Redis here: late events wait for the sweep", "")
    for name, target in (("web", "200 MB"), ("worker", "400 MB")):
        if name in report.memory:
            table.add_row(f"peak memory of {name}", f"{report.memory[name]:.0f} MB", target)
    return table


def _growth(report: Report, small: Report) -> Table:
    factor = report.loaded.size.orders / small.loaded.size.orders
    table = Table(
        "question",
        "days",
        "p50 then",
        "p50 now",
        "ratio",
        "target",
        title=f"{factor:.3g} × the history",
    )
    before = {(each.name, each.days): each.ours for each in small.questions}
    for each in report.questions:
        then = before.get((each.name, each.days))
        if each.days <= COMPARED_DAYS and then is not None:
            _row(
                table,
                each.name,
                str(each.days),
                then.p50,
                each.ours.p50 if each.ours else None,
                "2",
            )
    for kind, seconds in report.late.items():
        if kind in small.late:
            _row(table, f"late {kind}", "", small.late[kind], seconds, "1.3")
    return table


def _row(table: Table, name: str, days: str, then: float, now: float | None, target: str) -> None:
    found = ("-", "-") if now is None else (f"{now * 1000:,.1f} ms", f"{now / then:.2f}")
    table.add_row(name, days, f"{then * 1000:,.1f} ms", *found, target)


def _counts(report: Report) -> dict[str, Any]:
    size: dict[str, Any] = msgspec.structs.asdict(report.loaded.size)
    del size["seed"]
    return size
