"""The walls by themselves, without the application's own filters: every table, by the catalog."""

import asyncio
from collections.abc import Iterator
from typing import Any

import asyncpg
import pytest

from app.core.roles import ACROSS, MAY, login
from app.core.walls import NotWalled, prove
from migrations.walls import WALL
from tests.make import Service

OURS, THEIRS = 2**62 + 1, 2**62 + 2

VALUES = {
    **dict.fromkeys(("text", "character varying"), "'x'"),
    **dict.fromkeys(("bigint", "integer", "smallint", "numeric"), "1"),
    "timestamp with time zone": "now()",
    "date": "'2025-01-01'",
    "boolean": "true",
    "bytea": "'x'",
    "uuid": "gen_random_uuid()",
    **dict.fromkeys(("jsonb", "json"), "'{}'"),
}
ALLOWED = {
    ("brand", "identity_mode"): "'shared'",
    ("brand", "lifecycle_lapsed_days"): "2",
    ("brand", "export_time"): "'06:00'",
    ("brand", "export_language"): "'zh-CN'",
    ("operator", "role"): "'owner'",
}
"""Where a check constraint asks for more than the type does."""

TABLES = """
SELECT c.relname AS table, array_agg(a.attname ORDER BY a.attnum) AS columns,
    array_agg(format_type(a.atttypid, NULL) ORDER BY a.attnum) AS types
FROM pg_class AS c
JOIN pg_attribute AS a ON a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped
WHERE c.relnamespace = 'public'::regnamespace AND c.relkind IN ('r', 'p')
    AND NOT c.relispartition AND a.attnotnull AND a.attgenerated = '' AND a.attidentity IN ('', 'd')
GROUP BY c.relname
HAVING 'brand_id' = ANY (array_agg(a.attname))
ORDER BY 1
"""


class Room:
    """One transaction of the owner's, rolled back: a row of each brand in every branded table."""

    def __init__(self, connection: Any) -> None:
        self.connection = connection
        self.tables: dict[str, str] = {}

    async def fill(self) -> None:
        await self.connection.execute("SET LOCAL session_replication_role = replica")
        for row in await self.connection.fetch(TABLES):
            table, columns, types = row["table"], row["columns"], row["types"]
            values = [
                ALLOWED.get((table, column), VALUES.get(kind, "'{}'"))
                for column, kind in zip(columns, types, strict=True)
            ]
            values[columns.index("brand_id")] = "{brand}"
            names = ", ".join(f'"{column}"' for column in columns)
            self.tables[table] = f"INSERT INTO {table} ({names}) VALUES ({', '.join(values)})"
            for brand in (OURS, THEIRS):
                await self.connection.execute(self.tables[table].replace("{brand}", str(brand)))

    async def be(self, role: str, brand: int | None) -> None:
        await self.connection.execute(f"SET LOCAL ROLE {role}")
        await self.connection.execute(f"SET LOCAL app.brand = '{brand or ''}'")

    async def brands_in(self, table: str) -> set[int]:
        """What a statement finds that has forgotten to ask for its brand."""
        rows = await self.connection.fetch(f"SELECT DISTINCT brand_id FROM {table}")
        return {row["brand_id"] for row in rows}

    async def refused(self, statement: str) -> bool:
        trial = self.connection.transaction()
        await trial.start()
        try:
            await self.connection.execute(statement)
        except asyncpg.InsufficientPrivilegeError:
            return True
        finally:
            await trial.rollback()
        return False


@pytest.fixture
def room(service: Service) -> Iterator[tuple[Room, asyncio.Runner]]:
    with asyncio.Runner() as runner:

        async def open_() -> Room:
            connection = await asyncpg.connect(service.settings.database)
            await connection.transaction().start()
            made = Room(connection)
            await made.fill()
            return made

        made = runner.run(open_())
        yield made, runner
        runner.run(made.connection.close())


@pytest.mark.parametrize("process", ["web", "worker"])
def test_without_a_filter_no_foreign_row_shows(
    service: Service, room: tuple[Room, asyncio.Runner], process: str
) -> None:
    role = login(service.as_role(process).database).name

    async def look(made: Room) -> None:
        assert len(made.tables) > 40
        across = set(ACROSS) if process == "worker" else set()
        for table in made.tables:
            await made.be(role, OURS)
            if table not in across:
                assert await made.brands_in(table) == {OURS}, table
            await made.be(role, None)
            seen = await made.brands_in(table)
            assert seen >= {OURS, THEIRS} if table in across else seen == set(), table

    made, runner = room
    runner.run(look(made))


