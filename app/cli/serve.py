"""The commands that serve: up, and its parts for those who run each on its own."""

import asyncio
import os
import signal
import sys
import time
from typing import NoReturn

import click
import httpx
import msgspec
from alembic import command

from app.cli.servers import beside, beside_as, logged_in_as, note, own
from app.core import roles, room
from app.core.db import open_pool, transaction, unavailable
from app.core.schema import config, is_current
from app.core.settings import Settings, read
from app.core.walls import prove
from app.supervisor.program import Program
from app.supervisor.supervise import run
from app.telemetry import traces

WAIT_SECONDS = 60
DRAIN_SECONDS = 30
WORKER = [sys.executable, "-m", "workers"]

host_option = click.option(
    "--host", default="127.0.0.1", show_default=True, help="Address to listen on."
)
port_option = click.option(
    "--port", default=8000, show_default=True, type=click.IntRange(1, 65535), help="Port."
)


web_option = click.option(
    *("--web", "web_processes"),
    type=click.IntRange(min=1),
    help="Web processes; else HONGQUN_WEB_PROCESSES, or 1.",
)
workers_option = click.option(
    *("--workers", "workers"),
    type=click.IntRange(min=1),
    help="Workers; else HONGQUN_WORKERS, or 1.",
)


@click.command()
@host_option
@port_option
@web_option
@workers_option
def up(host: str, port: int, web_processes: int | None, workers: int | None) -> None:
    """Run everything in the foreground: servers where needed, migrations, web and worker.

    Ready when GET /readyz answers 200. Ctrl-C or SIGTERM drains within 30 seconds.
    """
    end_on_sigterm()
    for name, given in (("HONGQUN_WEB_PROCESSES", web_processes), ("HONGQUN_WORKERS", workers)):
        if given is not None:
            os.environ[name] = str(given)
    with own() as settings:
        prepare(settings)
        tell_room(settings, room.most(settings))
        started = programs(settings, host, port)
        sys.exit(run(started, ready=lambda: answers(host, port), say=note))


@click.command()
@host_option
@port_option
@click.option(
    *("--processes", "--workers", "processes"),
    type=click.IntRange(min=1),
    help="Web processes; else HONGQUN_WEB_PROCESSES, or 1.",
)
def web(host: str, port: int, processes: int | None) -> None:
    """Run the web process alone, as a role that the walls between brands hold.

    The database must be migrated. HONGQUN_APP_URL, or else DATABASE_URL, is the role's address.
    """
    settings = beside_as("web")
    processes = processes or settings.web_processes
    proven(settings, processes * room.of_web(settings))
    replace(web_command(host, port, processes))


@click.command()
@click.option(
    "--processes",
    type=click.IntRange(min=1),
    help="Workers; else HONGQUN_WORKERS, or 1.",
)
def worker(processes: int | None) -> None:
    """Run a worker alone, as a role that the walls between brands hold; any number may run.

    HONGQUN_WORKER_URL, or else DATABASE_URL, is the role's address.
    """
    settings = beside_as("worker")
    processes = processes or settings.workers
    proven(settings, processes * room.of_worker(settings))
    if processes == 1:
        replace(WORKER)
    end_on_sigterm()
    sys.exit(run(worker_programs(processes, {}), say=note))


@click.command()
def migrate() -> None:
    """Bring the database's schema to this release's; others wait meanwhile.

    DATABASE_URL is the owner's address. Makes the roles of web and worker, too.
    """
    prepare(beside())


@click.command("roles")
def make_roles() -> None:
    """Make the database roles of web and worker, and give them what they may do.

    `migrate` and `up` do so, too. On a new server it comes before a backup is restored, since roles
    are the server's and no part of a database.
    """
    asyncio.run(_equip(beside()))


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
    asyncio.run(_equip(settings))


async def _equip(settings: Settings) -> None:
    """Make the roles of web and worker, and see that the walls hold them."""
    await roles.make(settings)
    for process in ("web", "worker"):
        await roles.let_in(settings, process)
        await prove(
            msgspec.structs.replace(settings, database_url=roles.address_of(settings, process))
        )


def proven(settings: Settings, connections: int) -> None:
    """See that the walls hold the role of this process; that of a database that is away holds
    each of its connections later. Tells where so many connections are too many.
    """
    try:
        asyncio.run(prove(settings))
        tell_room(settings, connections)
    except Exception as error:
        if not unavailable(error):
            raise
        note(f"the database cannot be reached yet: {error}")


def tell_room(settings: Settings, connections: int) -> None:
    """Tell the operator where the server has no room for so many connections."""
    told = asyncio.run(room.want(settings, connections))
    if told is not None:
        note(f"hongqun: {told}")


async def _is_current(settings: Settings) -> bool:
    pool = open_pool(settings, "hongqun cli")
    try:
        async with transaction(pool) as connection:
            return await is_current(connection)
    finally:
        await pool.dispose()


def programs(settings: Settings, host: str, port: int) -> list[Program]:
    """Web and worker, as processes of their own that know their own roles' addresses alone."""
    web, worker = (
        logged_in_as(roles.address_of(settings, process)) for process in ("web", "worker")
    )
    return [
        Program("web", web_command(host, port, settings.web_processes), web),
        *worker_programs(settings.workers, worker),
    ]


def worker_programs(processes: int, environment: dict[str, str]) -> list[Program]:
    """So many workers; one whose database is away is tried for ever."""
    return [
        Program(f"worker {n}" if processes > 1 else "worker", WORKER, environment, essential=False)
        for n in range(1, processes + 1)
    ]


def web_command(host: str, port: int, processes: int) -> list[str]:
    """The command line of the ASGI server; of several processes one that dies is started again."""
    traces.check(read().traces_endpoint)
    return [
        sys.executable,
        *("-m", "granian", "--interface", "asgi", "--factory", "app.main:create_app"),
        *("--host", host, "--port", str(port), "--workers", str(processes)),
        *(("--respawn-failed-workers",) if processes > 1 else ()),
        *("--workers-kill-timeout", str(DRAIN_SECONDS - 5), "--no-access-log"),
        *("--log-level", "warning", "--loop", "uvloop"),
        *tls(),
    ]


def tls() -> list[str]:
    """The arguments of a server that speaks TLS itself."""
    settings = read()
    if settings.tls_cert is None or settings.tls_key is None:
        return []
    files = ("--ssl-certificate", settings.tls_cert, "--ssl-keyfile", settings.tls_key)
    return [*files, "--ssl-protocol-min", "tls1.2"]


async def answers(host: str, port: int) -> bool:
    """Whether the web process is ready."""
    try:
        # To ourselves we are whom we know; the certificate is for others.
        async with httpx.AsyncClient(trust_env=False, verify=False) as client:
            return (await client.get(f"{url(host, port)}/readyz")).status_code == 200
    except httpx.HTTPError:
        return False


def url(host: str, port: int) -> str:
    """Where a client on this machine finds the web process."""
    reachable = {"0.0.0.0": "127.0.0.1", "::": "[::1]"}.get(host, host)
    if ":" in reachable and not reachable.startswith("["):
        reachable = f"[{reachable}]"
    return f"{'https' if tls() else 'http'}://{reachable}:{port}"


def replace(argv: list[str]) -> NoReturn:
    """Become another program, so that signals reach it."""
    os.execv(argv[0], argv)
