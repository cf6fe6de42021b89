"""The worker process: `python -m workers`."""

import asyncio
import contextlib
import gc
import os
import secrets
import signal
import socket
import sys

import structlog

from app.core.db import open_pool, reason, unavailable
from app.core.jobs import listen
from app.core.logs import configure
from app.core.queues import tell_queues
from app.core.settings import Settings, read
from app.exports.store import open_store
from app.outbound.deliver import Sender
from app.telemetry import traces
from app.telemetry.port import NoPort, open_port
from app.telemetry.traces import NoTraces
from workers.clockwork import run_by_the_clock
from workers.deliveries import send_webhooks
from workers.exports import run_exports
from workers.housekeeping import keep_house
from workers.imports import run_imports
from workers.partitions import keep_partitions
from workers.pump import Pump
from workers.segments import keep_segments

GARBAGE = 100_000
"""So many objects more than went are to be before the garbage collector looks: a batch keeps tens
of thousands until its commit, and at its 700 it went through them again and again for nothing.
"""

log = structlog.get_logger()


async def work(settings: Settings) -> None:
    """Pump until SIGTERM or SIGINT; what is in hand is finished first."""
    loop = asyncio.get_running_loop()
    stopping, due, touched = asyncio.Event(), asyncio.Event(), asyncio.Event()

    def stop() -> None:
        stopping.set()
        due.set()

    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, stop)
    pool = open_pool(settings, "hongqun worker", walled=True)
    open_port("worker", settings.metrics_host, settings.metrics_port)
    tell_queues(pool)
    traces.start("worker", settings.traces_endpoint)
    holder = f"{socket.gethostname()}:{os.getpid()}:{secrets.token_hex(4)}"
    sender = Sender(anywhere=settings.webhooks_to_anywhere, trusted=settings.webhooks_ca)
    pump = Pump(pool, holder, settings.batch_events)
    tasks = [
        asyncio.create_task(keep_house(pool, open_store(settings))),
        asyncio.create_task(keep_partitions(pool, settings)),
        asyncio.create_task(run_by_the_clock(pool)),
        asyncio.create_task(keep_segments(settings, touched)),
        asyncio.create_task(run_imports(pool, holder, due.set)),
        asyncio.create_task(run_exports(settings, holder)),
        asyncio.create_task(send_webhooks(pool, holder, sender)),
    ]

    def wake() -> None:
        due.set()
        touched.set()

    if settings.redis_url is not None:
        tasks.append(asyncio.create_task(listen(settings.redis_url, wake)))
    # Without wake-ups the sweep is all there is, so it comes more often.
    sweep = settings.sweep_seconds if settings.redis_url is not None else 1
    log.info("worker_started", holder=holder, sweep_seconds=sweep)
    while not stopping.is_set():
        due.clear()
        try:
            await pump.run_until_idle(stopping)
            touched.set()  # a wake-up told of events; what they touched is known only now
        except Exception as error:
            # Nothing ends the worker but a signal: what was in hand is taken again.
            if unavailable(error):
                log.warning("database_unavailable", error=reason(error))
            else:
                log.exception("round_failed")
            await asyncio.sleep(1)
            continue
        with contextlib.suppress(asyncio.TimeoutError):
            await asyncio.wait_for(due.wait(), timeout=sweep)
    for task in tasks:
        task.cancel()
    await asyncio.gather(*tasks, return_exceptions=True)
    await pool.dispose()
    await asyncio.to_thread(traces.stop)
    log.info("worker_stopped")


def main() -> None:
    """Run the worker with the settings of the environment."""
    settings = read()
    configure(settings.log_level)
    with contextlib.suppress(ImportError):
        import uvloop

        uvloop.install()
    gc.freeze()  # what was imported stays
    gc.set_threshold(GARBAGE)
    try:
        asyncio.run(work(settings))
    except (NoPort, NoTraces) as error:
        sys.exit(f"hongqun: {error}")


if __name__ == "__main__":
    main()
