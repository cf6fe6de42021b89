"""Deaths at any moment: nothing keeps running, and nothing that was committed is lost."""

import os
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from app.embedded import binaries, orphans
from app.embedded.account import unprivileged
from app.embedded.process import spawn
from app.embedded.servers import find, running
from tests.embedded.holder import FAST, holding
from tests.embedded.sql import ask, ask_until_answered

ON_LINUX = pytest.mark.skipif(sys.platform != "linux", reason="asks /proc")


def within(seconds: float, happens: Callable[[], bool]) -> bool:
    deadline = time.monotonic() + seconds
    while not happens():
        if time.monotonic() > deadline:
            return False
        time.sleep(0.05)
    return True


def postmaster(data: Path) -> int:
    return int((data / "postgres" / "postmaster.pid").read_text().split()[0])


@ON_LINUX
def test_a_killed_holder_takes_the_servers_along(data: Path) -> None:
    with holding(data) as holder:
        found = find(data)
        assert found is not None
        ask(found.database_url, "CREATE TABLE kept AS SELECT 7 AS it", "SELECT 1")
        sockets = Path(found.database_url.split("?host=")[1])
        cluster = (data / "postgres").resolve()
        assert orphans.living_in(cluster, "postgres")
        holder.kill()
        holder.wait()
        assert within(10, lambda: not orphans.living_in(cluster, "postgres"))
        assert within(10, lambda: not orphans.living_in(sockets, "redis", "valkey"))
        assert find(data) is None
    with running(data, options=FAST) as servers:
        assert not sockets.exists()
        assert ask(servers.database_url, "SELECT it FROM kept") == 7


def test_a_killed_postmaster_comes_back_under_the_same_address(data: Path) -> None:
    said: list[str] = []
    with running(data, say=said.append, options=FAST) as servers:
        ask(servers.database_url, "CREATE TABLE kept AS SELECT 7 AS it", "SELECT 1")
        os.kill(postmaster(data), signal.SIGKILL)
        assert ask_until_answered(servers.database_url, "SELECT it FROM kept") == 7
        assert any("PostgreSQL ended with -9" in line for line in said)


@ON_LINUX
def test_holder_and_postmaster_killed_together(data: Path) -> None:
    with holding(data) as holder:
        found = find(data)
        assert found is not None
        ask(found.database_url, "CREATE TABLE kept AS SELECT 7 AS it", "SELECT 1")
        # A backend that computes does not notice that its postmaster died: it keeps the memory.
        busy = subprocess.Popen(
            [sys.executable, "-c", BUSY, found.database_url], stderr=subprocess.DEVNULL
        )
        cluster = (data / "postgres").resolve()
        assert within(10, lambda: ask(found.database_url, COMPUTING) == 1)
        pid = postmaster(data)
        os.kill(pid, signal.SIGKILL)  # first, as it is told to shut down when the holder dies
        holder.kill()
        holder.wait()
    time.sleep(0.2)
    assert orphans.living_in(cluster, "postgres")
    with running(data, options=FAST) as servers:
        assert ask(servers.database_url, "SELECT it FROM kept") == 7
    busy.kill()
    busy.wait()


COMPUTING = "SELECT count(*) FROM pg_stat_activity WHERE query LIKE 'DO %' AND state = 'active'"
BUSY = """
import asyncio, asyncpg, sys
async def main():
    connection = await asyncpg.connect(sys.argv[1])
    await connection.execute("DO $$ BEGIN LOOP END LOOP; END $$")
asyncio.run(main())
"""


def test_a_postmaster_that_was_left_running_is_stopped_first(data: Path) -> None:
    with running(data, options=FAST):
        pass
    cluster = (data / "postgres").resolve()
    left = _postmaster_of_nobody(cluster)
    with running(data, options=FAST) as servers:
        assert ask(servers.database_url, "SELECT 1") == 1
        assert left.wait(1) == 0


def test_a_lock_that_names_a_stranger_is_removed(data: Path) -> None:
    with running(data, options=FAST) as servers:
        ask(servers.database_url, "CREATE TABLE kept AS SELECT 7 AS it", "SELECT 1")
        lock = (data / "postgres" / "postmaster.pid").read_text().splitlines()
    cluster = (data / "postgres").resolve()
    stranger = subprocess.Popen(["sleep", "60"])
    (cluster / "postmaster.pid").write_text("\n".join([str(stranger.pid), *lock[1:]]) + "\n")
    with running(data, options=FAST) as servers:
        assert ask(servers.database_url, "SELECT it FROM kept") == 7
    assert stranger.poll() is None
    stranger.kill()
    stranger.wait()


def test_an_initialisation_that_was_cut_short_is_begun_anew(data: Path) -> None:
    with running(data, options=FAST):
        pass
    cluster = (data / "postgres").resolve()
    shutil.move(cluster, cluster.with_name("postgres.new"))
    with running(data, options=FAST) as servers:
        assert ask(servers.database_url, "SELECT 1") == 1
    assert not cluster.with_name("postgres.new").exists()


def test_a_killed_redis_comes_back(data: Path) -> None:
    with running(data, options=FAST) as servers:
        if servers.redis_url is None:
            pytest.skip("no Redis on this machine")
        sockets = Path(servers.redis_url.removeprefix("unix://")).parent
        (old,) = orphans.living_in(sockets, "redis", "valkey")
        os.kill(old, signal.SIGKILL)
        assert within(10, lambda: orphans.living_in(sockets, "redis", "valkey") not in ([], [old]))


def _postmaster_of_nobody(cluster: Path) -> "subprocess.Popen[bytes]":
    """One whose supervisor is gone, where the kernel does not tell it so."""
    account = unprivileged(cluster)
    programs = binaries.postgres(None, account, lambda _: None)
    set_ = ["-c", "listen_addresses=", "-c", f"unix_socket_directories={cluster}"]
    left = spawn([programs / "postgres", "-D", cluster, *set_], account)
    lock = cluster / "postmaster.pid"
    assert within(10, lambda: lock.exists() and "ready" in lock.read_text())
    return left
