"""Where a cluster lies: in its data folder, or in /var/lib where its account cannot enter that."""

import hashlib
import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import count
from pathlib import Path

from app.embedded.account import Account, unprivileged
from app.embedded.errors import EmbeddedError
from app.embedded.folder import locked, sync_folder
from app.embedded.process import reaches

VAR = Path("/var/lib/hongqun")


@dataclass(frozen=True)
class Place:
    """A cluster's folder, which may not exist yet, and the account it belongs to."""

    cluster: Path
    account: Account | None


@contextmanager
def placed(data: Path, say: Callable[[str], None]) -> Iterator[Place]:
    """The cluster's place, held for us alone: a data folder and its copy may link to the same."""
    link = data / "postgres"
    cluster = link.resolve()
    account = unprivileged(cluster)
    user = f"the user {account.name}" if account else "this user"
    if not link.is_symlink() and not link.exists() and not reaches(account, data):
        cluster = _home(data, say) / "postgres"
        link.symlink_to(cluster)
        sync_folder(data)
        say(f"{user} cannot reach {data}: its PostgreSQL is in {cluster}")
    if not reaches(account, cluster.parent):
        raise EmbeddedError(f"{user} cannot reach {cluster}, and PostgreSQL runs as it")
    if cluster.parent == data:
        yield Place(cluster, account)
    else:
        with locked(cluster.parent):
            yield Place(cluster, account)


def made(folder: Path, mode: int) -> Path:
    """The folder: untouched where it was there, else made with this mode, whatever our umask."""
    try:
        folder.mkdir(parents=True)
    except FileExistsError:
        return folder
    folder.chmod(mode)
    return folder


def home_of(data: Path) -> Path | None:
    """The folder in /var/lib that was made for this data folder, if one was."""
    link = data / "postgres"
    home = link.resolve().parent
    return home if link.is_symlink() and home.parent == VAR else None


def ours_under_var() -> Path:
    """Our folder in /var/lib; nobody else may write there, as programs are run from it."""
    seen = made(VAR, 0o755).lstat()
    if seen.st_uid != os.geteuid() or seen.st_mode & 0o022 or VAR.is_symlink():
        raise EmbeddedError(f"{VAR} must be a folder of root that nobody else can write to")
    return VAR


def _home(data: Path, say: Callable[[str], None]) -> Path:
    """A folder without a cluster: one that has some belongs to data that was moved, or deleted."""
    short = hashlib.sha256(str(data).encode()).hexdigest()[:12]
    for number in count(1):
        home = made(ours_under_var() / (short if number == 1 else f"{short}-{number}"), 0o711)
        if not (home / "postgres").exists():
            break
        say(f"{home} holds what an earlier {data} had; delete it if nothing needs it")
    (home / "data-folder").write_text(f"{data}\n")
    return home
