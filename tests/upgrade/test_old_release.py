"""An upgrade under way: the release before runs on the schema of this one.

Migrations expand, and contract a release later. The shape of the schema is compared from the
migrations alone; the release itself is run where git has it, which a shallow checkout has not.
"""

import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from alembic import command

from app.core.schema import config
from app.core.settings import Settings
from tests.conftest import free_port, wait_until_ready
from tests.make import Brand, Service
from tests.stack import empty_database, env, stack_on

COMMIT = "0213053e86f7d81e2dc631fdb5ddb592ba758b16"
REVISION = "0005"
"""The release before, and its schema. Both move on with each release."""

STOPPED = ["message.sent_at may not be null any more"]
"""What only workers of the release before would trip over: they are stopped for this upgrade, see
docs/operations.md. Empty again with the next release.
"""

ROOT = Path(__file__).parents[2]

COLUMNS = """
SELECT c.relname, a.attname, format_type(a.atttypid, a.atttypmod) AS type, a.attnotnull,
    a.atthasdef OR a.attidentity <> '' AS filled
FROM pg_attribute AS a JOIN pg_class AS c ON c.oid = a.attrelid
WHERE c.relkind IN ('r', 'p') AND c.relnamespace = 'public'::regnamespace
    AND a.attnum > 0 AND NOT a.attisdropped
"""
LIMITS = """
SELECT conrelid::regclass::text AS relname, contype, pg_get_constraintdef(oid) AS says
FROM pg_constraint WHERE connamespace = 'public'::regnamespace AND contype IN ('c', 'u', 'f', 'x')
UNION ALL
SELECT indrelid::regclass::text, 'u', regexp_replace(pg_get_indexdef(indexrelid), '^.* USING', '')
FROM pg_index JOIN pg_class ON pg_class.oid = indrelid
WHERE indisunique AND NOT indisprimary AND relnamespace = 'public'::regnamespace
"""


@pytest.fixture
def empty(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> Iterator[Settings]:
    with empty_database(settings) as made:
        monkeypatch.delenv("REDIS_URL", raising=False)
        monkeypatch.setenv("DATABASE_URL", made.database)
        yield made


def shape(database: Service) -> tuple[dict[tuple[str, str], Any], set[Any]]:
    """Columns by table and name, and what limits the rows of each table."""
    columns = {(row.relname, row.attname): row for row in database.sql(COLUMNS)}
    return columns, {tuple(row) for row in database.sql(LIMITS)}


def breaks(database: Service) -> list[str]:
    """What of the newest schema the release before could trip over."""
    command.upgrade(config(), REVISION)
    before, limits_before = shape(database)
    tables = {table for table, _ in before}
    command.upgrade(config(), "head")
    after, limits = shape(database)
    found = [f"{'.'.join(each)} is gone" for each in before if each not in after]
    for each, was in before.items():
        now = after.get(each)
        if now is not None and now.type != was.type:
            found.append(f"{'.'.join(each)} became {now.type}")
        if now is not None and now.attnotnull and not was.attnotnull:
            found.append(f"{'.'.join(each)} may not be null any more")
    for (table, column), now in after.items():
        if (table, column) not in before and table in tables and now.attnotnull and not now.filled:
            found.append(f"{table}.{column} is new, must be there, and has no default")
    found += [
        f"{table} has a new limit: {says}"
        for table, _, says in limits - limits_before
        if any(each == table and re.search(rf"\b{column}\b", says) for each, column in before)
    ]
    return found


def test_the_schema_only_expands(empty: Settings) -> None:
    assert breaks(Service("", empty)) == STOPPED


def test_a_contraction_would_be_found(empty: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    database = Service("", empty)
    upgrade = command.upgrade

    def contract(to: Any, revision: str) -> None:
        upgrade(to, revision)
        if revision == "head":
            for change in (
                "DROP COLUMN capacity CASCADE",
                "ADD COLUMN must bigint NOT NULL",
                "ALTER COLUMN owner_member_id TYPE varchar(9)",
                "ALTER COLUMN name SET NOT NULL",
                "ADD CHECK (name <> 'x')",
            ):
                database.sql(f"ALTER TABLE chat_group {change}")

    monkeypatch.setattr(command, "upgrade", contract)
    assert len(breaks(database)) == 5 + len(STOPPED)


@pytest.fixture
def release(tmp_path: Path) -> Path:
    """The files of the release before."""
    packed = subprocess.run(
        ["git", "archive", COMMIT, "app", "workers", "migrations"], cwd=ROOT, capture_output=True
    )
    if packed.returncode:
        pytest.skip(f"git has no {COMMIT[:7]} here: {packed.stderr.decode().strip()}")
    subprocess.run(["tar", "-x", "-C", str(tmp_path)], input=packed.stdout, check=True)
    return tmp_path


def bought(n: int) -> dict[str, Any]:
    data = {"order_id": f"o{n}", "buyer_id": "b", "amount": 100, "currency": "CNY"}
    time = f"2025-03-0{n}T12:00:00+08:00"
    return {"id": f"e{n}", "type": "order.paid", "time": time, "data": data}


def sent(n: int) -> dict[str, Any]:
    data = {"message_id": f"m{n}", "group_id": "g", "member_id": "b"}
    return bought(n) | {"id": f"s{n}", "type": "message.sent", "data": data}


def test_the_old_web_on_the_new_schema(empty: Settings, release: Path) -> None:
    """Its workers are stopped before the migration: events wait until new ones run."""
    port = free_port()
    old = [
        *(sys.executable, "-m", "granian", "--interface", "asgi", "--factory"),
        *("app.main:create_app", "--port", str(port), "--log-level", "warning"),
    ]
    with stack_on(empty) as stack:
        given = {k: v for k, v in env(empty).items() if k != "PYTHONPATH"}
        process = subprocess.Popen(old, cwd=release, env=given)
        try:
            base = f"http://127.0.0.1:{port}"
            wait_until_ready(base)  # a later schema is fine for it
            brand = Service(base, empty).brand()
            brand.post([bought(1), sent(1)])
            stack.worker()
            brand.drain()
            question = {"start": "2025-03-01", "end": "2025-03-08"}
            assert brand.ask("/v1/metrics/gmv-share", **question)["total"]["gmv"] == 100
            # Both releases at once, as while web processes are restarted one after another.
            new = stack.web()
            brand.post([bought(2), sent(2)])
            both = [Brand(each, *_door(brand)) for each in (base, new.base)]
            both[1].post([bought(3), sent(3)])
            both[0].drain()
            answers = [each.ask("/v1/metrics/gmv-share", **question)["total"] for each in both]
            assert answers[0] == answers[1] == {"orders": 3, "gmv": 300}
            question |= {"as_of": "2025-04-01T00:00:00Z"}  # counted from the messages themselves
            spoken = [each.ask("/v1/metrics/activity", **question)["rows"] for each in both]
            told = [[row["messages"] for row in rows] for rows in spoken]
            assert told[0] == told[1] == [1, 1, 1, 0, 0, 0, 0]
        finally:
            process.terminate()
            process.wait(30)


def _door(brand: Brand) -> tuple[int, str, str, str]:
    return brand.brand_id, brand.key, brand.source_id, brand.secret
