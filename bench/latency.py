"""How long an acknowledgement takes, and the numbers after it, at half of the maximal rate."""

import asyncio
import contextlib
import math
import os
import threading
import time
from collections.abc import Callable, Iterator

import asyncpg
import httpx
import msgspec
from redis.asyncio import Redis

from bench.arena import Arena, Sender, Target
from bench.brand import create_key
from bench.firing import fire
from bench.processes import program
from bench.single import made
from bench.timing import percentile

SHARES = {"p50": 0.5, "p99": 0.99, "p999": 0.999}
MAXIMAL = 5_000
"""Requests, of which is seen how fast they are answered at most."""

PROBE_SECONDS = 0.25
POLL_SECONDS = 0.01
SETTLING_SECONDS = 2.0
PATIENCE_SECONDS = 60
CREDITED = "SELECT order_id FROM order_credit WHERE brand_id = $1 AND order_id = ANY ($2::text[])"


class Waits(msgspec.Struct, frozen=True):
    """Milliseconds, and of how many."""

    count: int
    p50: float
    p99: float
    p999: float


class Latency(msgspec.Struct, kw_only=True):
    """Acknowledgement alone, and with a worker beside it; from posting an order to its cell."""

    per_second: float
    connections: int
    acknowledged: Waits
    acknowledged_beside_worker: Waits
    to_numbers: Waits | None
    load_average: float


def latency(
    arena: Arena,
    rate: float | None,
    connections: int,
    seconds: float,
    say: Callable[[str], None],
) -> Latency:
    """Send at a steady rate, however answers come; a wait begins when its request is due.

    rate: requests a second; where it is None, half of as many as are answered.
    """
    sender = arena.sender()
    with arena.web() as web:
        fire(web.port, made(arena, [sender], 500), connections)
        if rate is None:
            rate = fire(web.port, made(arena, [sender], MAXIMAL), connections).per_second / 2
        count = int(rate * seconds)
        alone = fire(web.port, made(arena, [sender], count), connections, per_second=rate)
        say(f"at {rate:,.0f}/s acknowledged {waits(alone.waits)}")
        # Of a brand of its own, so that the worker has no backlog when it begins.
        sender = arena.sender()
        _forget(arena)
        requests = made(arena, [sender], count)
        with program(arena.servers, "worker"), _probing(arena, web, sender) as probes:
            _settle(probes)
            beside = fire(web.port, requests, connections, per_second=rate)
        say(f"with a worker {waits(beside.waits)}")
    numbers = waits(probes) if probes else None
    say(f"to numbers {numbers}")
    return Latency(
        per_second=rate,
        connections=connections,
        acknowledged=waits(alone.waits),
        acknowledged_beside_worker=waits(beside.waits),
        to_numbers=numbers,
        load_average=os.getloadavg()[0],
    )


def waits(seconds: list[float]) -> Waits:
    """The percentiles of waits, in milliseconds."""
    found = {name: round(percentile(seconds, share) * 1e3, 2) for name, share in SHARES.items()}
    return Waits(len(seconds), **found)


def _forget(arena: Arena) -> None:
    """Empty the queues of what was posted before, and of the wake-ups that it sent."""

    async def go() -> None:
        connection = await asyncpg.connect(arena.servers.database_url)
        try:
            await connection.execute("TRUNCATE pending_event")
        finally:
            await connection.close()
        if arena.servers.redis_url is not None:
            async with Redis.from_url(arena.servers.redis_url) as redis:
                await redis.flushdb()

    asyncio.run(go())


@contextlib.contextmanager
def _probing(arena: Arena, web: Target, sender: Sender) -> Iterator[list[float]]:
    """Post an order every now and then, and look for each until it is credited.

    Ends when all of them are, or nobody is patient any longer; those missing count as never.
    """
    key = asyncio.run(create_key(arena.servers, sender.brand_id))
    found: list[float] = []
    over = threading.Event()
    given = (arena.servers.database_url, web.port, sender.brand_id, key, found, over)
    thread = threading.Thread(target=lambda: asyncio.run(_probe(*given)))
    thread.start()
    try:
        yield found
    finally:
        over.set()
        thread.join()


def _settle(probes: list[float]) -> None:
    """Wait until the worker has started and worked off what came before; that does not count."""
    until = time.monotonic() + PATIENCE_SECONDS
    while not probes and time.monotonic() < until:
        time.sleep(PROBE_SECONDS)
    time.sleep(SETTLING_SECONDS)
    probes.clear()


async def _probe(
    url: str, port: int, brand_id: int, key: str, found: list[float], over: threading.Event
) -> None:
    waiting: dict[str, float] = {}
    connection = await asyncpg.connect(url)
    client = httpx.AsyncClient(
        base_url=f"http://127.0.0.1:{port}",
        headers={"authorization": f"Bearer {key}"},
        trust_env=False,
        timeout=60,
    )
    number, due = 0, time.perf_counter()
    patience = None
    while waiting or not over.is_set():
        now = time.perf_counter()
        if over.is_set():
            patience = patience or now + PATIENCE_SECONDS
            if now > patience:
                found.extend([math.inf] * len(waiting))
                break
        elif now >= due:
            number, due = number + 1, due + PROBE_SECONDS
            order = f"probe-{number}"
            waiting[order] = now
            (await client.post("/v1/events", json=_order(order))).raise_for_status()
        rows = await connection.fetch(CREDITED, brand_id, list(waiting))
        found.extend(time.perf_counter() - waiting.pop(row["order_id"]) for row in rows)
        await asyncio.sleep(POLL_SECONDS)
    await client.aclose()
    await connection.close()


def _order(order: str) -> dict[str, object]:
    data = {"order_id": order, "buyer_id": order, "amount": 100, "currency": "CNY"}
    now = time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime())
    return {"id": order, "type": "order.paid", "time": now, "data": data}
