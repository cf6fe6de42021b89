"""The supervisor's last will: ends its programs with all their children when it is killed."""

import contextlib
import subprocess
import sys
from pathlib import Path


class Guard:
    """A process beside us that knows our process groups, and sees by a closed pipe that we died.

    The kernel's word to our children alone would spare their children, and who ignores SIGTERM.
    """

    def __init__(self, drain: float) -> None:
        script = Path(__file__).with_name("last_will.py")
        self._process = subprocess.Popen(
            [sys.executable, "-I", "-S", script, str(drain)],
            stdin=subprocess.PIPE,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            start_new_session=True,
            cwd="/",
        )

    def watch(self, group: int) -> None:
        """From now on this group must not outlive us."""
        self._tell(f"{group}\n")

    def forget(self, group: int) -> None:
        """It is gone, and its number may become another's."""
        self._tell(f"-{group}\n")

    def leave(self) -> None:
        """Ends it; there is nothing left to guard."""
        assert self._process.stdin is not None
        self._process.stdin.close()
        self._process.wait()

    def _tell(self, line: str) -> None:
        assert self._process.stdin is not None
        # If somebody killed it, the kernel's word to our children is left.
        with contextlib.suppress(BrokenPipeError):
            self._process.stdin.write(line.encode())
            self._process.stdin.flush()
