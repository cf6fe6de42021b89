"""Fairness: what a brand that floods does to the others, as ratios within one run.

    python -m bench.fair --seconds 20 --brands 4 --rate 2 --events 10 --times 10

Brands post at the same rate; then one of them posts ten times as much, then again as much as the
others, by turns. Of the others it is measured how long an acknowledgement takes, and how long it is
from posting an order to the sums that questions read having it: the n-th order of a brand is there
when they have n.
"""

import asyncio
import itertools
import os
import sys
import tempfile
import time
from collections import deque
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import asyncpg
import click
import httpx
import msgspec

from app.cli.serve import prepare
from app.embedded.servers import Servers, erase, running
from bench.brand import create_brand, create_key, settings_of
from bench.figures import Figure, write
from bench.processes import program, web
from bench.timing import percentile

COUNTED = """
SELECT brand_id, sum(orders) AS orders FROM sale_sum
WHERE grain = 'day' AND dimension = 'cell' AND brand_id = ANY ($1) GROUP BY brand_id
"""
WARM_SECONDS = 5.0
TARGET = 1.5


class Times(msgspec.Struct):
    """Of one phase, in seconds."""

    acknowledged: list[float] = []
    counted: list[float] = []

    def p99(self) -> tuple[float, float]:
        return percentile(self.acknowledged, 0.99), percentile(self.counted, 0.99)

    def p50(self) -> tuple[float, float]:
        return percentile(self.acknowledged, 0.5), percentile(self.counted, 0.5)


class Sender:
    """Posts for one brand at a rate: orders of now, and messages."""

    def __init__(self, base: str, brand_id: int, key: str, events: int) -> None:
        self.brand_id = brand_id
        self.events = events
        self.waiting: deque[tuple[float, Times | None]] = deque()
        """When the orders that are not counted yet were posted, and where to write that down."""
        self.counted = 0
        self.refused = 0
        self._numbers = itertools.count()
        self._client = httpx.AsyncClient(
            base_url=base,
            headers={"authorization": f"Bearer {key}"},
            timeout=60,
            trust_env=False,
            limits=httpx.Limits(max_connections=32),
        )

    async def close(self) -> None:
        await self._client.aclose()

    async def post(self, times: Times | None) -> None:
        """One request: one order and messages beside it."""
        number = next(self._numbers)
        at = datetime.now(UTC).isoformat()
        bodies: list[dict[str, Any]] = [
            {
                "id": f"o{number}",
                "type": "order.paid",
                "time": at,
                "data": {
                    "order_id": f"o{number}",
                    "buyer_id": f"b{number}",
                    "amount": 1,
                    "currency": "CNY",
                },
            }
        ]
        bodies += [
            {
                "id": f"m{number}-{n}",
                "type": "message.sent",
                "time": at,
                "data": {
                    "group_id": f"g{n % 5}",
                    "message_id": f"m{number}-{n}",
                    "member_id": f"p{(number * 7 + n) % 500}",
                    "kind": "text",
                    "text": "在吗",
                },
            }
            for n in range(self.events - 1)
        ]
        began = time.perf_counter()
        self.waiting.append((began, times))
        while True:
            answer = await self._client.post("/v1/events", json=bodies)
            if answer.status_code not in (429, 503):
                break
            # As a sender does; it counts as waiting for the acknowledgement.
            self.refused += 1
            await asyncio.sleep(0.2)
        if answer.status_code != 202:
            raise RuntimeError(f"{answer.status_code}: {answer.text}")
        receipt = answer.json()
        if receipt["accepted"] + receipt["duplicates"] != len(bodies):
            raise RuntimeError(answer.text)
        if times is not None:
            times.acknowledged.append(time.perf_counter() - began)

    async def keep_on(self, per_second: float, until: float, times: Times | None) -> int:
        """Post at a rate, whatever the answers take; gives how many it were."""
        tasks = []
        due = time.perf_counter() + (self.brand_id % 10) / 10 / per_second
        while due < until:
            await asyncio.sleep(max(0.0, due - time.perf_counter()))
            tasks.append(asyncio.create_task(self.post(times)))
            due += 1 / per_second
        await asyncio.gather(*tasks)
        return len(tasks)


async def watch(servers: Servers, senders: list[Sender], until: float) -> None:
    """Look again and again how many orders have come into the sums, until all have."""
    connection = await asyncpg.connect(servers.database_url)
    by_id = {sender.brand_id: sender for sender in senders}
    try:
        while time.perf_counter() < until or any(sender.waiting for sender in senders):
            if time.perf_counter() > until + 60:
                raise RuntimeError("the numbers did not come within a minute")
            rows = await connection.fetch(COUNTED, list(by_id))
            now = time.perf_counter()
            for row in rows:
                sender = by_id[row["brand_id"]]
                while sender.counted < row["orders"]:
                    sender.counted += 1
                    began, times = sender.waiting.popleft()
                    if times is not None:
                        times.counted.append(now - began)
            await asyncio.sleep(0.02)
    finally:
        await connection.close()


