"""The commands that serve: up, and its parts for those who run each on its own."""

import asyncio
import os
import signal
import sys
import time
from typing import NoReturn

import click
import httpx
from alembic import command

from app.cli.servers import beside, note, own
from app.core.db import open_pool, transaction, unavailable
from app.core.schema import config, is_current
from app.core.settings import Settings
from app.supervisor.program import Program
from app.supervisor.supervise import run

WAIT_SECONDS = 60
DRAIN_SECONDS = 30

host_option = click.option(
    "--host", default="127.0.0.1", show_default=True, help="Address to listen on."
)
port_option = click.option(
    "--port", default=8000, show_default=True, type=click.IntRange(1, 65535), help="Port."
)


@click.command()
@host_option
@port_option
def up(host: str, port: int) -> None:
    """Run everything in the foreground: servers where needed, migrations, web and worker.

    Ready when GET /readyz answers 200. Ctrl-C or SIGTERM drains within 30 seconds.
    """
    end_on_sigterm()
    with own() as settings:
        prepare(settings)
        sys.exit(run(programs(host, port), ready=lambda: answers(host, port), say=note))


@click.command()
@host_option
@port_option
@click.option("--workers", default=1, show_default=True, help="Web processes.")
def web(host: str, port: int, workers: int) -> None:
    """Run the web process alone; DATABASE_URL must be migrated."""
    beside()
    replace(web_command(host, port, workers))


@click.command()
def worker() -> None:
    """Run a worker alone; any number may run at once."""
    beside()
    replace([sys.executable, "-m", "workers"])


@click.command()
def migrate() -> None:
    """Bring the database's schema to this release's; others wait meanwhile."""
    prepare(beside())


def end_on_sigterm() -> None:
    """Let SIGTERM end what is being set up in order, until the supervisor takes over."""
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))


def prepare(settings: Settings) -> None:
    """Wait for the database, and migrate it where it is not this release's."""
    began = time.monotonic()
    while True:
        try:
            current = asyncio.run(_is_current(settings))
            break
        except Exception as error:
            if not unavailable(error) or time.monotonic() - began > WAIT_SECONDS:
                raise
            note(f"waiting for the database: {error}")
            time.sleep(1)
    if not current:
        note("migrating the database")
        command.upgrade(config(), "head")


async def _is_current(settings: Settings) -> bool:
    pool = open_pool(settings, "hongqun cli")
    try:
        async with transaction(pool) as connection:
            return await is_current(connection)
    finally:
        await pool.dispose()


def programs(host: str, port: int) -> list[Program]:
    """Web and worker, as processes of their own."""
    return [
        Program("web", web_command(host, port, 1)),
        # A worker whose database is away is tried for ever.
        Program("worker", [sys.executable, "-m", "workers"], essential=False),
    ]


def web_command(host: str, port: int, workers: int) -> list[str]:
    """The command line of the ASGI server."""
    return [
        sys.executable,
        *("-m", "granian", "--interface", "asgi", "--factory", "app.main:create_app"),
        *("--host", host, "--port", str(port), "--workers", str(workers)),
        *("--workers-kill-timeout", str(DRAIN_SECONDS - 5), "--no-access-log"),
        *("--log-level", "warning", "--loop", "uvloop"),
    ]


async def answers(host: str, port: int) -> bool:
    """Whether the web process is ready."""
    try:
        async with httpx.AsyncClient(trust_env=False) as client:
            return (await client.get(f"{url(host, port)}/readyz")).status_code == 200
    except httpx.HTTPError:
        return False


def url(host: str, port: int) -> str:
    """Where a client on this machine finds the web process."""
    reachable = {"0.0.0.0": "127.0.0.1", "::": "[::1]"}.get(host, host)
    if ":" in reachable and not reachable.startswith("["):
        reachable = f"[{reachable}]"
    return f"http://{reachable}:{port}"


def replace(argv: list[str]) -> NoReturn:
    """Become another program, so that signals reach it."""
    os.execv(argv[0], argv)
