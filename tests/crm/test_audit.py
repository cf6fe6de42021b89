"""The audit log: one chain however many write, and whoever touches it is found out."""

import asyncio
import hashlib
import json

import pytest
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError
from sqlalchemy.ext.asyncio import AsyncConnection

from app.core.db import open_pool, sqlstate, transaction
from app.crm import audit, audit_chain
from app.crm.audit_chain import Head, read_head
from tests.make import Service

ODD = {"z": 1.0, "a": 1e30, "n": 10**40, "text": '红群 "\\ \u2028 é e\u0301', "list": [None, {}]}
"""What jsonb would write otherwise."""


@pytest.fixture
def brand_id(service: Service) -> int:
    return service.brand().brand_id


def fill(service: Service, brand_id: int, count: int = 5) -> None:
    async def act(connection: AsyncConnection) -> None:
        for n in range(count):
            await audit.record(
                connection, brand_id, "system", "test.act", f"红 {n}", ODD if n % 2 else None
            )

    service.within(act)


def faults(service: Service, brand_id: int, kept: Head | None = None) -> list[str]:
    async def act(connection: AsyncConnection) -> list[str]:
        return [each async for each in audit_chain.faults(connection, brand_id, kept)]

    return service.within(act)


def head(service: Service, brand_id: int) -> Head:
    return service.within(lambda connection: audit_chain.head(connection, brand_id))


def tamper(service: Service, *statements: str, brand_id: int) -> None:
    """What whoever owns the database could do."""

    async def act(connection: AsyncConnection) -> None:
        await connection.execute(text("SET LOCAL session_replication_role = replica"))
        for each in statements:
            await connection.execute(text(each), {"b": brand_id})

    service.within(act)


def test_a_whole_log_has_no_fault(service: Service, brand_id: int) -> None:
    assert faults(service, brand_id) == []
    fill(service, brand_id)
    assert faults(service, brand_id) == []
    assert head(service, brand_id).seq == 5


def test_anybody_can_recompute_a_hash(service: Service, brand_id: int) -> None:
    fill(service, brand_id, 2)
    before = b"\0" * 32
    for row in service.sql(
        "SELECT seq, to_char(at AT TIME ZONE 'UTC', 'YYYY-MM-DD\"T\"HH24:MI:SS.US') AS at, actor,"
        " action, subject, CAST(detail AS text) AS detail, hash"
        " FROM audit_entry WHERE brand_id = :b ORDER BY seq",
        b=brand_id,
    ):
        written = json.dumps(
            [brand_id, row.seq, f"{row.at}+00:00", row.actor, row.action, row.subject],
            ensure_ascii=False,
            separators=(",", ":"),
        )
        before = hashlib.sha256(before + f"{written}\n{row.detail}".encode()).digest()
        assert row.hash == before
    assert json.loads(row.detail) == ODD


CHANGES = {
    "UPDATE audit_entry SET actor = 'key:x' WHERE brand_id = :b AND seq = 3": [
        "entry 3 was changed, or does not belong behind the one before it"
    ],
    "UPDATE audit_entry SET at = at + interval '1 microsecond' WHERE brand_id = :b AND seq = 1": [
        "entry 1 was changed, or does not belong behind the one before it"
    ],
    "UPDATE audit_entry SET detail = '{\"n\": 1}' WHERE brand_id = :b AND seq = 5": [
        "entry 5 was changed, or does not belong behind the one before it"
    ],
    "UPDATE audit_entry SET hash = sha256(hash) WHERE brand_id = :b AND seq = 2": [
        "entry 2 was changed, or does not belong behind the one before it",
        "entry 3 was changed, or does not belong behind the one before it",
    ],
    "DELETE FROM audit_entry WHERE brand_id = :b AND seq = 1": ["entry 1 is missing"],
    "DELETE FROM audit_entry WHERE brand_id = :b AND seq IN (2, 3)": ["entries 2 to 3 are missing"],
    "DELETE FROM audit_entry WHERE brand_id = :b AND seq > 3": [
        "entries 4 to 5 are missing: the end is cut off"
    ],
    "DELETE FROM audit_head WHERE brand_id = :b": [
        "the head of the log is behind its last entry, 5"
    ],
    "UPDATE audit_head SET hash = sha256(hash) WHERE brand_id = :b": [
        "entry 5 is not the one that the head of the log tells of"
    ],
}


@pytest.mark.parametrize("change", CHANGES)
def test_what_was_touched_is_found(service: Service, brand_id: int, change: str) -> None:
    fill(service, brand_id)
    tamper(service, change, brand_id=brand_id)
    assert faults(service, brand_id) == CHANGES[change]


