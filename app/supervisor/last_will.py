"""A script: process groups come by stdin (`pid`, `-pid`), and are ended when it closes."""

import os
import signal
import sys
import time

STEP = 0.1


def main() -> None:
    """Gives the groups the seconds of its argument to drain, then kills what is left."""
    for ignored in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(ignored, signal.SIG_IGN)
    groups: set[int] = set()
    for line in sys.stdin:
        number = int(line)
        if number > 0:
            groups.add(number)
        else:
            groups.discard(-number)
    if sys.platform != "linux":  # there the kernel has told them
        groups = {group for group in groups if told(group, signal.SIGTERM)}
    deadline = time.monotonic() + float(sys.argv[1])
    while groups and time.monotonic() < deadline:
        groups = {group for group in groups if told(group, 0)}
        time.sleep(STEP)
    for group in groups:
        told(group, signal.SIGKILL)


def told(group: int, what: int) -> bool:
    """Whether there was somebody in the group to be told."""
    try:
        os.killpg(group, what)
    except (ProcessLookupError, PermissionError):
        return False
    return True


if __name__ == "__main__":
    main()
