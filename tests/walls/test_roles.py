"""Who web and worker are for the database: made by the owner, and never more than they may be."""

import asyncio
import subprocess
import sys
import uuid
from collections.abc import Iterator
from urllib.parse import urlsplit

import asyncpg
import httpx
import msgspec
import pytest

from app.core import roles
from app.core.db import open_pool, transaction
from app.core.roles import Login, address_of, login
from app.core.settings import Settings
from app.core.walls import NotWalled, prove
from tests.make import Service
from tests.stack import Stack, empty_database, env, migrated_database, stack_on, statement


@pytest.mark.parametrize("command", ["web", "worker"])
@pytest.mark.parametrize("who", ["superuser", "bypassing", "owner", "member"])
def test_web_and_worker_refuse_a_role_that_walls_do_not_hold(
    service: Service, command: str, who: str
) -> None:
    name = f"refused_{uuid.uuid4().hex[:8]}"
    made = Login(name, "secret")
    owner = login(service.settings.database)
    if who == "superuser":
        made = owner
    else:
        bypassing = "BYPASSRLS" if who == "bypassing" else ""
        statement(service.settings, f"CREATE ROLE {name} LOGIN PASSWORD 'secret' {bypassing}")
    if who == "owner":
        statement(service.settings, f"CREATE TABLE {name} (x int)")
        statement(service.settings, f"ALTER TABLE {name} OWNER TO {name}")
    if who == "member":
        statement(service.settings, f"GRANT {owner.name} TO {name}")
    try:
        given = env(service.settings) | {"DATABASE_URL": roles._as(service.settings.database, made)}
        done = subprocess.run(
            [sys.executable, "-m", "app", command, *(["--port", "1"] if command == "web" else [])],
            env=given,
            capture_output=True,
            text=True,
            timeout=60,
        )
        assert done.returncode == 2
        assert f"the database role {made.name} " in done.stderr
        assert "HONGQUN_APP_URL" in done.stderr
        assert "Traceback" not in done.stderr
    finally:
        if who != "superuser":
            statement(service.settings, f"DROP OWNED BY {name}")
            statement(service.settings, f"DROP ROLE {name}")


def test_a_walled_pool_opens_no_connection_as_the_owner(settings: Settings) -> None:
    async def go() -> None:
        pool = open_pool(settings, "hongqun test", walled=True)
        try:
            async with transaction(pool, 1):
                pass
        finally:
            await pool.dispose()

    with pytest.raises(NotWalled):
        asyncio.run(go())


def test_the_address_of_a_role_follows_from_the_owners() -> None:
    given = Settings(
        database_url="postgresql+asyncpg://own%40er:p%2Fw@db.example:6432/h?sslmode=require&user=x"
    )
    web = address_of(given, "web")
    assert login(web).name == "hongqun_app"
    assert (urlsplit(web).hostname, urlsplit(web).port) == ("db.example", 6432)
    assert urlsplit(web).query == "sslmode=require"
    assert web == address_of(given, "web") != address_of(given, "worker")
    assert "p%2Fw" not in web
    by_query = Settings(database_url="postgresql:///h?host=/run/pg&user=own%40er&password=p/w")
    assert login(address_of(by_query, "web")) == login(web)
    trusted = Settings(database_url="postgresql://owner@/h?host=/run/pg")
    assert address_of(trusted, "worker") == "postgresql://hongqun_worker@/h?host=/run/pg"
    named = msgspec.structs.replace(given, app_url="postgresql://web@elsewhere/h")
    assert address_of(named, "web") == "postgresql://web@elsewhere/h"


@pytest.fixture
def owned(settings: Settings) -> Iterator[Settings]:
    """A database of an owner who is no superuser, as a managed PostgreSQL gives it."""
    name = f"owner_{uuid.uuid4().hex[:8]}"
    statement(settings, f"CREATE ROLE {name} LOGIN CREATEROLE PASSWORD 'p/w'")
    with empty_database(settings) as empty:
        try:
            database = urlsplit(empty.database).path.removeprefix("/")
            statement(empty, f"ALTER DATABASE {database} OWNER TO {name}")
            statement(empty, "ALTER SCHEMA public OWNER TO pg_database_owner")
            yield msgspec.structs.replace(
                empty,
                database_url=roles._as(empty.database, Login(name, "p/w")),
                # Beside the other installation of this server, whose roles have these names.
                app_role=f"{name}_app",
                worker_role=f"{name}_worker",
            )
        finally:
            for role in (f"{name}_app", f"{name}_worker"):
                statement(empty, f"DROP OWNED BY {role}; DROP ROLE {role}")
            statement(empty, f"REASSIGN OWNED BY {name} TO {login(settings.database).name}")
            statement(empty, f"DROP OWNED BY {name}; DROP ROLE {name}")


