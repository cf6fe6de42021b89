"""The servers of one data folder: started, found, refused, closed to strangers."""

import asyncio
import os
import stat
from pathlib import Path

import asyncpg
import pytest
from arq.connections import RedisSettings
from redis.asyncio import from_url
from sqlalchemy import text
from sqlalchemy.ext.asyncio import create_async_engine

from app.embedded import binaries
from app.embedded.errors import AlreadyRunning, EmbeddedError
from app.embedded.servers import find, running
from tests.embedded.holder import FAST, holding
from tests.embedded.sql import ask

AS_ROOT = os.geteuid() == 0


def sockets_of(url: str) -> Path:
    return Path(url.split("?host=")[1])


def test_a_restart_keeps_the_data(data: Path) -> None:
    with running(data, options=FAST) as servers:
        ask(servers.database_url, "CREATE TABLE kept AS SELECT 7 AS it", "SELECT 1")
        first = servers
    assert not sockets_of(first.database_url).exists()
    assert find(data) is None
    with running(data, options=FAST) as servers:
        assert ask(servers.database_url, "SELECT it FROM kept") == 7


def test_a_path_longer_than_a_socket_may_have(data: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TMPDIR", str(data.parent / ("t" * 90)))
    deep = data.joinpath(*["a-long-name-of-a-folder"] * 6)
    assert len(str(deep)) > 130
    with running(deep, options=FAST) as servers:
        assert ask(servers.database_url, "SELECT 1") == 1


def test_what_the_user_can_reach_stays_in_the_folder(open_data: Path) -> None:
    with running(open_data, options=FAST) as servers:
        assert ask(servers.database_url, "SELECT 1") == 1
    assert (open_data / "postgres").is_dir()
    assert not (open_data / "postgres").is_symlink()


@pytest.mark.skipif(not AS_ROOT, reason="only root's PostgreSQL runs as another user")
def test_a_private_folder_is_left_private_and_the_cluster_lies_elsewhere(data: Path) -> None:
    data.mkdir(mode=0o700)
    with running(data, options=FAST) as servers:
        assert ask(servers.database_url, "SELECT 1") == 1
    cluster = (data / "postgres").resolve()
    assert cluster.is_relative_to("/var/lib/hongqun")
    assert stat.S_IMODE(data.stat().st_mode) == 0o700
    assert stat.S_IMODE(cluster.stat().st_mode) == 0o700
    assert cluster.stat().st_uid != 0


def test_a_second_one_is_refused_at_once(data: Path) -> None:
    with (
        holding(data) as other,
        pytest.raises(AlreadyRunning, match=f"{data} is in use by process {other.pid}"),
        running(data, options=FAST),
    ):
        pass


def test_a_copy_of_the_folder_cannot_run_the_same_cluster(data: Path) -> None:
    copy = data.with_name("copy")
    with running(data, options=FAST):
        copy.mkdir()
        (copy / "postgres").symlink_to((data / "postgres").resolve())
        (copy / "postgres.password").write_text("x")
        with pytest.raises(AlreadyRunning), running(copy, options=FAST):
            pass


def test_others_find_the_servers_while_they_run(data: Path) -> None:
    assert find(data) is None
    with holding(data):
        found = find(data)
        assert found is not None
        assert ask(found.database_url, "SELECT current_database()") == "hongqun"
        assert stat.S_IMODE((data / "run.json").stat().st_mode) == 0o600
    assert find(data) is None


def test_strangers_stay_outside(data: Path) -> None:
    with running(data, options=FAST) as servers:
        sockets = sockets_of(servers.database_url)
        assert stat.S_IMODE(sockets.stat().st_mode) == 0o700
        assert ask(servers.database_url, "SHOW listen_addresses") == ""
        password = (data / "postgres.password").read_text()
        assert stat.S_IMODE((data / "postgres.password").stat().st_mode) == 0o600
        assert password not in repr(servers)
        with pytest.raises(asyncpg.InvalidPasswordError):
            ask(servers.database_url.replace(password, "wrong"), "SELECT 1")


def test_a_commit_is_durable_unless_the_caller_says_otherwise(data: Path) -> None:
    with running(data) as servers:
        for setting in ("fsync", "synchronous_commit", "full_page_writes", "data_checksums"):
            assert ask(servers.database_url, f"SHOW {setting}") == "on"
        assert ask(servers.database_url, "SHOW server_encoding") == "UTF8"
        order = "SELECT string_agg(x, '' ORDER BY x) FROM unnest('{b,a,B,é,中}'::text[]) x"
        assert ask(servers.database_url, order) == "Babé中"
        assert ask(servers.database_url, "SELECT upper('é')") == "É"
    with running(data, options={"fsync": "off"}) as servers:
        assert ask(servers.database_url, "SHOW fsync") == "off"


def test_the_urls_suit_our_libraries(data: Path) -> None:
    async def use(database_url: str, redis_url: str) -> None:
        engine = create_async_engine(database_url.replace("postgresql", "postgresql+asyncpg", 1))
        async with engine.connect() as connection:
            assert await connection.scalar(text("SELECT 1")) == 1
        await engine.dispose()
        async with from_url(redis_url) as client:  # type: ignore[no-untyped-call]
            assert await client.ping()
            for setting, value in {"save": "", "appendonly": "no", "port": "0"}.items():
                assert await client.config_get(setting) == {setting: value}
        settings = RedisSettings.from_dsn(redis_url)
        assert settings.unix_socket_path == redis_url.removeprefix("unix://")

    with running(data, options=FAST) as servers:
        if servers.redis_url is None:
            pytest.skip("no Redis on this machine")
        asyncio.run(use(servers.database_url, servers.redis_url))


def test_without_redis_it_says_so_and_goes_on(data: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(binaries, "redis", lambda: None)
    said: list[str] = []
    with running(data, say=said.append, options=FAST) as servers:
        assert servers.redis_url is None
        assert any("no Redis" in line for line in said)


def test_a_setting_postgresql_refuses_is_told_with_its_log(data: Path) -> None:
    with running(data, options=FAST):
        pass
    with (
        pytest.raises(EmbeddedError, match=r"PostgreSQL does not start(.|\n)*no_such_setting"),
        running(data, options={"no_such_setting": "1"}),
    ):
        pass
    assert find(data) is None
