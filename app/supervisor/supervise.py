"""Runs programs side by side: in the foreground, until a signal, leaving no process behind."""

import asyncio
import signal
from collections.abc import Awaitable, Callable, Sequence
from typing import Any

from app.supervisor.guard import Guard
from app.supervisor.program import Hopeless, Program, Running

STOP = (signal.SIGTERM, signal.SIGINT, signal.SIGHUP)
DRAIN = 30.0  # seconds
LAST_WILL = 5.0  # seconds to drain where we were killed: the next of us will want the ports
LOOK = 0.2


def run(
    programs: Sequence[Program],
    *,
    ready: Callable[[], Awaitable[bool]] | None = None,
    say: Callable[[str], None] = print,
    drain: float = DRAIN,
) -> int:
    """Keeps the programs up until a signal; returns the exit code. Main thread only.

    The first signal asks all to drain, the second kills, as the end of `drain` seconds does.
    `ready` is asked until it says yes, and then `say` is told. The code is 0 where all ended by
    themselves when asked, 1 where some had to be killed or an essential one does not stay up.
    """
    return asyncio.run(_run(programs, ready, say, drain))


async def _run(
    programs: Sequence[Program],
    ready: Callable[[], Awaitable[bool]] | None,
    say: Callable[[str], None],
    drain: float,
) -> int:
    signals: asyncio.Queue[int] = asyncio.Queue()
    for number in STOP:
        asyncio.get_running_loop().add_signal_handler(number, signals.put_nowait, number)
    guard = Guard(min(drain, LAST_WILL))
    running = [Running(program, guard, say) for program in programs]
    lives = [asyncio.create_task(one.keep_up()) for one in running]
    telling = asyncio.create_task(_tell(ready, say))
    asked = asyncio.create_task(signals.get())
    await asyncio.wait([*lives, asked], return_when=asyncio.FIRST_COMPLETED)

    telling.cancel()
    for one in running:
        one.stop()
    again = asyncio.create_task(signals.get()) if asked.done() else asked
    drained: asyncio.Future[Any] = asyncio.gather(*lives, return_exceptions=True)
    await asyncio.wait([drained, again], timeout=drain, return_when=asyncio.FIRST_COMPLETED)
    killed = [program.name for program, one in zip(programs, running, strict=True) if one.kill()]
    if killed:
        say(f"killed, as they did not end by themselves: {', '.join(killed)}")
    errors = [end for end in await drained if end is not None]
    again.cancel()
    guard.leave()
    for error in errors:
        if not isinstance(error, Hopeless):
            raise error
        say(str(error))
    return 1 if killed or errors else 0


async def _tell(ready: Callable[[], Awaitable[bool]] | None, say: Callable[[str], None]) -> None:
    if ready is not None:
        while not await ready():
            await asyncio.sleep(LOOK)
        say("ready")
