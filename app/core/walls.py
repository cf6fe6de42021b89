"""Proof that row-level security holds the role that web and worker log in as."""

from typing import Any

import asyncpg

from app.core.settings import Settings

POLICY = "of_brand"
"""The policy of every table with a brand_id: the rows of the brand in `app.brand`, and no other."""

ROLE = """
SELECT session_user AS name,
    EXISTS (
        SELECT FROM pg_roles AS r WHERE (r.rolsuper OR r.rolbypassrls OR r.rolcreaterole)
        AND pg_has_role(session_user, r.oid, 'MEMBER')
    ) AS mighty,
    EXISTS (
        SELECT FROM pg_class AS c WHERE c.relnamespace = to_regnamespace(current_schema())
        AND c.relkind IN ('r', 'p') AND pg_has_role(session_user, c.relowner, 'MEMBER')
    ) AS owns
"""

OPEN = """
SELECT CAST(CAST(c.oid AS regclass) AS text) AS named
FROM pg_class AS c
JOIN pg_attribute AS a ON a.attrelid = c.oid AND a.attname = 'brand_id' AND NOT a.attisdropped
WHERE c.relkind IN ('r', 'p') AND (
        c.relnamespace = to_regnamespace(current_schema())
        OR c.relnamespace = to_regnamespace('hongqun_detached')
        AND has_table_privilege(c.oid, 'SELECT')
    )
    AND NOT (
        c.relrowsecurity AND c.relforcerowsecurity
        AND EXISTS (SELECT FROM pg_policy AS p WHERE p.polrelid = c.oid AND p.polname = $1)
    )
ORDER BY 1
"""

PROBE = "INSERT INTO oversized_intake (brand_id, source, seen) VALUES ($1, $2, 0)"
HERE, THERE = 2**63 - 1, 2**63 - 2
"""Two brands that no sequence will give."""


class NotWalled(Exception):
    """Row-level security would not hold this process: it must not run."""


async def check_role(connection: Any) -> None:
    """See that the role cannot pass by row-level security, nor become one that can.

    Raises:
        NotWalled: for a superuser, an owner of tables, and roles with BYPASSRLS or CREATEROLE.
    """
    role = await connection.fetchrow(ROLE)
    if role["mighty"] or role["owns"]:
        why = (
            "is, or can become, a superuser or a role with BYPASSRLS or CREATEROLE"
            if role["mighty"]
            else "owns the tables, or is a member of the role that does"
        )
        raise NotWalled(
            f"the database role {role['name']} {why}, so the walls between brands would not hold"
            " it. Web and worker log in as roles of their own: `hongqun migrate` makes them, and"
            " HONGQUN_APP_URL and HONGQUN_WORKER_URL name them"
        )


async def prove(settings: Settings) -> None:
    """Log in as the process would, and see that the walls hold; it leaves nothing behind.

    Raises:
        NotWalled: saying what does not hold.
    """
    dsn = settings.database.replace("postgresql+asyncpg://", "postgresql://", 1)
    # Without names for statements, and in one transaction: a pooler may stand between.
    connection = await asyncpg.connect(dsn, timeout=5, statement_cache_size=0)
    try:
        async with connection.transaction():
            await _look(connection)
    finally:
        await connection.close()


async def _look(connection: Any) -> None:
    await check_role(connection)
    if not await connection.fetchval("SELECT to_regclass('oversized_intake') IS NOT NULL"):
        return  # nothing is there yet
    tables = [row["named"] for row in await connection.fetch(OPEN, POLICY)]
    if tables:
        raise NotWalled(
            f"no wall stands around {', '.join(tables)}: run `hongqun migrate` of this release"
        )
    await _try(connection)


async def _try(connection: Any) -> None:
    """Write a row of one brand, and look for it and write another from the next one."""
    trial = connection.transaction()
    await trial.start()
    try:
        await _be(connection, HERE)
        await connection.execute(PROBE, HERE, "mine")
        for brand in (THERE, None):
            await _be(connection, brand)
            if await connection.fetchval("SELECT EXISTS (SELECT FROM oversized_intake)"):
                raise NotWalled("rows of one brand show to another")
        await _be(connection, THERE)
        try:
            await connection.execute(PROBE, HERE, "foisted")
        except asyncpg.InsufficientPrivilegeError:
            return
        raise NotWalled("a row of one brand can be written from another")
    finally:
        await trial.rollback()


async def _be(connection: Any, brand: int | None) -> None:
    await connection.execute(f"SET LOCAL app.brand = '{'' if brand is None else brand}'")