@pytest.mark.parametrize("process", ["web", "worker"])
def test_no_row_can_be_written_for_another_brand(
    service: Service, room: tuple[Room, asyncio.Runner], process: str
) -> None:
    role = login(service.as_role(process).database).name

    async def write(made: Room) -> None:
        await made.be(role, OURS)
        for table, statement in made.tables.items():
            if table == "schedule" and process == "worker":
                continue  # it enters every brand's jobs
            assert await made.refused(statement.replace("{brand}", str(THEIRS + 1))), table
            may = MAY.get(table, {"UPDATE", "DELETE"})
            if "UPDATE" in may:
                moved = f"UPDATE {table} SET brand_id = {THEIRS + 1}"
                assert await made.refused(moved), table
                # Theirs is out of reach: nothing is refused, nothing is found.
                status = await made.connection.execute(
                    f"UPDATE {table} SET brand_id = brand_id WHERE brand_id = {THEIRS}"
                )
                assert status == "UPDATE 0", table
            if "DELETE" in may:
                status = await made.connection.execute(
                    f"DELETE FROM {table} WHERE brand_id = {THEIRS}"
                )
                assert status == "DELETE 0", table

    made, runner = room
    runner.run(write(made))


def test_what_was_audited_cannot_be_rewritten(
    service: Service, room: tuple[Room, asyncio.Runner]
) -> None:
    async def write(made: Room) -> None:
        for process in ("web", "worker"):
            await made.be(login(service.as_role(process).database).name, OURS)
            for statement in (
                "UPDATE audit_entry SET actor = 'nobody'",
                "DELETE FROM audit_entry",
                "DELETE FROM audit_head",
                "TRUNCATE audit_entry",
            ):
                assert await made.refused(statement), statement

    made, runner = room
    runner.run(write(made))


def test_every_branded_table_is_walled(service: Service) -> None:
    """A migration that makes a table of brands must put a wall around it (migrations/walls.py)."""
    rows = service.sql(
        "SELECT c.relname, c.relrowsecurity, c.relforcerowsecurity, p.polpermissive, p.polcmd,"
        " pg_get_expr(p.polqual, c.oid) AS qual, pg_get_expr(p.polwithcheck, c.oid) AS given"
        " FROM pg_class AS c JOIN pg_attribute AS a ON a.attrelid = c.oid"
        " LEFT JOIN pg_policy AS p ON p.polrelid = c.oid AND p.polname = 'of_brand'"
        " WHERE c.relkind IN ('r', 'p') AND c.relnamespace = 'public'::regnamespace"
        " AND a.attname = 'brand_id' AND NOT a.attisdropped"
    )
    condition = "(brand_id = (NULLIF(current_setting('app.brand'::text, true), ''::text))::bigint)"
    wrong = [
        row.relname
        for row in rows
        if not (row.relrowsecurity and row.relforcerowsecurity and row.polpermissive)
        or row.polcmd != b"*"
        or row.qual != condition
        or row.given != condition
    ]
    assert wrong == []
    assert "event" in {row.relname for row in rows}


def test_only_queues_can_be_looked_through(service: Service) -> None:
    rows = service.sql(
        "SELECT c.relname, p.polcmd, p.polname FROM pg_policy AS p"
        " JOIN pg_class AS c ON c.oid = p.polrelid"
        " WHERE p.polname <> 'of_brand' AND c.relnamespace = 'public'::regnamespace"
    )
    assert {row.relname for row in rows} <= set(ACROSS)
    assert {row.polcmd for row in rows if row.polname.endswith("_looks_across")} == {b"r"}
    assert [row.relname for row in rows if row.polcmd != b"r"] == ["schedule"]


def test_the_proof_tells_of_a_breach(service: Service) -> None:
    """Of each thing that could be wrong with the walls around one table."""
    service.sql("CREATE TABLE breach (brand_id bigint)")
    try:
        with pytest.raises(NotWalled, match="around breach"):
            asyncio.run(prove(service.as_role("web")))
        service.sql("ALTER TABLE breach ENABLE ROW LEVEL SECURITY")
        with pytest.raises(NotWalled, match="around breach"):
            asyncio.run(prove(service.as_role("web")))
        service.sql(WALL)
        asyncio.run(prove(service.as_role("web")))
        asyncio.run(prove(service.as_role("worker")))
    finally:
        service.sql("DROP TABLE breach")
    table = "ALTER POLICY of_brand ON oversized_intake"
    try:
        service.sql(f"{table} USING (true)")
        with pytest.raises(NotWalled, match="show"):
            asyncio.run(prove(service.as_role("web")))
        service.sql("DROP POLICY of_brand ON oversized_intake")
        service.sql(WALL)
        service.sql(f"{table} WITH CHECK (true)")
        with pytest.raises(NotWalled, match="written"):
            asyncio.run(prove(service.as_role("web")))
    finally:
        service.sql("DROP POLICY of_brand ON oversized_intake")
        service.sql(WALL)
