"""Starting a server's programs: as an account, with a bare environment, dying with us."""

import os
import signal
import subprocess
from collections.abc import Sequence
from pathlib import Path

from app.embedded.account import Account
from app.supervisor.child import dies_with_us

PASSED_ON = ("PATH", "LD_LIBRARY_PATH")


def spawn(
    argv: Sequence[str | Path],
    account: Account | None,
    *,
    dies_by: signal.Signals = signal.SIGKILL,
    folder: Path = Path("/"),
    stdin: int = subprocess.DEVNULL,
) -> subprocess.Popen[bytes]:
    """Starts a program whose stdout and stderr are one pipe.

    It has a session of its own: a Ctrl-C in the terminal is for us, and we stop it in our order.
    Our environment stays here, secrets and PG* settings alike.
    """
    bare = {"LC_ALL": "C", "TZ": "UTC"} | {k: os.environ[k] for k in PASSED_ON if k in os.environ}
    return subprocess.Popen(
        argv,
        user=account.uid if account else None,
        group=account.gid if account else None,
        extra_groups=[] if account else None,
        umask=0o077,
        env=bare,
        cwd=folder,
        start_new_session=True,
        preexec_fn=dies_with_us(dies_by),
        stdin=stdin,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
    )


def output(argv: Sequence[str | Path], account: Account | None, say: str = "") -> tuple[bool, str]:
    """Runs a program to its end: whether it succeeded, and what it wrote."""
    try:
        with spawn(argv, account, stdin=subprocess.PIPE) as process:
            wrote, _ = process.communicate(say.encode())
    except OSError as error:
        return False, str(error)
    return process.returncode == 0, wrote.decode(errors="replace")


def reaches(account: Account | None, folder: Path) -> bool:
    """Whether the account may enter: asked of the kernel, which knows more than modes."""
    if account is None:
        return True
    return output(["/bin/sh", "-c", 'test -x "$1"', "sh", folder], account)[0]
