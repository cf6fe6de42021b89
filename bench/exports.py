"""The benchmark of exports: files beside COPY of the same rows, and the memory they take."""

import asyncio
import os
import subprocess
import sys
import tempfile
from pathlib import Path

import asyncpg
import click
import msgspec
from rich.console import Console
from rich.table import Table

from app.embedded.servers import Servers, erase, running
from bench.brand import create_brand
from bench.export_files import Step
from bench.figures import Figure, write
from bench.processes import ROOT, environment, finish

SQL = Path(__file__).with_name("sql") / "rows.sql"
DAYS = 70
"""The rows are spread over so many days; a tenth of these has a tenth of them."""


class Part(msgspec.Struct):
    """One process: its steps, in the order in which it did them."""

    rows: int
    steps: list[Step]
    load: tuple[float, float, float]


class Report(msgspec.Struct):
    """A run; the tenth comes first."""

    orders: int
    members: int
    everything: bool
    parts: list[Part]


async def fill(servers: Servers, brand: int, orders: int, members: int) -> None:
    """Make the rows, within the database."""
    connection = await asyncpg.connect(servers.database_url)
    try:
        for name, value in (("brand", brand), ("orders", orders), ("members", members)):
            await connection.execute(
                "SELECT set_config($1, $2, false)", f"bench.{name}", str(value)
            )
        await connection.execute("SET synchronous_commit = off; SET statement_timeout = 0")
        await connection.execute(SQL.read_text("utf-8"), timeout=1_800)
        await connection.execute("VACUUM ANALYZE", timeout=1_800)
    finally:
        await connection.close()


def measured(servers: Servers, brand: int, days: int, everything: bool) -> Part:
    """Let a process of its own copy and write the rows of so many days."""
    before = os.getloadavg()
    said = subprocess.run(
        [
            *(sys.executable, "-m", "bench.export_files", servers.database_url, str(brand)),
            *(str(days), "everything" if everything else "readable"),
        ],
        env=environment(servers),
        cwd=ROOT,
        check=True,
        stdout=subprocess.PIPE,
    )
    steps = msgspec.json.decode(said.stdout, type=list[Step])
    return Part(max(step.rows for step in steps), steps, before)


def figures(report: Report) -> list[Figure]:
    """What it comes to: of each kind of file COPY's time over its own, with its spooling."""
    steps = report.parts[-1].steps
    took = {(step.table, step.name): step.seconds for step in steps}
    found = []
    for kind in ("csv", "parquet", "xlsx"):
        shares = [
            took[table, "COPY"] / (took[table, "spool"] + seconds)
            for (table, name), seconds in took.items()
            if name == kind
        ]
        found.append(Figure(f"COPY / {kind} with its spooling", min(shares)))
    return [*found, Figure("peak memory", max(step.mb for step in steps), "MB")]


def show(report: Report, console: Console) -> None:
    """Print what came out; the rate of a file has the spooling of its rows in it."""
    table = Table(title="Exports: rows a second, beside COPY of the same rows in the same process")
    for head in ("table", "rows", "step", "seconds", "rows/s", "of COPY", "with spool", "MB"):
        table.add_column(head, justify="left" if head in ("table", "step") else "right")
    table.add_column("peak MB", justify="right")
    for part in report.parts:
        by = {(step.table, step.name): step for step in part.steps}
        for step in part.steps:
            copy, spool = by[step.table, "COPY"].seconds, by[step.table, "spool"].seconds
            is_file = step.name not in ("COPY", "spool")
            table.add_row(
                *(step.table, f"{step.rows:,}", step.name, f"{step.seconds:.2f}"),
                f"{step.rows / step.seconds:,.0f}",
                f"{copy / step.seconds:.0%}",
                f"{copy / (step.seconds + spool):.0%}" if is_file else "",
                f"{step.bytes / 2**20:,.0f}" if step.bytes else "",
                f"{step.mb:,.0f}",
            )
        table.add_section()
    console.print(table)


@click.command()
@click.option("--orders", default=100_000, show_default=True)
@click.option("--members", default=100_000, show_default=True)
@click.option(
    "--everything/--readable",
    default=True,
    help="The workbook with all rows (as it comes), or summed up where there are too many.",
)
@click.option("--small", is_flag=True, help="10,000 of each: it runs, no figure.")
@click.option(
    "--json", "json_", type=click.Path(path_type=Path), default="bench/exports.json",
    show_default=True, help="Where to write what was found.",
)  # fmt: skip
def main(orders: int, members: int, everything: bool, small: bool, json_: Path) -> None:
    """Write so many orders and members as files, and a tenth of them before."""
    if small:
        orders = members = 10_000
    folder = Path(tempfile.mkdtemp(prefix="hongqun-bench-"))
    try:
        with running(folder, redis=False) as servers:
            finish(servers, "migrate")
            brand = asyncio.run(create_brand(servers))
            asyncio.run(fill(servers, brand, orders, members))
            parts = [measured(servers, brand, days, everything) for days in (DAYS // 10, DAYS)]
    finally:
        erase(folder)
    report = Report(orders, members, everything, parts)
    write(json_, report, figures(report))
    show(report, Console())


if __name__ == "__main__":
    main()