def test_entries_in_another_order_are_found(service: Service, brand_id: int) -> None:
    fill(service, brand_id)
    tamper(
        service,
        "UPDATE audit_entry SET seq = -2 WHERE brand_id = :b AND seq = 2",
        "UPDATE audit_entry SET seq = 2 WHERE brand_id = :b AND seq = 3",
        "UPDATE audit_entry SET seq = 3 WHERE brand_id = :b AND seq = -2",
        brand_id=brand_id,
    )
    assert [each.split(" was")[0] for each in faults(service, brand_id)] == [
        "entry 2",
        "entry 3",
        "entry 4",
    ]


def test_the_log_of_another_brand_is_none(service: Service, brand_id: int) -> None:
    other = service.brand().brand_id
    fill(service, other, 2)
    tamper(
        service,
        f"INSERT INTO audit_entry SELECT {brand_id}, seq, at, actor, action, subject, detail, hash"
        " FROM audit_entry WHERE brand_id = :b",
        f"INSERT INTO audit_head SELECT {brand_id}, seq, hash FROM audit_head WHERE brand_id = :b",
        brand_id=other,
    )
    assert len(faults(service, brand_id)) == 2


def test_a_kept_head_finds_a_log_that_was_written_anew(service: Service, brand_id: int) -> None:
    fill(service, brand_id, 3)
    kept = read_head(str(head(service, brand_id)))
    fill(service, brand_id, 2)
    assert faults(service, brand_id, kept) == []
    rewritten = "entry 3 is not the one whose hash was kept: the log was rewritten"
    tamper(
        service,
        "DELETE FROM audit_entry WHERE brand_id = :b",
        "DELETE FROM audit_head WHERE brand_id = :b",
        brand_id=brand_id,
    )
    assert faults(service, brand_id) == []
    assert faults(service, brand_id, kept) == [rewritten]
    fill(service, brand_id, 5)
    assert faults(service, brand_id) == []
    assert faults(service, brand_id, kept) == [rewritten]


@pytest.mark.parametrize("written", ["", "1", "x:" + "0" * 64, "1:" + "g" * 64, "1:00"])
def test_what_is_no_head(written: str) -> None:
    with pytest.raises(ValueError, match=r"head|hexadecimal"):
        read_head(written)


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE audit_entry SET actor = actor WHERE brand_id = :b",
        "DELETE FROM audit_entry WHERE brand_id = :b",
        "TRUNCATE audit_entry",
        "TRUNCATE audit_head",
        "DELETE FROM audit_head WHERE brand_id = :b",
        "UPDATE audit_head SET seq = seq - 1 WHERE brand_id = :b",
    ],
)
def test_the_database_refuses_to_rewrite_it(
    service: Service, brand_id: int, statement: str
) -> None:
    fill(service, brand_id, 2)
    with pytest.raises(DBAPIError) as caught:
        service.sql(statement, **({"b": brand_id} if ":b" in statement else {}))
    assert sqlstate(caught.value) == "42501"
    assert faults(service, brand_id) == []


def test_a_brand_that_is_forgotten_takes_its_log_along(service: Service, brand_id: int) -> None:
    other = service.brand().brand_id
    fill(service, brand_id, 2)
    fill(service, other, 2)

    async def forget(connection: AsyncConnection, of: int) -> None:
        await connection.execute(
            text("SELECT set_config('app.forget_brand', :b, true)"), {"b": str(brand_id)}
        )
        for table in ("audit_entry", "audit_head"):
            await connection.execute(text(f"DELETE FROM {table} WHERE brand_id = :b"), {"b": of})

    service.within(lambda connection: forget(connection, brand_id))
    assert head(service, brand_id).seq == 0
    with pytest.raises(DBAPIError):
        service.within(lambda connection: forget(connection, other))
    assert head(service, other).seq == 2


def test_many_write_at_once(service: Service, brand_id: int) -> None:
    async def go() -> None:
        pool = open_pool(service.settings, "hongqun test")

        async def write(n: int) -> None:
            for _ in range(10):
                async with transaction(pool, brand_id) as connection:
                    await audit.record(connection, brand_id, f"key:{n}", "test.act")

        async def give_up() -> None:
            with pytest.raises(ZeroDivisionError):
                async with transaction(pool, brand_id) as connection:
                    await audit.record(connection, brand_id, "key:x", "test.undone")
                    raise ZeroDivisionError

        # No more at once than the pool has connections.
        try:
            await asyncio.gather(*(write(n) for n in range(6)), *(give_up() for _ in range(2)))
        finally:
            await pool.dispose()

    asyncio.run(go())
    assert faults(service, brand_id) == []
    assert head(service, brand_id).seq == 60
    (row,) = service.sql(
        "SELECT count(*) FILTER (WHERE at < before) AS back FROM (SELECT at, lag(at)"
        " OVER (ORDER BY seq) AS before FROM audit_entry WHERE brand_id = :b) AS a",
        b=brand_id,
    )
    assert row.back == 0, "their times follow their numbers"
