"""The database roles of web and worker: made by the owner, who alone may do more than they may.

They log in by addresses of their own. Where none is named it is the owner's, with the role's name
and a password that follows from the owner's, so that every command finds the same one.
"""

import base64
import hashlib
import hmac
import os
import secrets
from typing import Any, NamedTuple
from urllib.parse import parse_qsl, quote, unquote, urlencode, urlsplit, urlunsplit

import asyncpg

from app.core.settings import Settings, SettingsError

ACROSS = (
    *("work_lease", "pending_event", "dirty_customer", "dirty_sum", "dirty_brand"),
    *("schedule", "stale_period", "sheet_import", "departed_brand"),
    *("dirty_segment", "export", "webhook_delivery"),
)
"""What the worker may look through without a brand, to find the brands that have work."""

LOCK = 0x726F6C65
"""The advisory lock's key: "role"."""

READ, ALL = frozenset({"SELECT"}), frozenset({"SELECT", "INSERT", "UPDATE", "DELETE"})
MAY = {
    "alembic_version": READ,
    "calendar": frozenset({"SELECT", "INSERT"}),
    # Append-only: not even who breaks into the service can rewrite what was done.
    "audit_entry": frozenset({"SELECT", "INSERT"}),
    "audit_head": frozenset({"SELECT", "INSERT", "UPDATE"}),
    # What was detached: nothing new is stored there.
    "hongqun_detached.event": frozenset({"SELECT", "UPDATE", "DELETE"}),
    "hongqun_detached.message": frozenset({"SELECT", "UPDATE", "DELETE"}),
}
"""What web and worker may do with a table; ALL where it is not named, and nothing with a partition
or another table beside what was detached.
"""

HELD = """
SELECT CAST(CAST(c.oid AS regclass) AS text) AS named, p.privilege,
    has_table_privilege($1, c.oid, p.privilege) AS held,
    c.relispartition OR c.relnamespace = to_regnamespace('hongqun_detached') AS apart
FROM pg_class AS c
CROSS JOIN unnest(ARRAY['SELECT', 'INSERT', 'UPDATE', 'DELETE', 'TRUNCATE', 'REFERENCES',
    'TRIGGER']) AS p (privilege)
WHERE c.relnamespace IN (to_regnamespace(current_schema()), to_regnamespace('hongqun_detached'))
    AND c.relkind IN ('r', 'p')
"""

UNUSABLE = """
SELECT format('SEQUENCE %s', c.oid::regclass) AS what, 'USAGE' AS privilege
FROM pg_class AS c
WHERE c.relnamespace = to_regnamespace(current_schema())
    AND CASE WHEN c.relkind = 'S' THEN NOT has_sequence_privilege($1, c.oid, 'USAGE') END
UNION ALL SELECT format('SCHEMA %I', n.nspname), 'USAGE'
FROM pg_namespace AS n
WHERE n.nspname IN (current_schema(), 'hongqun_detached')
    AND NOT has_schema_privilege($1, n.oid, 'USAGE')
UNION ALL SELECT format('DATABASE %I', current_database()), p.privilege
FROM unnest(ARRAY['CONNECT', 'TEMPORARY']) AS p (privilege)
WHERE NOT has_database_privilege($1, current_database(), p.privilege)
UNION ALL SELECT format('FUNCTION %s', f.oid::regprocedure), 'EXECUTE'
FROM pg_proc AS f
WHERE $2 AND f.pronamespace = to_regnamespace(current_schema())
    AND NOT has_function_privilege($1, f.oid, 'EXECUTE')
"""

POLICIES = """
SELECT CAST(CAST(c.oid AS regclass) AS text) AS named, p.polname FROM pg_class AS c
LEFT JOIN pg_policy AS p ON p.polrelid = c.oid AND $1 = ANY (p.polroles)
WHERE c.relnamespace IN (to_regnamespace(current_schema()), to_regnamespace('hongqun_detached'))
    AND c.relrowsecurity
"""


