"""Servers of a test's own: an empty database, web processes and workers that it may kill."""

import asyncio
import os
import re
import signal
import subprocess
import sys
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import asyncpg
import msgspec

from app.cli.serve import prepare, web_command
from app.core.roles import address_of
from app.core.settings import Settings
from tests.conftest import free_port, wait_until_ready
from tests.make import Service

TEMPLATE = "test_template"
MIGRATED: set[str] = set()
"""The addresses beside which there is a migrated database to copy."""


class Stack:
    """The processes that a test started on one database."""

    def __init__(self, settings: Settings) -> None:
        self.settings = settings
        self.processes: list[subprocess.Popen[bytes]] = []
        self.seconds = 90.0

    def web(
        self, settings: Settings | None = None, processes: int = 1, **environment: str
    ) -> Service:
        """Start web processes and wait until they are ready."""
        port = free_port()
        self._start("web", web_command("127.0.0.1", port, processes), settings, **environment)
        service = Service(f"http://127.0.0.1:{port}", self.settings)
        wait_until_ready(service.base, self.seconds)
        return service

    def worker(
        self, settings: Settings | None = None, **environment: str
    ) -> subprocess.Popen[bytes]:
        """Start a worker."""
        command = [sys.executable, "-m", "workers"]
        return self._start("worker", command, settings, **environment)

    def stop(self) -> None:
        """End all of them."""
        for process in self.processes:
            process.send_signal(signal.SIGTERM)
        for process in self.processes:
            try:
                process.wait(20)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()

    def _start(
        self, role: str, command: list[str], settings: Settings | None, **environment: str
    ) -> subprocess.Popen[bytes]:
        settings = settings or self.settings
        login = {"DATABASE_URL": address_of(settings, role)}
        process = subprocess.Popen(command, env=env(settings) | login | environment)
        self.processes.append(process)
        return process


def env(settings: Settings) -> dict[str, str]:
    """The environment of a process with these settings."""
    made = os.environ | {
        "DATABASE_URL": settings.database,
        "HONGQUN_LOG_LEVEL": "ERROR",
        "HONGQUN_EXPORT_URL": settings.exports,
    }
    made.pop("REDIS_URL", None)
    made |= {"HONGQUN_DATA": str(settings.data), "HONGQUN_EXPORT_URL": settings.exports}
    if settings.redis_url is not None:
        made["REDIS_URL"] = settings.redis_url
    return made


@contextmanager
def empty_database(settings: Settings, template: str = "template1") -> Iterator[Settings]:
    """A database of its own beside the service's, without tables and without Redis."""
    name = f"test_{uuid.uuid4().hex[:12]}"
    statement(settings, f"CREATE DATABASE {name} TEMPLATE {template}")
    try:
        yield _named(settings, name)
    finally:
        statement(settings, f"DROP DATABASE {name} WITH (FORCE)")


@contextmanager
def migrated_database(settings: Settings) -> Iterator[Settings]:
    """The same with the tables of this release, as a copy of one that was migrated once."""
    address = settings.database
    if address not in MIGRATED:
        statement(settings, f"CREATE DATABASE {TEMPLATE}")
        migrate(_named(settings, TEMPLATE))
        MIGRATED.add(address)
    with empty_database(settings, TEMPLATE) as made:
        yield made


@contextmanager
def stack_on(settings: Settings) -> Iterator[Stack]:
    """Migrate a database; what the test starts on it ends with the block."""
    migrate(settings)
    stack = Stack(settings)
    try:
        yield stack
    finally:
        stack.stop()


def migrate(settings: Settings) -> None:
    """Bring a database to this release, as `hongqun migrate` does."""
    before = dict(os.environ)
    os.environ.update(env(settings))
    try:
        prepare(settings)
    finally:
        os.environ.clear()
        os.environ.update(before)


def _named(settings: Settings, name: str) -> Settings:
    url = re.sub(r"/\w+\?", f"/{name}?", settings.database, count=1)
    return msgspec.structs.replace(settings, database_url=url, redis_url=None)


def statement(settings: Settings, text: str) -> None:
    """Run a statement that must stand outside of a transaction."""

    async def go() -> None:
        connection = await asyncpg.connect(settings.database)
        try:
            await connection.execute(text)
        finally:
            await connection.close()

    asyncio.run(go())


def postgres_socket(settings: Settings) -> Path:
    """The unix socket of an embedded PostgreSQL."""
    (host,) = parse_qs(urlsplit(settings.database).query)["host"]
    return Path(host) / ".s.PGSQL.5432"


def redis_socket(settings: Settings) -> Path:
    """The unix socket of an embedded Redis."""
    assert settings.redis_url is not None
    return Path(settings.redis_url.removeprefix("unix://"))


def database_at(settings: Settings, port: int) -> str:
    """The same database by a TCP port that leads to it."""
    address = urlsplit(settings.database)
    return (
        f"postgresql://{address.username}:{address.password}@127.0.0.1:{port}"
        f"{address.path}?sslmode=disable"
    )