@contextmanager
def service(workers: int, processes: int) -> Iterator[tuple[Servers, str]]:
    """The service on servers of its own."""
    data = Path(tempfile.mkdtemp(prefix="hongqun-fair-"))
    try:
        with running(data) as servers, ExitStack() as programs:
            os.environ["DATABASE_URL"] = servers.database_url
            prepare(settings_of(servers))
            base, _ = programs.enter_context(web(servers, processes))
            for _ in range(workers):
                programs.enter_context(program(servers, "worker"))
            yield servers, base
    finally:
        erase(data)


async def measure(
    servers: Servers,
    base: str,
    brands: int,
    rate: float,
    events: int,
    times: int,
    seconds: float,
    rounds: int,
) -> dict[str, Any]:
    """Post by turns without and with the flood; gives the figures of both."""
    senders = []
    for _ in range(brands):
        brand_id = await create_brand(servers)
        senders.append(Sender(base, brand_id, await create_key(servers, brand_id), events))
    flooder, *others = senders
    found = {"usual": Times(), "flood": Times()}
    posted = {"usual": 0, "flood": 0}
    try:
        # The worker may still be starting, and plans and caches are cold.
        await asyncio.gather(*(sender.post(None) for sender in senders for _ in range(5)))
        await drained(servers)
        for n in range(2 * rounds):
            phase = ("usual", "flood")[n % 2]
            flood_rate = rate * (times if phase == "flood" else 1)
            warm = time.perf_counter() + WARM_SECONDS
            until = warm + seconds

            async def flood(flood_rate: float = flood_rate, until: float = until) -> int:
                return await flooder.keep_on(flood_rate, until, None)

            flooding = asyncio.create_task(flood())
            watching = asyncio.create_task(watch(servers, others, until))
            await asyncio.gather(*(one.keep_on(rate, warm, None) for one in others))
            await asyncio.gather(*(one.keep_on(rate, until, found[phase]) for one in others))
            posted[phase] += await flooding
            await watching
            await drained(servers)
    finally:
        for sender in senders:
            await sender.close()
    usual, flood_ = found["usual"], found["flood"]
    ratios = [b / a for a, b in zip(usual.p99(), flood_.p99(), strict=True)]
    return {
        "requests": {"measured": len(usual.acknowledged), "of_flood": posted["flood"]},
        "refused": {
            "of_the_flooder": flooder.refused,
            "of_others": sum(one.refused for one in others),
        },
        "usual": {"p50": usual.p50(), "p99": usual.p99()},
        "flood": {"p50": flood_.p50(), "p99": flood_.p99()},
        "ratios_p99": {"acknowledgement": ratios[0], "to_numbers": ratios[1]},
    }


async def drained(servers: Servers) -> None:
    """Wait until nothing is pending, so that a phase begins as the one before did."""
    connection = await asyncpg.connect(servers.database_url)
    try:
        while await connection.fetchval(
            "SELECT EXISTS (SELECT FROM pending_event) OR EXISTS (SELECT FROM dirty_customer)"
            " OR EXISTS (SELECT FROM dirty_sum)"
        ):
            await asyncio.sleep(0.1)
    finally:
        await connection.close()


@click.command()
@click.option("--brands", default=5, show_default=True, help="One of them floods.")
@click.option("--rate", default=2.0, show_default=True, help="Requests a second of each brand.")
@click.option("--events", default=10, show_default=True, help="Events of a request.")
@click.option("--times", default=10, show_default=True, help="How much more the flood is.")
@click.option("--seconds", default=15.0, show_default=True, help="How long each phase is.")
@click.option("--rounds", default=2, show_default=True, help="How often both phases come.")
@click.option("--workers", default=1, show_default=True)
@click.option("--web", "processes", default=1, show_default=True, help="Web processes.")
@click.option("--small", is_flag=True, help="Three brands, six seconds: it runs, no figure.")
@click.option(
    "--json", "json_", type=click.Path(path_type=Path), default="bench/fair.json",
    show_default=True, help="Where to write what was found.",
)  # fmt: skip
def main(
    brands: int,
    rate: float,
    events: int,
    times: int,
    seconds: float,
    rounds: int,
    workers: int,
    processes: int,
    small: bool,
    json_: Path,
) -> None:
    """Measure what a flood of one brand does to the others."""
    if small:
        brands, seconds, rounds = 3, 6.0, 1
    with service(workers, processes) as (servers, base):
        found = asyncio.run(measure(servers, base, brands, rate, events, times, seconds, rounds))
    for phase in ("usual", "flood"):
        for name, (ack, counted) in found[phase].items():
            print(
                f"{phase:6} {name}: acknowledged in {ack * 1000:6.0f} ms,"
                f" in the numbers in {counted * 1000:6.0f} ms"
            )
    print("asked to send again:", found["refused"])
    for name, ratio in found["ratios_p99"].items():
        print(f"p99 of {name}: {ratio:.2f} of what it was (target: at most {TARGET})")
    told = [
        Figure(f"p99 of {name} beside a flood / without", ratio, target=TARGET)
        for name, ratio in found["ratios_p99"].items()
    ]
    write(json_, found, told)
    sys.stdout.flush()


if __name__ == "__main__":
    main()
