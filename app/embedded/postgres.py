"""PostgreSQL for one machine: on a unix socket only, and as durable as any."""

import signal
import subprocess
import sys
from collections.abc import Callable, Mapping
from pathlib import Path

from app.embedded import orphans
from app.embedded.cluster import DATABASE, OWNER
from app.embedded.kept import Server
from app.embedded.place import Place
from app.embedded.process import spawn

SETTINGS = {
    "listen_addresses": "",
    "unix_socket_permissions": "0700",
    "shared_buffers": "256MB",
    "max_connections": "60",
    # Pages by pglz cost 25 times as much as without, and this PostgreSQL is built without lz4.
    "wal_compression": "off",
    "checkpoint_timeout": "15min",
    "max_wal_size": "4GB",
    "fsync": "on",  # what was acknowledged survives a crash of the machine
    "synchronous_commit": "on",
    "timezone": "UTC",
    "log_timezone": "UTC",
    "logging_collector": "off",
}
if sys.platform == "darwin":  # else a disk calls durable what is only in its own cache
    SETTINGS["wal_sync_method"] = "fsync_writethrough"

ATTEMPTS = 5
STATUS_LINE = 7  # of postmaster.pid, where pg_ctl looks too


def settings(options: Mapping[str, str]) -> list[str]:
    """Ours and the caller's, as arguments of `postgres`."""
    chosen = SETTINGS | dict(options)
    return [part for name, value in chosen.items() for part in ("-c", f"{name}={value}")]


def server(
    place: Place, programs: Path, sockets: Path, arguments: list[str], say: Callable[[str], None]
) -> Server:
    """How the postmaster is started, asked and stopped."""
    where = ["-D", str(place.cluster), "-c", f"unix_socket_directories={sockets}"]

    def start() -> subprocess.Popen[bytes]:
        orphans.end(place.cluster, say)
        return spawn(
            [programs / "postgres", *where, *arguments], place.account, dies_by=signal.SIGINT
        )

    def answers(pid: int) -> bool:
        try:
            lines = (place.cluster / "postmaster.pid").read_text().splitlines()
        except (OSError, ValueError):  # not written yet, or just now
            return False
        status = "".join(lines[STATUS_LINE : STATUS_LINE + 1]).strip()
        return lines[:1] == [str(pid)] and status == "ready"

    stop = ((signal.SIGINT, 20.0), (signal.SIGQUIT, 10.0))
    return Server("PostgreSQL", start, answers, stop, ATTEMPTS)


def url(sockets: Path, secret: str) -> str:
    """For asyncpg, and with `postgresql+asyncpg` for SQLAlchemy."""
    return f"postgresql://{OWNER}:{secret}@/{DATABASE}?host={sockets}"
