"""What the measures of the intake share: servers, brands that post, shots at web processes."""

import asyncio
import os
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager

import asyncpg
import httpx
import msgspec

from app.cli.serve import web_command
from app.core.db import open_pool, transaction
from app.crm import brands, sources
from app.embedded.servers import Servers
from bench import processes
from bench.brand import settings_of
from bench.firing import Fired, fire
from bench.no_database import SECRET
from bench.processes import ROOT, cpu_seconds, environment, free_port

UNBOUND = "1000000"
"""Requests a second that a source may send while it is measured."""


class Sender(msgspec.Struct, frozen=True):
    """A brand's source."""

    brand_id: int
    source_id: str
    secret: str


class Target(msgspec.Struct, frozen=True):
    """A port that requests are sent to, and the process above those that listen on it."""

    name: str
    port: int
    pid: int


class Shot(msgspec.Struct, frozen=True):
    """What came of some requests; processor time in microseconds a request, waits in ms."""

    target: str
    requests: int
    per_second: float
    web_us: float
    postgres_us: float
    load_average: float


class Arena:
    """The servers, and what is asked of all of them."""

    def __init__(self, servers: Servers) -> None:
        self.servers = servers
        self.postmaster = asyncio.run(_postmaster(servers))
        self._run = 0

    def sender(self) -> Sender:
        """A new brand with a source."""
        return asyncio.run(_make(self.servers))

    def run_name(self) -> str:
        """What makes the ids of a run its own; ids of later runs are greater."""
        self._run += 1
        return f"{int(time.time()):08x}{self._run:03d}"

    def shoot(self, target: Target, requests: list[bytes], connections: int) -> tuple[Shot, Fired]:
        """Send requests as fast as they are answered; all must be by a 202."""
        web, postgres = cpu_seconds(target.pid), cpu_seconds(self.postmaster)
        fired = fire(target.port, requests, connections)
        count = len(requests)
        if set(fired.statuses) != {202}:
            raise SystemExit(f"{target.name}: answers were {fired.statuses}")
        shot = Shot(
            target.name,
            count,
            fired.per_second,
            (cpu_seconds(target.pid) - web) / count * 1e6,
            (cpu_seconds(self.postmaster) - postgres) / count * 1e6,
            os.getloadavg()[0],
        )
        return shot, fired

    @contextmanager
    def web(self, count: int = 1) -> Iterator[Target]:
        """Web processes of the service."""
        os.environ["HONGQUN_SOURCE_RATE"] = UNBOUND
        with processes.web(self.servers, count) as (base, pid):
            yield Target("ours", int(base.rpartition(":")[2]), pid)

    @contextmanager
    def yardstick(self, name: str, secret: str) -> Iterator[Target]:
        """An application of bench/no_database.py, served as ours is."""
        port = free_port()
        command = web_command("127.0.0.1", port, 1)
        command[command.index("app.main:create_app")] = f"bench.no_database:{name}"
        with _running(command, environment(self.servers) | {SECRET: secret}) as pid:
            _wait(port)
            yield Target(name, port, pid)

    @contextmanager
    def blind(self) -> Iterator[Target]:
        """A server that answers without looking: what the client can do at most."""
        port = free_port()
        with _running([sys.executable, "-m", "bench.blind", str(port)], dict(os.environ)) as pid:
            _wait(port)
            yield Target("blind", port, pid)


@contextmanager
def _running(command: list[str], given: dict[str, str]) -> Iterator[int]:
    process = subprocess.Popen(command, env=given, cwd=ROOT)
    try:
        yield process.pid
    finally:
        process.terminate()
        try:
            process.wait(40)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


def _wait(port: int, seconds: float = 60) -> None:
    until = time.monotonic() + seconds
    while time.monotonic() < until:
        try:
            httpx.get(f"http://127.0.0.1:{port}/", trust_env=False)
            return
        except httpx.HTTPError:
            time.sleep(0.05)
    raise TimeoutError(f"nobody answers on port {port}")


async def _make(servers: Servers) -> Sender:
    pool = open_pool(settings_of(servers), "hongqun bench")
    try:
        async with transaction(pool) as connection:
            brand_id = await brands.create(connection, "量度")
            return Sender(brand_id, *await sources.create(connection, brand_id, "bench"))
    finally:
        await pool.dispose()


async def _postmaster(servers: Servers) -> int:
    connection = await asyncpg.connect(servers.database_url)
    try:
        return processes.parent(connection.get_server_pid())
    finally:
        await connection.close()
