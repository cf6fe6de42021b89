"""What one more event costs when many are stored already: `python -m bench.growth`.

Two databases on one server, one with 200,000 events of two years and one with 20,000,000, take in
the same mixed events in turn: batches of 500 by the intake's own statements and commits, then
projection and derivation until every queue is empty. A price is the processor time of PostgreSQL
and of the service's code an event; wall time and bytes written ahead stand beside it. The ids of
events and messages grow with time as those of UUIDv7 and ULID do, or are random as UUIDv4.
"""

import asyncio
import shutil
import statistics
import tempfile
from collections.abc import Iterator
from contextlib import AsyncExitStack, contextmanager
from datetime import UTC, datetime
from pathlib import Path

import click
import msgspec
from rich.console import Console
from rich.table import Table

from app.embedded.servers import Servers, erase, running
from bench.figures import Figure, write
from bench.price import IDS, Cost, opened
from bench.processes import buffers
from bench.world import BYTES, LOOSE, World, fill, refresh

TARGETS = {"ordered": 1.2, "random": 1.6}
WARMING = 2
console = Console(stderr=True)


class Price(msgspec.Struct, kw_only=True):
    """Of one kind of ids: medians of the rounds in both databases, the ratios of their pairs."""

    ids: str
    step: str
    small: Cost
    large: Cost
    ratio: float
    ratio_wall: float
    target: float


class Rows(msgspec.Struct, kw_only=True):
    """What PostgreSQL counted in a database while it was measured, an event."""

    inserted: float
    updated: float
    deleted: float
    blocks_read: float
    blocks_hit: float


class Found(msgspec.Struct, kw_only=True):
    """All of a run; the small database comes first."""

    made_at: str
    worlds: list[World]
    shared_buffers: str
    shot: int
    rounds: int
    prices: list[Price] = []
    rows: dict[str, Rows] = {}


async def measure(servers: Servers, found: Found) -> None:
    """Take events in by turns, and tell what they cost; the first round warms up."""
    costs: dict[tuple[str, str], list[tuple[Cost, Cost]]] = {}
    worlds, shot, rounds = found.worlds, found.shot, found.rounds
    async with AsyncExitStack() as ending:
        scales = [
            await ending.enter_async_context(opened(servers, world, worlds[0])) for world in worlds
        ]
        for each in scales:
            await each.warm_up()
        await scales[0].owner.execute("CHECKPOINT")
        for n in range(rounds + WARMING):
            if n == WARMING:
                before = [await scale.counted() for scale in scales]
            for kind in IDS:
                for each in scales if n % 2 else scales[::-1]:
                    cost = await each.shoot(kind, shot)
                    if n >= WARMING:
                        costs.setdefault((kind, each.world.name), []).append(cost)
                    say(f"{n} {kind} {each.world.name}: {_told(*cost)}")
        for each, was in zip(scales, before, strict=True):
            if left := await each.left():
                raise SystemExit(f"{each.world.name}: {left} rows are left in the queues")
            now, total = await each.counted(), shot * rounds * len(IDS)
            found.rows[each.world.name] = Rows(
                **{name: (now[name] - was[name]) / total for name in Rows.__struct_fields__}
            )
    for kind in IDS:
        small, large = (costs[kind, world.name] for world in worlds)
        for step, name in enumerate(("store", "store, project and derive")):
            ones, others = [c[step] for c in small], [c[step] for c in large]
            found.prices.append(
                Price(
                    ids=kind,
                    step=name,
                    small=_middle(ones),
                    large=_middle(others),
                    ratio=_ratio(ones, others, "cpu_us"),
                    ratio_wall=_ratio(ones, others, "wall_us"),
                    target=TARGETS[kind],
                )
            )


def _middle(costs: list[Cost]) -> Cost:
    columns = zip(*map(msgspec.structs.astuple, costs), strict=True)
    return Cost(*(round(statistics.median(column), 2) for column in columns))


def _ratio(small: list[Cost], large: list[Cost], name: str) -> float:
    pairs = zip(small, large, strict=True)
    ratios: list[float] = [getattr(b, name) / getattr(a, name) for a, b in pairs]
    return statistics.median(ratios)


def _told(stored: Cost, both: Cost) -> str:
    return (
        f"stored for {stored.cpu_us:.0f} µs and {stored.wal_bytes:,.0f} bytes of WAL an event,"
        f" in the numbers for {both.cpu_us:.0f} µs and {both.wal_bytes:,.0f} bytes"
    )


def say(line: str) -> None:
    """Tell how far it is."""
    now = datetime.now(UTC).astimezone()
    console.print(f"[dim]{now:%H:%M:%S}[/dim] {line}", soft_wrap=True, highlight=False)