class Login(NamedTuple):
    """A role's name and password; None where the server asks for none, or finds it elsewhere."""

    name: str
    password: str | None


class RolesError(Exception):
    """The roles of web and worker cannot be made or cannot log in."""


def address_of(settings: Settings, process: str) -> str:
    """Where the web or the worker logs in: as it is named, or derived from the owner's address."""
    named = settings.app_url if process == "web" else settings.worker_url
    if named is not None:
        return named
    role = settings.app_role if process == "web" else settings.worker_role
    secret = login(settings.database).password or os.environ.get("PGPASSWORD")
    password = (
        None
        if secret is None
        else hmac.new(secret.encode(), f"hongqun {role}".encode(), hashlib.sha256).hexdigest()
    )
    return _as(settings.database, Login(role, password))


def login(url: str) -> Login:
    """Who logs in by an address.

    Raises:
        SettingsError: where it names nobody.
    """
    parts = urlsplit(url)
    query = dict(parse_qsl(parts.query))
    name = unquote(parts.username or "") or query.get("user") or os.environ.get("PGUSER")
    if not name:
        raise SettingsError("an address of the database names no role: write postgresql://ROLE@…")
    return Login(name, unquote(parts.password or "") or query.get("password"))


def _as(url: str, who: Login) -> str:
    parts = urlsplit(url)
    query = [(k, v) for k, v in parse_qsl(parts.query) if k not in ("user", "password")]
    secret = "" if who.password is None else f":{quote(who.password, safe='')}"
    host = parts.netloc.rpartition("@")[2]
    netloc = f"{quote(who.name, safe='')}{secret}@{host}"
    return urlunsplit(parts._replace(netloc=netloc, query=urlencode(query, safe="/:,")))


async def make(settings: Settings) -> None:
    """Make the roles where they are missing, and give them what they may do here and no more.

    Raises:
        RolesError: where the owner may not.
    """
    connection = await asyncpg.connect(_plain(settings.database), timeout=5, statement_cache_size=0)
    try:
        async with connection.transaction():
            await connection.execute("SET LOCAL lock_timeout = '10s'")
            await connection.execute("SELECT pg_advisory_xact_lock($1)", LOCK)
            for process in ("web", "worker"):
                await _make(connection, login(address_of(settings, process)))
        async with connection.transaction():
            await connection.execute("SET LOCAL lock_timeout = '10s'")
            await connection.execute("SELECT pg_advisory_xact_lock($1)", LOCK)
            await _allow_owner(connection)
            for process in ("web", "worker"):
                role = login(address_of(settings, process)).name
                await _grant(connection, role, functions=process == "worker")
                if process == "worker":
                    await _let_look_across(connection, role)
    except asyncpg.InsufficientPrivilegeError as error:
        raise RolesError(
            f"the owner's role may not make or equip the roles of web and worker: {error}. Give it"
            " CREATEROLE, or have an administrator make them and name their addresses in"
            " HONGQUN_APP_URL and HONGQUN_WORKER_URL"
        ) from None
    finally:
        await connection.close()


async def let_in(settings: Settings, process: str) -> None:
    """See that the process can log in; where its password is refused it is set.

    Raises:
        RolesError: where it is refused all the same.
    """
    url = address_of(settings, process)
    who = login(url)
    for attempt in range(2):
        try:
            await (await asyncpg.connect(_plain(url), timeout=5)).close()
            return
        except asyncpg.InvalidAuthorizationSpecificationError as error:
            if attempt or who.password is None:
                variable = "HONGQUN_APP_URL" if process == "web" else "HONGQUN_WORKER_URL"
                raise RolesError(
                    f"the server does not let the role {who.name} in: {error}. Name an address"
                    f" by which it can log in in {variable}"
                ) from None
        connection = await asyncpg.connect(_plain(settings.database), timeout=5)
        try:
            await connection.execute(
                f"ALTER ROLE {_quoted(who.name)} LOGIN PASSWORD '{scram(who.password)}'"
            )
        except asyncpg.InsufficientPrivilegeError as error:
            raise RolesError(f"the password of {who.name} cannot be set: {error}") from None
        finally:
            await connection.close()


