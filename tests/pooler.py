"""PgBouncer in transaction mode before a test's PostgreSQL, where the machine has it."""

import asyncio
import os
import pwd
import shutil
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import asyncpg
import msgspec

from app.core.roles import address_of, login
from app.core.settings import Settings
from tests.conftest import free_port
from tests.stack import database_at

PROGRAM = shutil.which("pgbouncer") or shutil.which("pgbouncer", path="/usr/sbin:/usr/local/sbin")
ABSENT = "there is no pgbouncer on this machine"

CONFIG = """
[databases]
* = host={host}

[pgbouncer]
listen_addr = 127.0.0.1
listen_port = {port}
unix_socket_dir =
auth_type = scram-sha-256
auth_file = {users}
pool_mode = transaction
default_pool_size = {size}
max_client_conn = 400
{more}
"""


@contextmanager
def pgbouncer(settings: Settings, size: int = 3, more: str = "") -> Iterator[Settings]:
    """The same database by way of PgBouncer: so few connections that all of them are shared."""
    assert PROGRAM is not None, ABSENT
    (host,) = parse_qs(urlsplit(settings.database).query)["host"]
    folder = Path(tempfile.mkdtemp(prefix="hongqun-pooler-"))
    port = free_port()
    users = folder / "users.txt"
    roles = {login(settings.database)} | {
        login(address_of(settings, process)) for process in ("web", "worker")
    }
    users.write_text("".join(f'"{who.name}" "{who.password}"\n' for who in roles))
    config = folder / "pgbouncer.ini"
    config.write_text(CONFIG.format(host=host, port=port, users=users, size=size, more=more))
    account = _account(Path(host))
    if account is not None:
        for path in (folder, users, config):
            os.chown(path, account.pw_uid, account.pw_gid)
    process = subprocess.Popen(
        [PROGRAM, "-q", str(config)],
        user=None if account is None else account.pw_uid,
        group=None if account is None else account.pw_gid,
        extra_groups=None if account is None else [],
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    made = msgspec.structs.replace(settings, database_url=database_at(settings, port))
    try:
        _wait(made, process)
        yield made
    finally:
        process.terminate()
        try:
            process.wait(10)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()
        shutil.rmtree(folder)


def _account(sockets: Path) -> pwd.struct_passwd | None:
    """It refuses to run as root, and must reach the socket: the user of the server does."""
    return pwd.getpwuid(sockets.stat().st_uid) if os.geteuid() == 0 else None


def _wait(settings: Settings, process: subprocess.Popen[bytes]) -> None:
    async def answers() -> bool:
        try:
            await (await asyncpg.connect(settings.database, timeout=2)).close()
        except OSError:
            return False
        return True

    until = time.monotonic() + 20
    while not asyncio.run(answers()):
        assert process.poll() is None, "pgbouncer ended"
        assert time.monotonic() < until, "pgbouncer does not answer"
        time.sleep(0.05)
