"""The supervisor with real programs: kept up, drained, killed, and none left behind."""

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from tests.supervisor.host import hosting, program, within

SLEEPS = "import os, time; print('up', os.getpid(), flush=True); time.sleep(60)"
DRAINS = """
import os, signal, sys, time
def drain(*_):
    time.sleep(0.5)
    os.write(1, b"drained\\n")  # the signal may have come in the midst of a print
    sys.exit(0)
signal.signal(signal.SIGTERM, drain)
print("up", os.getpid(), flush=True)
while True: time.sleep(1)
"""
STUBBORN = """
import os, signal, subprocess, sys, time
signal.signal(signal.SIGTERM, signal.SIG_IGN)
child = subprocess.Popen([sys.executable, "-I", "-S", "-c", "import time; time.sleep(60)"])
print("up", os.getpid(), child.pid, flush=True)
while True: time.sleep(1)
"""


def pids(process: "subprocess.Popen[str]") -> list[int]:
    """Of the next line `up …`."""
    assert process.stdout is not None
    for line in process.stdout:
        if line.startswith("up "):
            return [int(part) for part in line.split()[1:]]
    raise AssertionError("it ended")


def rest(process: "subprocess.Popen[str]") -> str:
    assert process.stdout is not None
    return process.stdout.read()


def gone(pid: int) -> bool:
    """Ended; one that only waits for its parent to look counts."""
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return True
    stat = Path(f"/proc/{pid}/stat")
    try:
        return stat.read_text().rsplit(")", 1)[1].split()[0] == "Z"
    except FileNotFoundError:
        return sys.platform == "linux"


def test_a_killed_program_is_started_again_with_its_children_gone() -> None:
    with hosting(program(STUBBORN), drain=0.2) as host:
        first, child = pids(host)
        os.kill(first, signal.SIGKILL)
        second, _ = pids(host)
        assert second != first
        assert within(5, lambda: gone(child))


def test_sigterm_is_passed_on_and_waited_for() -> None:
    with hosting(program(DRAINS), program(DRAINS)) as host:
        began = [pids(host)[0], pids(host)[0]]
        host.terminate()
        assert rest(host).count("drained") == 2
        assert host.wait(5) == 0
        assert all(gone(pid) for pid in began)


def test_who_ignores_sigterm_is_killed_after_the_drain_with_its_children() -> None:
    with hosting(program(STUBBORN), drain=1.0) as host:
        began = pids(host)
        asked = time.monotonic()
        host.terminate()
        assert "killed, as they did not end by themselves: it" in rest(host)
        assert host.wait(5) == 1
        assert 0.9 < time.monotonic() - asked < 5
        assert within(5, lambda: all(gone(pid) for pid in began))


def test_a_second_signal_kills_at_once() -> None:
    with hosting(program(STUBBORN), drain=60.0) as host:
        began = pids(host)
        host.send_signal(signal.SIGINT)
        time.sleep(0.3)
        asked = time.monotonic()
        host.send_signal(signal.SIGINT)
        assert host.wait(5) == 1
        assert time.monotonic() - asked < 5
        assert within(5, lambda: all(gone(pid) for pid in began))


@pytest.mark.parametrize("code", [SLEEPS, STUBBORN])
def test_nothing_outlives_a_killed_supervisor(code: str) -> None:
    with hosting(program(code), drain=0.5) as host:
        began = pids(host)
        host.kill()
        host.wait()
        assert within(10, lambda: all(gone(pid) for pid in began))


def test_an_essential_program_that_never_stays_up_ends_all(tmp_path: Path) -> None:
    dies = program("import sys; print('in use', flush=True); sys.exit(3)")
    with hosting(dies, program(SLEEPS)) as host:
        (other,) = pids(host)
        said = rest(host)
        assert host.wait(30) == 1
        assert "it ended 5 times within 5 s of its start, the last time with 3" in said
        assert gone(other)


def test_a_program_that_is_not_essential_is_tried_for_longer() -> None:
    with hosting(program("raise SystemExit(3)", essential=False), program(SLEEPS)) as host:
        time.sleep(9)
        assert host.poll() is None


def test_a_program_that_does_not_exist_is_told() -> None:
    missing = program("")
    missing = type(missing)("web", ["/no/such/program"])
    with hosting(missing) as host:
        said = rest(host)
        assert host.wait(30) == 1
        assert "web cannot be run" in said
        assert "giving up" in said


def test_it_says_when_all_is_ready() -> None:
    with hosting(program(DRAINS)) as host:
        pids(host)
        host.terminate()
        assert "Traceback" not in rest(host)
    with hosting(program(SLEEPS)) as host:
        assert host.stdout is not None
        assert any(line == "ready\n" for line in iter(host.stdout.readline, ""))
