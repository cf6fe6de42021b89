"""A program that the supervisor keeps up, in a process group of its own."""

import asyncio
import contextlib
import os
import signal
import subprocess
import time
from asyncio.subprocess import Process
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field

from app.supervisor.child import dies_with_us
from app.supervisor.guard import Guard

QUICK = 5.0  # seconds: one that dies sooner has not really started
TOO_OFTEN = 5
STEADY = 60.0  # seconds: one that lived longer may be started again at once
FIRST_PAUSE, LONGEST_PAUSE = 0.5, 10.0


@dataclass(frozen=True)
class Program:
    """What to run; `env` is added to our environment.

    Without an essential one the others are of no use: the supervisor ends when it dies as soon as
    it starts, again and again. Another is tried for ever (a worker waits for its Redis like that).
    """

    name: str
    argv: Sequence[str]
    env: Mapping[str, str] = field(default_factory=dict)
    essential: bool = True


class Hopeless(Exception):
    """An essential program does not stay up."""

    def __init__(self, program: Program, code: int) -> None:
        super().__init__(
            f"{program.name} ended {TOO_OFTEN} times within {QUICK:g} s of its start, the last time"
            f" with {code}: giving up"
        )


class Running:
    """One program's present process, and those to come."""

    def __init__(self, program: Program, guard: Guard, say: Callable[[str], None]) -> None:
        self._program = program
        self._guard = guard
        self._say = say
        self._process: Process | None = None
        self._stopping = asyncio.Event()

    async def keep_up(self) -> None:
        """Starts it whenever it is not there, until `stop`; raises Hopeless."""
        quick_deaths = 0
        pause = FIRST_PAUSE
        while not self._stopping.is_set():
            began = time.monotonic()
            code = await self._one_life()
            lived = time.monotonic() - began
            if self._stopping.is_set():
                return
            quick_deaths = quick_deaths + 1 if lived < QUICK else 0
            if self._program.essential and quick_deaths >= TOO_OFTEN:
                raise Hopeless(self._program, code)
            pause = FIRST_PAUSE if lived >= STEADY else pause
            self._say(f"{self._program.name} ended with {code}; starting it again in {pause:g} s")
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(self._stopping.wait(), pause)
            pause = min(2 * pause, LONGEST_PAUSE)

    def stop(self) -> None:
        """Asks it to drain and end, and not to be started again."""
        self._stopping.set()
        if (process := self._process) is not None and process.returncode is None:
            process.send_signal(signal.SIGTERM)

    def kill(self) -> bool:
        """Ends its whole group now: whether it was still there."""
        process = self._process
        return process is not None and process.returncode is None and kill_group(process.pid)

    async def _one_life(self) -> int:
        try:
            self._process = process = await asyncio.create_subprocess_exec(
                *self._program.argv,
                env={**os.environ, **self._program.env},
                stdin=subprocess.DEVNULL,
                start_new_session=True,
                preexec_fn=dies_with_us(signal.SIGTERM),
            )
        except OSError as error:
            self._say(f"{self._program.name} cannot be run: {error}")
            return 127
        if self._stopping.is_set():  # asked while it was being started
            process.send_signal(signal.SIGTERM)
        self._guard.watch(process.pid)
        try:
            return await process.wait()
        finally:
            # Its own children would keep its port, and nobody would ever stop them.
            kill_group(process.pid)
            self._guard.forget(process.pid)


def kill_group(leader: int) -> bool:
    """Ends every process of the group: whether there was one."""
    try:
        os.killpg(leader, signal.SIGKILL)
    except (ProcessLookupError, PermissionError):  # a zombie's group, on some systems
        return False
    return True
