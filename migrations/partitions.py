"""Tables in partitions: one a month (UTC), one of what came before, one of what nobody foresaw.

What is detached goes to a table of the same name in the schema `hongqun_detached`: to a plain
table that inherits from it, so that whoever must find all that is stored still does.
"""

from alembic import op

from migrations.partition_functions import FUNCTIONS, NAMES

DETACHED = "hongqun_detached"

GRANTS = """
SELECT privilege_type, CAST(CAST(grantee AS regrole) AS text)
FROM pg_class CROSS JOIN aclexplode(relacl)
WHERE oid = CAST('{table}' AS regclass) AND grantee NOT IN (0, relowner)
"""
INDEXES = """
SELECT c.relname, CASE
    WHEN k.oid IS NULL THEN replace(pg_get_indexdef(c.oid), ' ON ONLY ', ' ON ')
    ELSE format('ALTER TABLE %I ADD CONSTRAINT %I %s', '{table}', k.conname,
        pg_get_constraintdef(k.oid))
END
FROM pg_index AS x
JOIN pg_class AS c ON c.oid = x.indexrelid
LEFT JOIN pg_constraint AS k ON k.conindid = x.indexrelid AND k.conrelid = x.indrelid
WHERE x.indrelid = CAST('{table}' AS regclass)
ORDER BY 1
"""
UNTIL = (
    "date_trunc('month', now() AT TIME ZONE 'UTC' + interval '1 month 7 days') AT TIME ZONE 'UTC'"
)
"""When the first partition ends: a week ahead or more, since what is stored meanwhile must fit."""

AHEAD = 3


def make_functions() -> None:
    """Make what workers make and detach partitions by."""
    home = _one("SELECT quote_ident(current_schema())")
    for each in FUNCTIONS:
        _run(each.replace("HOME.", f"{home}."))
    for name in NAMES:
        _run(f"REVOKE ALL ON FUNCTION {name} FROM PUBLIC")
    _run(f"CREATE SCHEMA IF NOT EXISTS {DETACHED}")


def drop_functions() -> None:
    """Take back what `make_functions` made."""
    _run(f"DROP SCHEMA {DETACHED}")
    for name in NAMES:
        _run(f"DROP FUNCTION {name}")


def partition(table: str, column: str) -> None:
    """Put a table in partitions by a column; no row is copied, its rows become the first one.

    That they all fit is looked at before, while everybody goes on.
    """
    kind = _one(
        "SELECT format_type(atttypid, NULL) FROM pg_attribute"
        f" WHERE attrelid = CAST('{table}' AS regclass) AND attname = '{column}'"
    )
    bound = _one(f"SELECT partition_bound('{kind}', {UNTIL})")
    before, promise = f"{table}_before", f"{table}_until"
    if _one(f"SELECT pg_relation_size('{table}') > 0"):
        _promise(table, promise, f"CHECK ({column} < '{bound}')")
    grants, indexes = _all(GRANTS, table), _all(INDEXES, table)
    _run(f"ALTER TABLE {table} RENAME TO {before}")
    for name, _ in indexes:
        _run(f'ALTER INDEX "{name}" RENAME TO "{name[:55]}_before"')
    _run(
        f"CREATE TABLE {table} (LIKE {before} INCLUDING ALL EXCLUDING INDEXES)"
        f" PARTITION BY RANGE ({column})"
    )
    _dress(table, before, grants, indexes)
    for privilege, role in grants:
        _run(f"REVOKE {privilege} ON {before} FROM {role}")
    _run(f"ALTER TABLE {table} ATTACH PARTITION {before} FOR VALUES FROM (MINVALUE) TO ('{bound}')")
    for each in (table, before):
        _run(f"ALTER TABLE {each} DROP CONSTRAINT IF EXISTS {promise}")
    complete(table)


def complete(table: str) -> None:
    """Make what belongs to a table in partitions: the default one, a place for what is detached,
    and the months ahead.
    """
    for name in (f"{table}_default", f"{DETACHED}.{table}"):
        _run(f"CREATE TABLE {name} (LIKE {table} INCLUDING ALL)")
        _run(f"SELECT wall_as('{table}', '{name}')")
    _run(f"ALTER TABLE {table} ATTACH PARTITION {table}_default DEFAULT")
    for n in range(AHEAD + 1):
        _run(f"SELECT make_partition('{table}', now() + interval '{n} months')")


def unpartition(table: str) -> None:
    """Make a table a plain one again: its rows are copied, with those that were detached."""
    grants, indexes = _all(GRANTS, table), _all(INDEXES, table)
    whole = f"{table}_whole"
    _run(f"CREATE TABLE {whole} (LIKE {table} INCLUDING ALL EXCLUDING INDEXES)")
    _run(f"INSERT INTO {whole} SELECT * FROM {table} UNION ALL SELECT * FROM {DETACHED}.{table}")
    _run(f"ALTER TABLE {table} RENAME TO {table}_parts")
    for name, _ in indexes:
        _run(f'ALTER INDEX "{name}" RENAME TO "{name[:55]}_parts"')
    _run(f"ALTER TABLE {whole} RENAME TO {table}")
    _dress(table, f"{table}_parts", grants, indexes)
    _run(f"DROP TABLE {table}_parts")
    _run(f"DROP TABLE {DETACHED}.{table} CASCADE")


def _dress(
    table: str, model: str, grants: list[tuple[str, str]], indexes: list[tuple[str, str]]
) -> None:
    """Give a new table the indexes, walls and grants of the one that it takes the place of."""
    for _, definition in indexes:
        _run(definition)
    _run(f"SELECT wall_as('{model}', '{table}')")
    for privilege, role in grants:
        _run(f"GRANT {privilege} ON {table} TO {role}")


def _promise(table: str, name: str, check: str) -> None:
    """Have a table keep to a check, in transactions of its own: it is locked just to note it."""
    with op.get_context().autocommit_block():
        _run(f"ALTER TABLE {table} DROP CONSTRAINT IF EXISTS {name}")
        for statement in (
            f"ALTER TABLE {table} ADD CONSTRAINT {name} {check} NOT VALID",
            f"ALTER TABLE {table} VALIDATE CONSTRAINT {name}",
        ):
            _run("BEGIN")
            _run("SET LOCAL lock_timeout = '5s'")
            _run("SET LOCAL statement_timeout = 0")
            _run(statement)
            _run("COMMIT")
    _run("SET LOCAL lock_timeout = '5s'")
    _run("SET LOCAL statement_timeout = 0")


def _run(statement: str) -> None:
    op.get_bind().exec_driver_sql(statement)


def _one(statement: str) -> str:
    return str(op.get_bind().exec_driver_sql(statement).scalar_one())


def _all(statement: str, table: str) -> list[tuple[str, str]]:
    rows = op.get_bind().exec_driver_sql(statement.replace("{table}", table))
    return [(first, second) for first, second in rows]
