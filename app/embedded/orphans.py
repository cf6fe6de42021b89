"""What a killed process left behind: servers that still run, and a lock that names a stranger."""

import contextlib
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

SHUTDOWN = (  # fast, immediate (recovery at the next start), and what nobody can ignore
    (signal.SIGINT, 20.0),
    (signal.SIGQUIT, 5.0),
    (signal.SIGKILL, 5.0),
)
STEP = 0.05


def end(cluster: Path, say: Callable[[str], None] = lambda _: None) -> None:
    """Ends what still runs on a cluster whose supervisor is gone; the caller holds the folder.

    Without a postmaster its orphans are no use to anybody, and hold the shared memory that the next
    one needs. They may be ended by any means: what was committed is in the log.
    """
    left = living_in(cluster, "postgres")
    if left:
        say("stopping the PostgreSQL that an earlier process left behind")
    postmaster = _postmaster(cluster)
    if postmaster in left:
        _signal_until_gone(cluster, [postmaster], SHUTDOWN)
    _signal_until_gone(cluster, None, SHUTDOWN[1:])
    pid = _postmaster(cluster)
    if pid is not None and _lives(pid) and not living_in(cluster, "postgres"):
        # PostgreSQL would take the stranger who has this pid now for a postmaster, and refuse.
        (cluster / "postmaster.pid").unlink()


def end_redis(folder: Path) -> None:
    """Ends a Redis whose working directory is this folder; it holds nothing that could be lost."""
    for pid in living_in(folder, "redis", "valkey"):
        _kill(pid, signal.SIGKILL)


def living_in(folder: Path, *names: str) -> list[int]:
    """The running programs of these names whose working directory is the folder."""
    if sys.platform != "linux":
        return _mentioning(folder, *names)
    found = []
    for entry in Path("/proc").iterdir():
        if entry.name.isdigit():
            try:
                program = (entry / "exe").readlink().name
                where = (entry / "cwd").readlink()
            except OSError:
                continue  # it ended, or is another user's
            if where == folder and program.startswith(names):
                found.append(int(entry.name))
    return found


def _mentioning(folder: Path, *names: str) -> list[int]:
    """The same where there is no /proc: by the command lines, which name the folder."""
    ps = ["ps", "-axww", "-o", "pid=,command="]
    lines = subprocess.run(ps, capture_output=True, text=True, check=True).stdout.splitlines()
    found = []
    for line in lines:
        pid, _, command = line.strip().partition(" ")
        if str(folder) in command and any(name in command for name in names):
            found.append(int(pid))
    return found


def _signal_until_gone(
    cluster: Path, only: list[int] | None, signals: tuple[tuple[signal.Signals, float], ...]
) -> None:
    for by, patience in signals:
        deadline = time.monotonic() + patience
        signalled: set[int] = set()
        while time.monotonic() < deadline:
            left = [pid for pid in living_in(cluster, "postgres") if only is None or pid in only]
            if not left:
                return
            for pid in set(left) - signalled:
                _kill(pid, by)
                signalled.add(pid)
            time.sleep(STEP)


def _postmaster(cluster: Path) -> int | None:
    try:
        return int((cluster / "postmaster.pid").read_text().split("\n", 1)[0])
    except (OSError, ValueError):
        return None


def _lives(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    return True


def _kill(pid: int, by: signal.Signals) -> None:
    with contextlib.suppress(ProcessLookupError, PermissionError):
        os.kill(pid, by)
