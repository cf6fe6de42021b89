"""The service's own processes: started on a database, their memory read, ended by their id."""

import os
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import httpx

from app.core.roles import address_of
from app.core.settings import Settings
from app.embedded.servers import Servers

ROOT = Path(__file__).parents[1]


def environment(servers: Servers) -> dict[str, str]:
    """The environment of a process that works on these servers."""
    made = os.environ | {"DATABASE_URL": servers.database_url, "HONGQUN_LOG_LEVEL": "ERROR"}
    made.pop("REDIS_URL", None)
    given = Settings(database_url=servers.database_url)
    made["HONGQUN_APP_URL"] = address_of(given, "web")
    made["HONGQUN_WORKER_URL"] = address_of(given, "worker")
    if servers.redis_url is not None:
        made["REDIS_URL"] = servers.redis_url
    return made


@contextmanager
def program(servers: Servers, *words: str) -> Iterator[int]:
    """A command of hongqun that runs until the block ends; gives its process id."""
    process = subprocess.Popen(
        [sys.executable, "-m", "app", *words], env=environment(servers), cwd=ROOT
    )
    try:
        yield process.pid
    finally:
        process.terminate()
        try:
            process.wait(40)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


@contextmanager
def web(servers: Servers, processes: int = 1) -> Iterator[tuple[str, int]]:
    """Web processes that are ready; gives their address, and the process id above them."""
    port = free_port()
    base = f"http://127.0.0.1:{port}"
    words = ("web", "--port", str(port), "--workers", str(processes))
    with program(servers, *words) as pid:
        _wait(base)
        yield base, pid


def free_port() -> int:
    """A port that nobody listens on."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port: int = free.getsockname()[1]
        return port


def _wait(base: str, seconds: float = 60) -> None:
    until = time.monotonic() + seconds
    with httpx.Client(trust_env=False) as client:
        while time.monotonic() < until:
            try:
                if client.get(f"{base}/readyz").status_code == 200:
                    return
            except httpx.HTTPError:
                pass
            time.sleep(0.05)
    raise TimeoutError("the web process did not become ready")


def finish(servers: Servers, *words: str) -> tuple[float, float]:
    """Run a command of hongqun to its end: its seconds, and its peak memory in MB.

    Raises:
        RuntimeError: where it fails.
    """
    began = time.perf_counter()
    process = subprocess.Popen(
        [sys.executable, "-m", "app", *words],
        env=environment(servers),
        cwd=ROOT,
        stderr=subprocess.PIPE,
    )
    peak = 0.0
    while process.poll() is None:
        peak = max(peak, peak_mb(process.pid))
        try:
            _, wrote = process.communicate(timeout=0.2)
        except subprocess.TimeoutExpired:
            continue
        if process.returncode:
            raise RuntimeError(f"hongqun {' '.join(words)}: {wrote.decode()[-2000:]}")
    return time.perf_counter() - began, peak


def peak_mb(pid: int) -> float:
    """The peak resident memory of a process and all below it, each its own, in MB."""
    return sum(_peak_kb(each) for each in _tree(pid)) / 1024


def memory_mb(pid: int) -> float:
    """The resident memory of a process and all below it now, what they share counted once, in MB.

    Linux only; elsewhere it is 0.
    """
    return sum(_pss_kb(each) for each in _tree(pid)) / 1024


def _pss_kb(pid: int) -> int:
    try:
        lines = Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines()
    except OSError:  # it has ended
        return 0
    return next((int(line.split()[1]) for line in lines if line.startswith("Pss:")), 0)


def cpu_seconds(pid: int) -> float:
    """The processor time of a process and all below it that still run."""
    return sum(map(_ticks, _tree(pid))) / os.sysconf("SC_CLK_TCK")


def worked_seconds(pid: int) -> float:
    """The processor time of a process and all below it, with those of its own that have ended.

    To the nanosecond where the kernel counts so, but for those that have ended.
    """
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    ended = int(fields[13]) + int(fields[14])
    return sum(map(_seconds, _tree(pid))) + ended / os.sysconf("SC_CLK_TCK")


def _seconds(pid: int) -> float:
    try:
        return int(Path(f"/proc/{pid}/schedstat").read_text().split()[0]) / 1e9
    except (OSError, ValueError):
        return _ticks(pid) / os.sysconf("SC_CLK_TCK")


def _ticks(pid: int) -> int:
    try:
        fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    except OSError:  # it has ended
        return 0
    return int(fields[11]) + int(fields[12])


def parent(pid: int) -> int:
    """The process that started this one."""
    return int(Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[1])


def _peak_kb(pid: int) -> int:
    try:
        lines = Path(f"/proc/{pid}/status").read_text().splitlines()
    except OSError:  # it has ended
        return 0
    return next((int(line.split()[1]) for line in lines if line.startswith("VmHWM:")), 0)


def _tree(pid: int) -> list[int]:
    parents: dict[int, list[int]] = {}
    for stat in Path("/proc").glob("[0-9]*/stat"):
        try:
            fields = stat.read_text().rpartition(")")[2].split()
        except OSError:
            continue
        parents.setdefault(int(fields[1]), []).append(int(stat.parent.name))
    found, waiting = [], [pid]
    while waiting:
        each = waiting.pop()
        found.append(each)
        waiting += parents.get(each, [])
    return found


def buffers() -> str:
    """A quarter of the machine's memory, as docs/operations.md has it for a server."""
    memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
    return f"{max(256, min(8_192, int(memory / 4 / 2**20)))}MB"
