"""Every bench, one after another, and one table of what they found: `python -m bench`.

Small sizes show within five minutes that all of it runs; what a figure is worth shows only the
full size on a machine that does nothing else.
"""

import subprocess
import sys
import tempfile
import time
from datetime import UTC, datetime
from pathlib import Path

import click
import msgspec
from rich.console import Console
from rich.table import Table

from app.embedded.servers import erase
from bench.figures import Figure, Told
from bench.processes import ROOT

FOLDER = Path(__file__).parent


class Bench(msgspec.Struct, frozen=True):
    """A module of this folder; those that ask the same brand name it, and it is made once."""

    name: str
    about: str
    small_brand: str = ""
    full_brand: str = ""


BENCHES = (
    Bench("metrics", "every metric beside DuckDB", small_brand="shop"),
    Bench("lists", "pages of lists, filters and search", small_brand="shop", full_brand="people"),
    Bench("segments", "previews and counts of segments", small_brand="shop", full_brand="people"),
    Bench("exports", "files beside COPY"),
    Bench("restore", "a backup that is restored elsewhere"),
    Bench("intake", "single, batch, latency, to numbers, flat"),
    Bench("fair", "what a flood does to the other brands"),
    Bench("growth", "one more event in a small and a large database"),
)


class Ran(msgspec.Struct, kw_only=True):
    """How a bench went."""

    name: str
    seconds: float
    failed: bool
    figures: list[Figure] = []


class All(msgspec.Struct, kw_only=True):
    """All of a run."""

    made_at: str
    full: bool
    seconds: float
    benches: list[Ran]


def run(bench: Bench, full: bool, folder: Path, console: Console) -> Ran:
    """Run one to its end, whatever that is; what it says is shown where it fails, or is long."""
    told = FOLDER / f"{bench.name}.json" if full else folder / f"{bench.name}.json"
    command = [sys.executable, "-m", f"bench.{bench.name}", "--json", str(told)]
    if not full:
        command.append("--small")
    if brand := bench.full_brand if full else bench.small_brand:
        command += ["--data", str(folder / brand)]
    began = time.perf_counter()
    if full:
        code = subprocess.run(command, cwd=ROOT).returncode
    else:
        done = subprocess.run(
            command, cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True
        )
        code = done.returncode
        if code:
            console.print(done.stdout[-4_000:], markup=False, highlight=False)
    seconds = time.perf_counter() - began
    figures = []
    if told.exists() and told.stat().st_mtime > time.time() - seconds - 1:
        figures = msgspec.json.decode(told.read_bytes(), type=Told).figures
    failed = code != 0 or not figures
    return Ran(name=bench.name, seconds=round(seconds, 1), failed=failed, figures=figures)


def show(ran: list[Ran], full: bool, console: Console) -> None:
    """Print the table."""
    table = Table("bench", "figure", "found", "target", "met", title="What the benches found")
    for each in ran:
        took = f"{each.name} ({each.seconds:.0f} s)"
        for figure in each.figures:
            sign = "≤" if figure.at_most else "≥"
            table.add_row(
                took,
                figure.name,
                f"{figure.value:,.2f} {figure.unit}".strip(),
                "" if figure.target is None else f"{sign} {figure.target:g}",
                {None: "", True: "yes", False: "no"}[figure.met],
            )
            took = ""
        if each.failed:
            table.add_row(took, "[red]failed[/red]", "", "", "")
        table.add_section()
    console.print(table)
    if not full:
        console.print(
            "Small sizes: this shows that everything runs, and roughly what a change does. The"
            " figures of docs/performance.md are those of --full on a machine without other work."
        )


@click.command(help=__doc__, context_settings={"help_option_names": ["-h", "--help"]})
@click.argument("names", nargs=-1, type=click.Choice([bench.name for bench in BENCHES]))
@click.option("--full", is_flag=True, help="The sizes of the documentation: two hours and 30 GB.")
@click.option(
    "--json",
    "json_",
    type=click.Path(path_type=Path, dir_okay=False),
    default=FOLDER / "all.json",
    help="Where to write what was found; bench/all.json.",
)
def main(names: tuple[str, ...], full: bool, json_: Path) -> None:
    console = Console(width=None if sys.stdout.isatty() else 120)
    chosen = [bench for bench in BENCHES if not names or bench.name in names]
    began, ran = time.perf_counter(), []
    with tempfile.TemporaryDirectory(prefix="hongqun-bench-") as temporary:
        folder = Path(temporary)
        try:
            for number, bench in enumerate(chosen, 1):
                console.print(f"{number} of {len(chosen)}: {bench.name}, {bench.about} …")
                ran.append(run(bench, full, folder, console))
                how = "[red]failed[/red]" if ran[-1].failed else "done"
                console.print(f"   {how} in {ran[-1].seconds:.0f} s", highlight=False)
        finally:
            for brand in folder.glob("*/servers"):
                erase(brand)
    seconds = round(time.perf_counter() - began, 1)
    found = All(
        made_at=datetime.now(UTC).isoformat(timespec="seconds"),
        full=full,
        seconds=seconds,
        benches=ran,
    )
    json_.write_bytes(msgspec.json.format(msgspec.json.encode(found)) + b"\n")
    show(ran, full, console)
    console.print(f"{seconds / 60:.1f} minutes; all of it in {json_}", highlight=False)
    sys.exit(1 if any(each.failed for each in ran) else 0)


if __name__ == "__main__":
    main()
