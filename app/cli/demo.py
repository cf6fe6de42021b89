"""The demo: everything for real, on a sample brand, with the numbers on screen."""

import os
import signal
import sys
import threading
import time
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

import click
from rich.console import Console
from sqlalchemy.ext.asyncio import AsyncConnection

from app.cli.brand import within
from app.cli.serve import answers, end_on_sigterm, host_option, port_option, prepare, programs, url
from app.cli.servers import note, own
from app.crm import brands, keys, sources
from app.demo import brand as sample
from app.demo.delivery import deliver
from app.demo.files import write_files
from app.demo.headline import show_numbers
from app.demo.post import Door, post_all, wait_until_counted
from app.demo.story import story
from app.exports.store import Store, open_store
from app.supervisor.supervise import run


@click.command()
@click.option("--once", is_flag=True, help="End after printing the numbers.")
@host_option
@port_option
def demo(once: bool, host: str, port: int) -> None:
    """Run everything, load a sample brand through the signed webhook, print its numbers, and write
    last week's files.

    A generated jewellery brand: some 20,000 events over 26 weeks, late and repeated ones among
    them. Serves until Ctrl-C, so that you can ask it more.
    """
    end_on_sigterm()
    # The numbers are what is to be seen here, not every request.
    os.environ.setdefault("HONGQUN_LOG_LEVEL", "WARNING")
    outcome: list[BaseException] = []
    with own() as settings:
        prepare(settings)
        ready = threading.Event()

        async def told() -> bool:
            if await answers(host, port):
                ready.set()
            return ready.is_set()

        def load() -> None:
            ready.wait()
            try:
                tell(url(host, port), once, open_store(settings))
            except BaseException as error:
                outcome.append(error)
            if once or outcome:
                os.kill(os.getpid(), signal.SIGTERM)

        threading.Thread(target=load, daemon=True).start()
        code = run(programs(settings, host, port), ready=told, say=note)
    if outcome:
        raise outcome[0]
    sys.exit(code)


def tell(base: str, once: bool, store: Store) -> None:
    """Make the brand, post its story, and print what came of it."""
    began = time.monotonic()
    console = Console()
    door, key, brand_id = _open_door(base)
    today = datetime.now(ZoneInfo(sample.TIMEZONE)).date()
    end = today - timedelta(days=today.weekday())
    post_all(door, deliver(story(today)), console)
    wait_until_counted(base, key, console)
    show_numbers(base, key, end - timedelta(weeks=26), end, console)
    write_files(base, key, brand_id, store, console)
    console.print(f"[dim]done in {time.monotonic() - began:.1f} s[/dim]")
    if not once:
        console.print(f"\nserving at {base} until Ctrl-C; the key of the demo brand is\n  {key}")


def _open_door(base: str) -> tuple[Door, str, int]:
    async def act(connection: AsyncConnection) -> tuple[Door, str, int]:
        brand_id = await brands.create(connection, sample.NAME, sample.TIMEZONE, sample.CURRENCY)
        key = await keys.create(connection, brand_id, "demo")
        source_id, secret = await sources.create(connection, brand_id, "demo bot")
        return Door(f"{base}/v1/webhooks/{source_id}", secret), key, brand_id

    return within(act)
