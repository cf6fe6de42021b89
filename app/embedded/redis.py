"""Redis for wake-ups: on a unix socket only, and nothing of it is kept."""

import signal
import socket
import subprocess
from pathlib import Path

from app.embedded.account import Account
from app.embedded.kept import Server
from app.embedded.process import spawn

ATTEMPTS = 2  # one is luck; and there is a life without it


def server(program: Path, account: Account | None, sockets: Path) -> Server:
    """How it is started, asked and stopped."""
    path = sockets / "redis.sock"
    argv: list[str | Path] = [
        *(program, "--port", "0", "--unixsocket", path, "--unixsocketperm", "700"),
        *("--appendonly", "no", "--save", "", "--dir", sockets, "--daemonize", "no"),
    ]

    def start() -> subprocess.Popen[bytes]:
        return spawn(argv, account, dies_by=signal.SIGTERM, folder=sockets)

    def answers(_pid: int) -> bool:
        try:
            with socket.socket(socket.AF_UNIX) as line:
                line.settimeout(1)
                line.connect(str(path))
                line.sendall(b"PING\r\n")
                return line.recv(16).startswith(b"+PONG")
        except OSError:
            return False

    return Server("Redis", start, answers, ((signal.SIGTERM, 5.0),), ATTEMPTS)


def url(sockets: Path) -> str:
    """For redis-py, and arq's `RedisSettings.from_dsn`."""
    return f"unix://{sockets}/redis.sock"
