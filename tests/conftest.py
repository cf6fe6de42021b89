"""What tests share: real servers, a real web process and worker, one set for each test process."""

import base64
import os
import signal
import socket
import subprocess
import tempfile
import time
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import httpx
import pytest
from sqlalchemy.ext.asyncio import AsyncEngine

from app.cli.serve import prepare, programs
from app.core.db import open_pool
from app.core.settings import Settings, read
from app.embedded.servers import erase, running
from tests.make import PLAIN, Service
from tests.messages.months import split

FAST = {"fsync": "off", "synchronous_commit": "off", "full_page_writes": "off"}
"""What a test's database may forget when the machine stops."""

os.environ.setdefault(
    "HONGQUN_ENCRYPTION_KEY", base64.b64encode(b"only for tests".ljust(32)).decode()
)


@pytest.hookimpl(trylast=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Let each test process begin with some of what takes long.

    They begin with equal parts of the list, and who has done its own takes over what is last in
    another's: what takes long would stay with the one that has it, one after the other.
    """
    processes = int(os.environ.get("PYTEST_XDIST_WORKER_COUNT", "1"))
    early = [item for item in items if item.get_closest_marker("early")]
    others = [item for item in items if not item.get_closest_marker("early")]
    ends = [len(others) * n // processes for n in range(processes + 1)]
    items[:] = [
        item
        for n in range(processes)
        for item in (*early[n::processes], *others[ends[n] : ends[n + 1]])
    ]


@pytest.fixture(scope="session")
def settings() -> Iterator[Settings]:
    """Servers of this test process's own, migrated."""
    data = Path(tempfile.mkdtemp(prefix="hongqun-test-"))
    with running(data, options=FAST) as servers:
        made = Settings(
            database_url=servers.database_url,
            redis_url=servers.redis_url,
            data=data,
            web_processes=read().web_processes,
            workers=read().workers,
        )
        before = dict(os.environ)
        os.environ["DATABASE_URL"] = made.database
        try:
            prepare(made)
        finally:
            os.environ.clear()
            os.environ.update(before)
        split(Service("", made))
        yield made
    erase(data)


@pytest.fixture(scope="session")
def reached(settings: Settings) -> Iterator[Settings]:
    """Where web and worker find the database: by PgBouncer, if HONGQUN_TEST_PGBOUNCER is set."""
    if not os.environ.get("HONGQUN_TEST_PGBOUNCER"):
        yield settings
        return
    from tests.pooler import pgbouncer

    with pgbouncer(settings, size=6) as through:
        yield through


@pytest.fixture(scope="session")
def service(settings: Settings, reached: Settings) -> Iterator[Service]:
    """The web process and a worker, as `hongqun up` starts them."""
    port = free_port()
    environment = os.environ | {
        "HONGQUN_LOG_LEVEL": "WARNING",
        "HONGQUN_DATA": str(settings.data),
        "HONGQUN_EXPORT_URL": settings.exports,
    }
    if settings.redis_url is not None:
        environment["REDIS_URL"] = settings.redis_url
    processes = [
        subprocess.Popen(program.argv, env={**environment, **program.env})
        for program in programs(reached, "127.0.0.1", port)
    ]
    service = Service(f"http://127.0.0.1:{port}", settings)
    try:
        wait_until_ready(service.base)
        yield service
    finally:
        for process in processes:
            process.send_signal(signal.SIGTERM)
        for process in processes:
            process.wait(30)


@pytest.fixture
async def pool(settings: Settings) -> AsyncIterator[AsyncEngine]:
    """A pool of the test's own."""
    opened = open_pool(settings, "hongqun test")
    yield opened
    await opened.dispose()


def free_port() -> int:
    """A port that nobody listens on."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


def wait_until_ready(base: str, seconds: float = 90) -> None:
    """Wait for the web process."""
    until = time.monotonic() + seconds
    with httpx.Client(trust_env=False, verify=PLAIN) as client:
        while True:
            try:
                if client.get(f"{base}/readyz").status_code == 200:
                    return
            except httpx.HTTPError:
                pass
            assert time.monotonic() < until, "the web process did not become ready"
            time.sleep(0.05)
