"""From the first post to empty queues: mixed events of a few brands, web and workers as they run.

Beside it COPY of the same rows into the tables of the intake, in the same run.
"""

import asyncio
import math
import os
import threading
import time
from collections import Counter
from collections.abc import Awaitable, Callable, Mapping
from datetime import UTC, datetime, timedelta

import asyncpg
import httpx
import msgspec

from bench.arena import Arena, Sender, Target
from bench.batch import TABLES, copy
from bench.brand import create_key
from bench.deliveries import batches, events, request, with_doubles
from bench.firing import fire
from bench.flat import Flat, Watch
from bench.processes import cpu_seconds, peak_mb, program
from tests.oracle.ask import ask
from tests.oracle.compare import differences
from tests.oracle.world import build

SIZE = 500
BRANDS = 4
CONNECTIONS = 12
COPIED = 200_000
SPAN = timedelta(hours=24)
"""Over how long the events happened, up to now; late ones came up to three days before."""

POLL_SECONDS = 0.5
TOLD_SECONDS = 10.0
PATIENCE_SECONDS = 3_600.0

QUEUES = ("dirty_sum", "dirty_customer", "pending_event", "dirty_brand")
"""Those first that are empty last: the question looks no further than it must."""

LEFT = "SELECT " + " OR ".join(f"EXISTS (SELECT FROM {queue})" for queue in QUEUES)
FACTS: dict[str, tuple[str, ...]] = {
    "event": (),
    "message": ("message.sent",),
    "message_identity": ("message.sent", "message.recalled"),
    "membership_event": ("member.joined", "member.left"),
    "card_click": ("card.clicked",),
    "shop_order": ("order.paid",),
    "note_measurement": ("note.measured",),
}
"""Of each table how many rows there are to be: as many as events of these types (of all)."""


class Kind(msgspec.Struct):
    """Of an event only that."""

    type: str


class ToNumbers(msgspec.Struct, kw_only=True):
    """Events a second from the first post to empty queues; processor time in µs an event."""

    events: int
    doubles: int
    brands: int
    processes: int
    workers: int
    seconds: float
    acknowledged_seconds: float
    ours: float
    copy: float
    ratio: float
    web_us: float
    worker_us: float
    postgres_us: float
    worker_mb: float
    memory: dict[str, Flat]
    wrong: list[str]


def to_numbers(
    arena: Arena, count: int, processes: int, workers: int, say: Callable[[str], None]
) -> ToNumbers:
    """Post, wait until nothing is due, and see whether the numbers are right."""
    senders = [arena.sender() for _ in range(BRANDS)]
    run, each = arena.run_name(), count // BRANDS
    sent: dict[int, list[bytes]] = {
        sender.brand_id: list(events(each, run, seed=n, span=SPAN))
        for n, sender in enumerate(senders)
    }
    count, doubles = each * BRANDS, 0
    queues: list[list[bytes]] = []
    for n, sender in enumerate(senders):
        posted = with_doubles(sent[sender.brand_id], seed=n)
        doubles += len(posted) - each
        queues.append(
            [
                request(sender.source_id, sender.secret, body, number)
                for number, body in enumerate(batches(posted, SIZE))
            ]
        )
    requests = [body for turn in zip(*queues, strict=True) for body in turn]
    del queues
    rival = arena.sender()
    sample = sent[senders[0].brand_id][:COPIED]
    copied = [_copied(arena, rival, sample, processes)]
    with (
        arena.web(processes) as web,
        program(arena.servers, "worker", "--processes", str(workers)) as worker,
    ):
        began = time.perf_counter()
        spent = [cpu_seconds(pid) for pid in (web.pid, worker, arena.postmaster)]
        posting, acknowledged = _post(web, requests)
        watch = Watch({"web": web.pid, "worker": worker})
        _wait(arena, posting, began, say, lambda: watch.end("web"))
        seconds = time.perf_counter() - began
        cost = [
            (cpu_seconds(pid) - before) / count * 1e6
            for pid, before in zip((web.pid, worker, arena.postmaster), spent, strict=True)
        ]
        worker_mb, memory = peak_mb(worker), watch.stop()
        wrong = _wrong(arena, web, sent)
    copied.append(_copied(arena, rival, sample, processes))
    rate, yardstick = count / seconds, sum(copied) / len(copied)
    say(
        f"{count:,} events and {doubles:,} doubles in {seconds:.1f} s, acknowledged in"
        f" {acknowledged[0]:.1f} s: {rate:,.0f} events/s, COPY {yardstick:,.0f}; processor time an"
        f" event: web {cost[0]:.0f} µs, worker {cost[1]:.0f} µs, PostgreSQL {cost[2]:.0f} µs; load"
        f" {os.getloadavg()[0]:.1f}; {'; '.join(wrong) or 'the numbers are right'}"
    )
    return ToNumbers(
        events=count,
        doubles=doubles,
        brands=BRANDS,
        processes=processes,
        workers=workers,
        seconds=seconds,
        acknowledged_seconds=acknowledged[0],
        ours=rate,
        copy=yardstick,
        ratio=rate / yardstick,
        web_us=cost[0],
        worker_us=cost[1],
        postgres_us=cost[2],
        worker_mb=worker_mb,
        memory=memory,
        wrong=wrong,
    )


