"""The account the servers run under: PostgreSQL refuses to run as root."""

import os
import pwd
from dataclasses import dataclass
from pathlib import Path

from app.embedded.errors import EmbeddedError


@dataclass(frozen=True)
class Account:
    """A user without rights, and its group."""

    name: str
    uid: int
    gid: int


def unprivileged(cluster: Path) -> Account | None:
    """The account for this cluster; None where we are not root and the servers run as we do.

    It is the owner of a cluster that exists, so that one begun by a user can be started by root.
    """
    if os.geteuid() != 0:
        return None
    if cluster.exists() and (owner := cluster.stat().st_uid) != 0:
        found = pwd.getpwuid(owner)
        return Account(found.pw_name, found.pw_uid, found.pw_gid)
    for name in ("postgres", "nobody"):
        try:
            found = pwd.getpwnam(name)
        except KeyError:
            continue
        return Account(name, found.pw_uid, found.pw_gid)
    raise EmbeddedError("PostgreSQL refuses root, and there is no user 'postgres' or 'nobody'")


def give(path: Path, account: Account | None) -> None:
    """Makes a file or folder that we created the account's."""
    if account is not None:
        os.chown(path, account.uid, account.gid)
