"""How fast events come in, beside what the machine could do without us: `python -m bench.intake`.

*single*: signed requests of one event over 64 connections to one web process, beside the same
handler without a database. *batch*: requests of 500 events, beside COPY of the same rows into the
same tables. *latency*: at half of the rate of *single*. *numbers*: from the first post of a load
to empty queues, beside COPY. *flat*: the memory of web and worker meanwhile.
Ours and the yardsticks run in turn.
"""

import tempfile
from contextlib import ExitStack
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path

import click
import msgspec
from rich.console import Console
from rich.table import Table

from app.embedded.servers import erase, running
from bench.arena import Arena
from bench.batch import Batch, batch
from bench.figures import Figure, write
from bench.flat import TARGET as FLAT
from bench.latency import Latency, Waits, latency
from bench.processes import buffers, finish
from bench.single import Single, single
from bench.to_numbers import ToNumbers, to_numbers

PARTS = ("single", "batch", "latency", "numbers", "flat")
TARGETS = {"single": 0.6, "batch": 0.5, "numbers": 0.1}
console = Console(stderr=True)


class Found(msgspec.Struct, kw_only=True):
    """All of a run; rates are a second, waits in milliseconds, processor times in microseconds."""

    made_at: str
    versions: dict[str, str]
    single: Single | None = None
    batch: list[Batch] = []
    latency: Latency | None = None
    numbers: ToNumbers | None = None


@click.command(help=__doc__)
@click.option("--only", type=click.Choice(PARTS), multiple=True, help="A part; may come again.")
@click.option("--connections", default=64, show_default=True, help="Of single and latency.")
@click.option("--seconds", default=2.0, show_default=True, help="About, of each shot.")
@click.option("--rounds", default=7, show_default=True, help="Of which the median counts.")
@click.option(
    "--processes", default=(1, 2), multiple=True, show_default=True, help="Web, of batch."
)
@click.option("--rate", default=0.0, help="Of latency, a second; 0 is half of the maximal.")
@click.option("--events", default=1_000_000, show_default=True, help="Of numbers.")
@click.option("--workers", default=2, show_default=True, help="Of numbers.")
@click.option("--small", is_flag=True, help="One short round of each: half a minute or so.")
@click.option("--data", type=click.Path(path_type=Path), help="A folder to keep the database in.")
@click.option(
    "--json", "json_", type=click.Path(path_type=Path), default="bench/intake.json",
    show_default=True, help="Where to write what was found.",
)  # fmt: skip
def main(
    only: tuple[str, ...],
    connections: int,
    seconds: float,
    rounds: int,
    processes: tuple[int, ...],
    rate: float,
    events: int,
    workers: int,
    small: bool,
    data: Path | None,
    json_: Path,
) -> None:
    parts = only or PARTS
    if small:
        seconds, rounds, events = min(seconds, 1.0), 1, min(events, 30_000)
    found = Found(
        made_at=datetime.now(UTC).isoformat(timespec="seconds"),
        versions={name: version(name) for name in ("asyncpg", "granian", "litestar", "msgspec")},
    )
    with ExitStack() as ending:
        if data is None:
            data = Path(tempfile.mkdtemp(prefix="hongqun-bench-"))
            ending.callback(erase, data)
        servers = ending.enter_context(
            running(data, options={"shared_buffers": buffers()}, say=say)
        )
        finish(servers, "migrate")
        arena = Arena(servers)
        if "single" in parts:
            found.single = single(arena, connections, seconds, rounds, say)
        if "batch" in parts:
            for each in processes:
                found.batch.append(batch(arena, each, 2 * seconds, rounds, say))
        if "latency" in parts:
            half = rate or (found.single.ours / 2 if found.single else None)
            found.latency = latency(arena, half, connections, 10 * seconds, say)
        if "numbers" in parts or "flat" in parts:
            found.numbers = to_numbers(arena, events, max(processes), workers, say)
    write(json_, found, figures(found))
    show(found)


def figures(found: Found) -> list[Figure]:
    """What it comes to."""
    told = []
    if (one := found.single) is not None:
        target = TARGETS["single"]
        told.append(Figure("single", one.ratio, target=target, at_most=False))
    for each in found.batch:
        name, target = f"batch, {each.processes} web", TARGETS["batch"]
        told.append(Figure(name, each.ratio, target=target, at_most=False))
    if (late := found.latency) is not None:
        told.append(Figure("acknowledgement, p99", late.acknowledged.p99, "ms"))
        if late.to_numbers is not None:
            told.append(Figure("order to numbers, p99", late.to_numbers.p99, "ms"))
    if (load := found.numbers) is not None:
        target = TARGETS["numbers"]
        told.append(Figure("to numbers", load.ratio, target=target, at_most=False))
        told += [
            Figure(f"flat, {name}: growth", seen.growth, target=FLAT)
            for name, seen in load.memory.items()
        ]
    return told


def say(line: str) -> None:
    """Print a line as it is."""
    console.print(line, soft_wrap=True, highlight=False)


def show(found: Found) -> None:
    """Print the table."""
    table = Table("measure", "ours", "yardstick", "ratio", "target", title="Intake")
    if (one := found.single) is not None:
        yardsticks = (
            ("the same handler", one.same, one.ratio, f"{TARGETS['single']}"),
            ("a bare handler", one.bare, one.ratio_to_bare, ""),
        )
        for name, rate, ratio, target in yardsticks:
            text = f"{name} without a database: {rate:,.0f}"
            table.add_row("single, requests/s", f"{one.ours:,.0f}", text, f"{ratio:.2f}", target)
        client = f"the client alone: {one.client:,.0f}"
        table.add_row(f"{one.connections} brands, requests/s", f"{one.brands:,.0f}", client, "", "")
    for each in found.batch:
        table.add_row(
            f"batch, events/s, {each.processes} web",
            f"{each.ours:,.0f}",
            f"COPY: {each.copy:,.0f}",
            f"{each.ratio:.2f}",
            f"{TARGETS['batch']}",
        )
    if (late := found.latency) is not None:
        rows: dict[str, Waits | None] = {
            "acknowledged": late.acknowledged,
            "with a worker": late.acknowledged_beside_worker,
            "to numbers": late.to_numbers,
        }
        for name, waits in rows.items():
            text = f"p50 {waits.p50}, p99 {waits.p99}, p99.9 {waits.p999}" if waits else "-"
            table.add_row(f"{name}, ms, at {late.per_second:,.0f}/s", text, "", "", "")
    if (load := found.numbers) is not None:
        table.add_row(
            f"to numbers, events/s, {load.workers} workers",
            f"{load.ours:,.0f}",
            f"COPY: {load.copy:,.0f}",
            f"{load.ratio:.2f}",
            f"{TARGETS['numbers']}",
        )
        for name, seen in load.memory.items():
            megabytes = f"{seen.warm:,.0f} to {seen.last:,.0f}, peak {seen.peak:,.0f}"
            least = f"{seen.slope:+.1f} by least squares"
            table.add_row(
                f"flat, MB, {name}", megabytes, least, f"{seen.growth:+.1%}", f"< {FLAT:.0%}"
            )
    console.print(table)


if __name__ == "__main__":
    main()