@contextmanager
def kept(data: Path | None) -> Iterator[Path]:
    """The folder of the servers; where none is named, one that is deleted at the end."""
    if data is not None:
        data.mkdir(parents=True, exist_ok=True)
        yield data.resolve()
        return
    with tempfile.TemporaryDirectory(prefix="hongqun-growth-") as temporary:
        folder = Path(temporary).resolve()
        try:
            yield folder
        finally:
            if (folder / "servers").exists():
                erase(folder / "servers")


def given(servers: Servers, folder: Path, events: int) -> World:
    """The large database, filled where the folder does not have it yet."""
    told = folder / "large.json"
    if not told.exists():
        check_room(folder, events)
        world = fill(servers, "large", events, say)
        told.write_bytes(msgspec.json.format(msgspec.json.encode(world)))
        return world
    world = msgspec.json.decode(told.read_bytes(), type=World)
    if world.events != events:
        raise click.ClickException(f"{folder} holds {world.events:,} events; name another folder")
    say(f"using the large one that lies in {folder}")
    refresh(servers, world)
    return world


def check_room(folder: Path, count: int) -> None:
    """See that what is to be made fits on the disk, with room to spare."""
    needed, free = count * BYTES + 5e9, shutil.disk_usage(folder).free
    if needed > free:
        raise click.ClickException(
            f"{count:,} events need about {needed / 1e9:.0f} GB, and {folder} has"
            f" {free / 1e9:.0f} GB free: name another folder by --data, or ask for fewer --events"
        )


@click.command(help=__doc__)
@click.option("--events", "large", default=20_000_000, show_default=True, help="Of the large one.")
@click.option("--base", "small", default=200_000, show_default=True, help="Of the small one.")
@click.option("--shot", default=8_000, show_default=True, help="Events taken in at a time.")
@click.option("--rounds", default=7, show_default=True, help="Of which the median counts.")
@click.option("--small", "quick", is_flag=True, help="10,000 beside 40,000: it runs, no figure.")
@click.option(
    "--data",
    type=click.Path(path_type=Path, file_okay=False),
    help="A folder that keeps the large one, which is filled there once and then used again."
    " Each run leaves it some events larger.",
)
@click.option(
    "--json", "json_", type=click.Path(path_type=Path), default="bench/growth.json",
    show_default=True, help="Where to write what was found.",
)  # fmt: skip
def main(
    large: int, small: int, shot: int, rounds: int, quick: bool, data: Path | None, json_: Path
) -> None:
    if quick:
        large, small, shot, rounds = 40_000, 10_000, 500, 2
    with kept(data) as folder:
        shared = {"shared_buffers": buffers(), "max_parallel_workers_per_gather": "2"}
        with running(folder / "servers", options=LOOSE | shared, redis=False, say=say) as servers:
            worlds = [fill(servers, "small", small, say), given(servers, folder, large)]
        found = Found(
            made_at=datetime.now(UTC).isoformat(timespec="seconds"),
            worlds=worlds,
            shared_buffers=shared["shared_buffers"],
            shot=shot,
            rounds=rounds,
        )
        # What the large one was given to analyse and vacuum would be paid by whose turn it is.
        settings = shared | {"autovacuum": "off"}
        with running(folder / "servers", options=settings, redis=False, say=say) as servers:
            asyncio.run(measure(servers, found))
    told = [
        Figure(f"growth, {each.ids} ids: {each.step}", each.ratio, target=each.target)
        for each in found.prices
    ]
    write(json_, found, told)
    show(found)


def show(found: Found) -> None:
    """Print the table."""
    small, large = (f"{world.events:,}" for world in found.worlds)
    table = Table("ids", "step", "µs an event at " + small, "at " + large, "ratio", "target")
    for name in ("its wall time", "WAL bytes", "at " + large):
        table.add_column(name)
    for each in found.prices:
        table.add_row(
            *(each.ids, each.step, f"{each.small.cpu_us:.1f}", f"{each.large.cpu_us:.1f}"),
            *(f"{each.ratio:.2f}", f"{each.target}", f"{each.ratio_wall:.2f}"),
            *(f"{each.small.wal_bytes:,.0f}", f"{each.large.wal_bytes:,.0f}"),
        )
    console.print(table)
    for name, rows in found.rows.items():
        told = ", ".join(
            f"{value:.2f} {what}" for what, value in msgspec.structs.asdict(rows).items()
        )
        console.print(f"{name}, an event: {told}".replace("_", " "), highlight=False)


if __name__ == "__main__":
    main()
