"""A server process that is kept up: started again when it dies, until we stop it."""

import signal
import subprocess
import threading
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from app.embedded.errors import DidNotStart
from app.embedded.log import Log

STEP = 0.05
PROGRESS = 5.0  # seconds between two lines to who waits
LONGEST_PAUSE = 10.0


@dataclass(frozen=True)
class Server:
    """How to start one, to see that it answers, and to stop it: signals, each with its patience."""

    name: str
    spawn: Callable[[], subprocess.Popen[bytes]]
    answers: Callable[[int], bool]
    stop: Sequence[tuple[signal.Signals, float]]
    attempts: int


class Kept:
    """Keeps one server up, from a thread of its own: the kernel ties the server's life to that."""

    def __init__(self, server: Server, log: Log, say: Callable[[str], None]) -> None:
        self._server = server
        self._log = log
        self._say = say
        self._settled = threading.Event()
        self._stopping = threading.Event()
        self._starting = threading.Lock()
        self._process: subprocess.Popen[bytes] | None = None
        self._failed = False
        self._thread = threading.Thread(target=self._keep, name=server.name, daemon=True)

    def start(self) -> None:
        """Returns when it answers, however long that takes; raises DidNotStart."""
        began = time.monotonic()
        self._thread.start()
        while not self._settled.wait(PROGRESS):
            waited = round(time.monotonic() - began)
            self._say(f"{self._server.name} is not ready after {waited} s, it may be recovering")
        if self._failed:
            raise DidNotStart(self._server.name, self._log.end())

    def stop(self) -> None:
        """Returns when it is gone."""
        with self._starting:
            self._stopping.set()
        for by, patience in (*self._server.stop, (signal.SIGKILL, 10.0)):
            if self._process is not None:
                self._process.send_signal(by)
            if self._thread.ident is not None:
                self._thread.join(patience)
            if not self._thread.is_alive():
                return

    def _keep(self) -> None:
        deaths = 0
        while not self._stopping.is_set():
            how = self._one_life()
            if how is None:
                deaths = 0
                how = self._wait()
            if self._stopping.is_set():
                return
            deaths += 1
            if deaths >= self._server.attempts and not self._settled.is_set():
                self._failed = True
                self._settled.set()
                return
            self._say(f"{self._server.name} {how}; starting it again")
            self._stopping.wait(min(0.25 * 2**deaths, LONGEST_PAUSE))

    def _one_life(self) -> str | None:
        """Starts it: None when it answers, else how it ended."""
        try:
            with self._starting:
                if self._stopping.is_set():
                    return "was stopped"
                process = self._process = self._server.spawn()
        except (OSError, subprocess.SubprocessError) as error:
            return f"cannot be run ({error})"
        if process.stdout is not None:
            self._log.follow(process.stdout)
        while not self._server.answers(process.pid):
            if process.poll() is not None:
                return self._wait()
            time.sleep(STEP)
        self._settled.set()
        return None

    def _wait(self) -> str:
        assert self._process is not None
        return f"ended with {self._process.wait()}"
