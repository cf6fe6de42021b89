"""Requests of 500 events, beside COPY of the same rows in commits of 500."""

import asyncio
import multiprocessing
import os
import statistics
import time
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import asyncpg
import msgspec

from app.ingest import decode
from app.ingest.decode import Accepted, read_event
from bench.arena import Arena, Shot
from bench.deliveries import batches, events, request
from bench.processes import cpu_seconds
from bench.single import ratio

SIZE = 500
MOST_EVENTS = 300_000
FIRST = 20_000
WAIT_SECONDS = 60
RUNNING = 2
"""Transactions that a web process has running for one brand: GroupCommit with a pool of 8."""

TABLES = {
    "event_identity": ("brand_id", "source", "event_id", "content_hash"),
    "event": ("brand_id", "event_no", "source", "event_id", "raw"),
    "pending_event": ("brand_id", "event_no"),
}
_fork = multiprocessing.get_context("fork")
Rows = dict[str, list[tuple[Any, ...]]]


class Batch(msgspec.Struct, kw_only=True):
    """Medians of the rounds with so many web processes, events a second."""

    processes: int
    connections: int
    ours: float
    copy: float
    web_us: float
    postgres_us: float
    copy_us: float
    copy_postgres_us: float
    ratio: float


def batch(
    arena: Arena, processes: int, seconds: float, rounds: int, say: Callable[[str], None]
) -> Batch:
    """Ours and COPY in turn, COPY from as many processes over as many connections."""
    sender, rival = arena.sender(), arena.sender()
    connections = 6 * processes
    ours: list[Shot] = []
    copies: list[Shot] = []
    count = FIRST
    with arena.web(processes) as web:
        for n in range(rounds + 1):
            made = list(events(count, arena.run_name()))
            requests = [
                request(sender.source_id, sender.secret, body, number)
                for number, body in enumerate(batches(made, SIZE))
            ]
            shot, _ = arena.shoot(web, requests, connections)
            del requests
            copied = copy(arena, rival.brand_id, made, processes)
            rate = shot.per_second * SIZE
            if n:  # the first one warms up
                ours.append(shot)
                copies.append(copied)
                say(
                    f"{processes} web: {rate:,.0f} events/s, COPY {copied.per_second:,.0f};"
                    f" processor time an event: web {shot.web_us / SIZE:.1f} µs, PostgreSQL"
                    f" {shot.postgres_us / SIZE:.1f} µs; of COPY {copied.web_us:.1f} µs,"
                    f" PostgreSQL {copied.postgres_us:.1f} µs; load {shot.load_average:.1f}"
                )
            count = min(MOST_EVENTS, max(FIRST, int(rate * seconds))) // SIZE * SIZE
    return Batch(
        processes=processes,
        connections=connections,
        ours=_median(ours, "per_second") * SIZE,
        copy=_median(copies, "per_second"),
        web_us=_median(ours, "web_us") / SIZE,
        postgres_us=_median(ours, "postgres_us") / SIZE,
        copy_us=_median(copies, "web_us"),
        copy_postgres_us=_median(copies, "postgres_us"),
        ratio=ratio(ours, copies) * SIZE,
    )


def copy(arena: Arena, brand_id: int, made: list[bytes], processes: int) -> Shot:
    """COPY the rows that these events become; making the rows is not in it."""
    commits = [_rows(brand_id, made[at : at + SIZE]) for at in range(0, len(made), SIZE)]
    gate, ends = _fork.Barrier(processes + 1), _fork.SimpleQueue()
    url = arena.servers.database_url
    copiers = [
        _fork.Process(target=_copy, args=(url, commits[n::processes], gate, ends), daemon=True)
        for n in range(processes)
    ]
    for each in copiers:
        each.start()
    del commits
    gate.wait(WAIT_SECONDS)
    began, postgres = time.perf_counter(), cpu_seconds(arena.postmaster)
    own: float = sum(ends.get() for _ in copiers)
    seconds = time.perf_counter() - began
    spent = cpu_seconds(arena.postmaster) - postgres
    gate.wait(WAIT_SECONDS)
    for each in copiers:
        each.join()
    count = len(made)
    return Shot(
        "copy", count, count / seconds, own / count * 1e6, spent / count * 1e6, os.getloadavg()[0]
    )


def _rows(brand_id: int, made: list[bytes]) -> Rows:
    sender = decode.Sender("src_copy", "CNY")
    now = datetime.now(UTC)
    read = [read_event(raw, sender, now) for raw in made]
    known = [event for event in read if isinstance(event, Accepted)]
    numbers = range(time.time_ns(), time.time_ns() + len(known))
    return {
        "event_identity": [(brand_id, e.source, e.event_id, e.content_hash) for e in known],
        "event": [
            (brand_id, n, e.source, e.event_id, e.raw) for n, e in zip(numbers, known, strict=False)
        ],
        "pending_event": [(brand_id, n) for n, _ in zip(numbers, known, strict=False)],
    }


def _copy(url: str, commits: list[Rows], gate: Any, ends: Any) -> None:
    asyncio.run(_copy_all(url, commits, gate, ends))


async def _copy_all(url: str, commits: list[Rows], gate: Any, ends: Any) -> None:
    connections = [await asyncpg.connect(url) for _ in range(RUNNING)]
    waiting = iter(commits)
    gate.wait(WAIT_SECONDS)
    began = time.process_time()
    await asyncio.gather(*(_copy_each(connection, waiting) for connection in connections))
    ends.put(time.process_time() - began)
    gate.wait(WAIT_SECONDS)  # the processor time of backends that are gone cannot be read
    for connection in connections:
        await connection.close()


async def _copy_each(connection: asyncpg.Connection, waiting: Any) -> None:
    for rows in waiting:
        async with connection.transaction():
            for table, columns in TABLES.items():
                await connection.copy_records_to_table(table, records=rows[table], columns=columns)


def _median(shots: list[Shot], name: str) -> float:
    values: list[float] = [getattr(shot, name) for shot in shots]
    return statistics.median(values)
