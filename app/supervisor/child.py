"""A child process that does not outlive the process that started it."""

import ctypes
import os
import signal
import sys
from collections.abc import Callable

PR_SET_PDEATHSIG = 1


def dies_with_us(by: signal.Signals) -> Callable[[], None] | None:
    """What a child runs before its program (`preexec_fn`), to be signalled when we die.

    Linux only, None elsewhere. The kernel means the thread that started the child, not the process:
    start it from a thread that lives as long as the child shall. A change of the user clears the
    request, so it comes after that; `subprocess` keeps this order.
    """
    if sys.platform != "linux":
        return None
    prctl = ctypes.CDLL(None, use_errno=True).prctl
    parent = os.getpid()

    def ask() -> None:
        if prctl(PR_SET_PDEATHSIG, int(by), 0, 0, 0) != 0:
            os._exit(126)
        if os.getppid() != parent:  # it died before the kernel knew that we care
            os._exit(126)

    return ask