def test_an_owner_who_is_no_superuser(owned: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    """Migrates, makes brands, rebuilds and verifies; and the numbers come."""
    monkeypatch.setenv("HONGQUN_APP_ROLE", owned.app_role)
    monkeypatch.setenv("HONGQUN_WORKER_ROLE", owned.worker_role)
    with stack_on(owned) as stack:
        service = stack.web()
        stack.worker()
        brand = service.brand()
        service.brand()
        brand.post(
            [
                {
                    "id": "e1",
                    "type": "order.paid",
                    "time": "2025-03-01T12:00:00+08:00",
                    "data": {"order_id": "o", "buyer_id": "b", "amount": 700, "currency": "CNY"},
                }
            ]
        )
        brand.drain()
        found = brand.ask("/v1/metrics/gmv-share", start="2025-03-01", end="2025-03-02")
        assert found["total"] == {"orders": 1, "gmv": 700}
        for words in (["rebuild"], ["verify"]):
            done = subprocess.run(
                [sys.executable, "-m", "app", *words, "--brand", str(brand.brand_id)],
                env=env(owned),
                capture_output=True,
                text=True,
                timeout=120,
            )
            assert done.returncode == 0, done.stderr
        listed = service.sql("SELECT brand_id FROM brand")
        assert len(listed) == 2, "the owner looks through all brands, by a policy of its own"
        for process in ("web", "worker"):
            asyncio.run(prove(service.as_role(process)))


def test_an_owner_who_may_not_make_roles_is_told(settings: Settings, owned: Settings) -> None:
    asyncio.run(roles.make(owned))  # so that they can be dropped
    statement(settings, f"ALTER ROLE {login(owned.database).name} NOCREATEROLE")
    with pytest.raises(roles.RolesError, match="CREATEROLE"):
        asyncio.run(roles.make(msgspec.structs.replace(owned, app_role="nobody_makes_me")))


def test_a_password_that_no_longer_fits_is_set_again(settings: Settings) -> None:
    role = f"again_{uuid.uuid4().hex[:8]}"
    given = msgspec.structs.replace(settings, app_role=role)
    try:
        asyncio.run(roles.make(given))
        statement(settings, f"ALTER ROLE {role} PASSWORD 'of before'")
        asyncio.run(roles.let_in(given, "web"))
        asyncio.run(prove(msgspec.structs.replace(given, database_url=address_of(given, "web"))))
        given = msgspec.structs.replace(
            given, app_url=roles._as(given.database, Login(role, "named"))
        )
        asyncio.run(roles.let_in(given, "web"))
    finally:
        statement(settings, f"DROP OWNED BY {role}; DROP ROLE {role}")


def test_a_web_process_that_finds_itself_an_owner_later_serves_nothing(service: Service) -> None:
    """Started past the command, as by an ASGI server of one's own."""
    with migrated_database(service.settings) as empty, stack_on(empty) as stack:
        wrong = msgspec.structs.replace(empty, app_url=empty.database)
        with pytest.raises(AssertionError, match="did not become ready"):
            Stack.web(_impatient(stack), wrong)


def _impatient(stack: Stack) -> Stack:
    stack.seconds = 3
    return stack


def test_the_worker_needs_no_superuser_to_analyse(service: Service) -> None:
    async def ask() -> None:
        connection = await asyncpg.connect(service.as_role("worker").database)
        await connection.execute("SELECT analyse_table('shop_order')")
        await connection.close()
        connection = await asyncpg.connect(service.as_role("web").database)
        with pytest.raises(asyncpg.InsufficientPrivilegeError):
            await connection.execute("SELECT analyse_table('shop_order')")
        await connection.close()

    service.sql("SELECT pg_stat_reset_single_table_counters('shop_order'::regclass)")
    asyncio.run(ask())
    (row,) = service.sql(
        "SELECT pg_stat_get_last_analyze_time('shop_order'::regclass) IS NOT NULL AS done"
    )
    assert row.done


def test_each_answers_by_its_own_role(service: Service) -> None:
    assert httpx.get(f"{service.base}/readyz", trust_env=False).status_code == 200
    rows = service.sql(
        "SELECT DISTINCT application_name, usename FROM pg_stat_activity"
        " WHERE application_name IN ('hongqun web', 'hongqun worker')"
    )
    names = {(row.application_name, row.usename) for row in rows}
    assert ("hongqun web", "hongqun_app") in names
    assert ("hongqun worker", "hongqun_worker") in names
    assert {usename for _, usename in names} == {"hongqun_app", "hongqun_worker"}