async def _make(connection: Any, who: Login) -> None:
    if await connection.fetchval("SELECT EXISTS (SELECT FROM pg_roles WHERE rolname = $1)", who[0]):
        return
    password = "" if who.password is None else f" PASSWORD '{scram(who.password)}'"
    await connection.execute(f"CREATE ROLE {_quoted(who.name)} LOGIN{password}")


async def _grant(connection: Any, role: str, *, functions: bool) -> None:
    """Grant what is missing and revoke what is too much; nothing is written where all is well."""
    name = _quoted(role)
    for row in await connection.fetch(HELD, role):
        table, privilege = row["named"], row["privilege"]
        wanted = privilege in MAY.get(table, frozenset() if row["apart"] else ALL)
        if wanted and not row["held"]:
            await connection.execute(f"GRANT {privilege} ON {table} TO {name}")
        elif row["held"] and not wanted:
            await connection.execute(f"REVOKE {privilege} ON {table} FROM {name}")
    for row in await connection.fetch(UNUSABLE, role, functions):
        await connection.execute(f"GRANT {row['privilege']} ON {row['what']} TO {name}")


async def _let_look_across(connection: Any, role: str) -> None:
    there = await _policies(connection, role)
    for table in ACROSS:
        if table in there and f"{role}_looks_across" not in there[table]:
            policy = f"{_quoted(role + '_looks_across')} ON {table} FOR SELECT TO {_quoted(role)}"
            await connection.execute(f"CREATE POLICY {policy} USING (true)")
    if f"{role}_enters" not in there.get("schedule", {f"{role}_enters"}):
        await connection.execute(
            f"CREATE POLICY {_quoted(role + '_enters')} ON schedule FOR INSERT TO {_quoted(role)}"
            " WITH CHECK (true)"
        )


async def _allow_owner(connection: Any) -> None:
    """Let an owner who is no superuser migrate, back up, and run the commands of all brands."""
    mighty = "SELECT rolsuper OR rolbypassrls FROM pg_roles WHERE rolname = session_user"
    if await connection.fetchval(mighty):
        return
    owner = await connection.fetchval("SELECT session_user")
    for table, policies in (await _policies(connection, owner)).items():
        if "of_owner" not in policies:
            await connection.execute(
                f"CREATE POLICY of_owner ON {table} TO {_quoted(owner)} USING (true)"
            )


async def _policies(connection: Any, role: str) -> dict[str, set[str]]:
    """The policies that name a role, by table; every walled table is there."""
    oid = await connection.fetchval("SELECT oid FROM pg_roles WHERE rolname = $1", role)
    found: dict[str, set[str]] = {}
    for row in await connection.fetch(POLICIES, oid):
        found.setdefault(row["named"], set()).add(row["polname"])
    return found


def scram(password: str) -> str:
    """What the server keeps of a password, so that the password itself is in no statement."""
    salt, rounds = secrets.token_bytes(16), 4096
    salted = hashlib.pbkdf2_hmac("sha256", password.encode(), salt, rounds)
    client = hmac.new(salted, b"Client Key", hashlib.sha256).digest()
    server = hmac.new(salted, b"Server Key", hashlib.sha256).digest()
    s, k, v = (
        base64.b64encode(each).decode() for each in (salt, hashlib.sha256(client).digest(), server)
    )
    return f"SCRAM-SHA-256${rounds}:{s}${k}:{v}"


def _quoted(name: str) -> str:
    return '"' + name.replace('"', '""') + '"'


def _plain(url: str) -> str:
    return url.replace("postgresql+asyncpg://", "postgresql://", 1)
