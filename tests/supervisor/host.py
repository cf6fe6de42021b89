"""`python -m tests.supervisor.host`: runs the supervisor on the JSON of its stdin, in a process."""

import json
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from app.supervisor.program import Program
from app.supervisor.supervise import run

ROOT = Path(__file__).parents[2]


@contextmanager
def hosting(*programs: Program, drain: float = 10.0) -> Iterator["subprocess.Popen[str]"]:
    """A supervisor; its lines and its programs' come out of `stdout`."""
    told = [{"name": p.name, "argv": p.argv, "essential": p.essential} for p in programs]
    with subprocess.Popen(
        [sys.executable, "-m", "tests.supervisor.host", json.dumps(told), str(drain)],
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        text=True,
        cwd=ROOT,
    ) as process:
        try:
            yield process
        finally:
            process.terminate()


def program(code: str, *arguments: Any, essential: bool = True) -> Program:
    """A few lines of Python."""
    argv = [sys.executable, "-I", "-S", "-c", code, *map(str, arguments)]
    return Program("it", argv, essential=essential)


def within(seconds: float, happens: Callable[[], bool]) -> bool:
    deadline = time.monotonic() + seconds
    while not happens():
        if time.monotonic() > deadline:
            return False
        time.sleep(0.05)
    return True


async def ready() -> bool:
    return True


if __name__ == "__main__":
    given = [Program(**one) for one in json.loads(sys.argv[1])]
    say = lambda line: print(line, flush=True)  # noqa: E731
    sys.exit(run(given, ready=ready, say=say, drain=float(sys.argv[2])))