def _copied(arena: Arena, rival: Sender, sample: list[bytes], processes: int) -> float:
    """Events a second of COPY; what it copied is taken away again, for nobody is to project it."""
    shot = copy(arena, rival.brand_id, sample, processes)

    async def erase(connection: asyncpg.Connection) -> None:
        for table in TABLES:
            await connection.execute(f"DELETE FROM {table} WHERE brand_id = $1", rival.brand_id)

    asyncio.run(_with(arena, erase))
    return shot.per_second


def _post(web: Target, requests: list[bytes]) -> tuple[threading.Thread, list[float]]:
    """Send all requests beside; the list gets the seconds that this took, or stays empty."""
    found: list[float] = []

    def go() -> None:
        fired = fire(web.port, requests, CONNECTIONS)
        if set(fired.statuses) == {202}:
            found.append(fired.seconds)
        else:
            found.append(math.inf)

    thread = threading.Thread(target=go)
    thread.start()
    return thread, found


def _wait(
    arena: Arena,
    posting: threading.Thread,
    began: float,
    say: Callable[[str], None],
    posted: Callable[[], None],
) -> None:
    """Wait until all is posted and nothing is due, and tell now and then how far it is."""

    async def wait(connection: asyncpg.Connection) -> None:
        told = began
        while posting.is_alive() or await connection.fetchval(LEFT):
            await asyncio.sleep(POLL_SECONDS)
            if not posting.is_alive():
                posted()
            if (now := time.perf_counter()) >= told + TOLD_SECONDS:
                told = now
                left = [await connection.fetchval(f"SELECT count(*) FROM {q}") for q in QUEUES]
                waiting = ", ".join(f"{q} {n:,}" for q, n in zip(QUEUES, left, strict=True) if n)
                still = ", still posting" if posting.is_alive() else ""
                say(f"{now - began:5.0f} s: {waiting}{still}; load {os.getloadavg()[0]:.1f}")
            if now > began + PATIENCE_SECONDS:
                raise SystemExit("the queues do not become empty")

    asyncio.run(_with(arena, wait))
    posting.join()


async def _with(arena: Arena, act: Callable[[asyncpg.Connection], Awaitable[None]]) -> None:
    connection = await asyncpg.connect(arena.servers.database_url)
    try:
        await act(connection)
    finally:
        await connection.close()


# ---- whether the numbers are right ----


def _wrong(arena: Arena, web: Target, sent: Mapping[int, list[bytes]]) -> list[str]:
    """What is not as the events tell it: the facts of each brand, the money of one."""
    wrong: list[str] = []

    async def count(connection: asyncpg.Connection) -> None:
        for brand_id, made in sent.items():
            kinds = Counter(msgspec.json.decode(raw, type=Kind).type for raw in made)
            for table, types in FACTS.items():
                due = sum(kinds[each] for each in types or kinds)
                found = await connection.fetchval(
                    f"SELECT count(*) FROM {table} WHERE brand_id = $1", brand_id
                )
                if found != due:
                    wrong.append(f"{table} of brand {brand_id}: {found} and not {due}")

    asyncio.run(_with(arena, count))
    brand_id, made = next(iter(sent.items()))
    key = asyncio.run(create_key(arena.servers, brand_id))
    today = datetime.now(UTC).date()
    days = {"start": f"{today - timedelta(days=8)}", "end": f"{today + timedelta(days=2)}"}
    answer = httpx.get(
        f"http://127.0.0.1:{web.port}/v1/metrics/gmv-share",
        params=days,
        headers={"authorization": f"Bearer {key}"},
        trust_env=False,
        timeout=60,
    )
    world = build(map(msgspec.json.decode, made), {})
    recount = ask(world, "/v1/metrics/gmv-share", days, time.time_ns() // 1_000)
    return wrong + differences(recount, answer.raise_for_status().json())
