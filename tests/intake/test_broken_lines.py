"""Lines to PostgreSQL that break at any point: an answer is a commit, or 503, and nothing else.

In each case the same request is sent again, as its sender would, and all of it is stored once.
"""

import asyncio
import sys
from collections.abc import Iterator
from typing import Any

import asyncpg
import msgspec
import pytest

from app.core.db import Lost, driver, transaction, unavailable
from app.crm.sources import Source
from app.ingest.inbox import Receipt
from tests.intake.door import Door, letters, opened, raw, stored
from tests.make import Brand, Service
from tests.proxy import Proxy
from tests.stack import database_at, postgres_socket

END = "SELECT pg_terminate_backend(pid, 5000) FROM pg_stat_activity WHERE usename = 'hongqun_app'"
POINTS = (b"BEGIN", b"currency", b"event_identity", b"pending_event", b"dead_letter", b"COMMIT")


@pytest.fixture
def proxy(host: Service) -> Iterator[Proxy]:
    made = Proxy(postgres_socket(host.settings))
    yield made
    made.close()


@pytest.fixture
def far(host: Service, proxy: Proxy) -> Service:
    """The database by a line that breaks."""
    address = database_at(host.settings, proxy.port)
    return Service("", msgspec.structs.replace(host.settings, database_url=address))


def batch(name: str) -> list[bytes]:
    """Two events, and one that becomes a dead letter."""
    return [raw(f"{name}-1"), raw(f"{name}-2", phone="13800000000"), raw(f"{name}-3", amount=-1)]


@pytest.fixture
def source(host: Service, brand: Brand) -> Source:
    """Looked up by another line."""

    async def go() -> Source:
        async with opened(host) as door:
            return await door.source(brand)

    return asyncio.run(go())


async def sent(door: Door, source: Source, name: str) -> Receipt | None:
    """What was answered; None for a 503."""
    try:
        return await door.post(source, batch(name))
    except Exception as error:
        assert unavailable(error), repr(error)
        return None


async def until_taken(door: Door, source: Source, name: str) -> Receipt:
    """Send it again until it is taken in."""
    for _ in range(20):
        if (receipt := await sent(door, source, name)) is not None:
            return receipt
    raise AssertionError("the line does not come back")


def check(host: Service, brand: Brand, names: list[str]) -> None:
    assert set(stored(host, brand)) == {f"{name}-{n}" for name in names for n in (1, 2)}
    assert len(letters(host, brand)) == len(names)


def test_a_line_that_is_cut_after_any_byte(
    host: Service, far: Service, brand: Brand, proxy: Proxy, source: Source
) -> None:
    names: list[str] = []

    async def go() -> None:
        async with opened(far) as door:
            assert await sent(door, source, "whole") is not None
            size = sys.maxsize - proxy.left
        names.append("whole")
        assert size > 5_000
        answered = 0
        for left in range(0, size, size // 16):
            names.append(f"cut-{left}")
            async with opened(far) as door:
                proxy.cut_in(left)
                before = await sent(door, source, names[-1])
                proxy.cut_in(sys.maxsize)
                after = await until_taken(door, source, names[-1])
                assert (after.accepted, after.duplicates) in ((2, 0), (0, 2))
                if before is not None:
                    answered += 1
                    assert before.accepted == 2
                    assert after.duplicates == 2
        assert answered < 5

    asyncio.run(go())
    check(host, brand, names)


async def end(host: Service) -> None:
    """End the sessions of the web process, as an operator or a shutdown does."""
    owner = await asyncpg.connect(host.settings.database)
    await owner.fetch(END)
    await owner.close()


@pytest.mark.parametrize("word", POINTS)
def test_a_session_that_ends_between_two_statements(
    host: Service, far: Service, brand: Brand, proxy: Proxy, source: Source, word: bytes
) -> None:
    async def go() -> Receipt:
        async with opened(far) as door:
            async with transaction(door.pool, brand.brand_id) as connection:
                await connection.exec_driver_sql("SELECT 1")  # the line is opened
            proxy.end_after(word, lambda: end(host))
            first = await sent(door, source, "while")
            # After its COMMIT it is the next one that finds the session gone.
            assert (first is not None) == (word == b"COMMIT")
            others = [until_taken(door, source, f"then-{n}") for n in range(5)]
            assert {each.accepted for each in await asyncio.gather(*others)} == {2}
            return await until_taken(door, source, "while")

    again = asyncio.run(go())
    assert again.accepted == (0 if word == b"COMMIT" else 2)
    check(host, brand, ["while", *(f"then-{n}" for n in range(5))])


def test_a_session_that_ended_while_nobody_used_it(
    host: Service, far: Service, brand: Brand, proxy: Proxy, source: Source
) -> None:
    async def go() -> None:
        async with opened(far) as door:
            for n in range(5):
                await until_taken(door, source, f"n-{n}")
                await end(host)

    asyncio.run(go())
    check(host, brand, [f"n-{n}" for n in range(5)])


def test_no_answer_to_a_commit_is_no_answer_to_the_sender(
    host: Service, far: Service, brand: Brand, proxy: Proxy, source: Source
) -> None:
    async def go() -> None:
        async with opened(far) as door:
            proxy.cut_after(b"event_identity", b"COMMIT")
            with pytest.raises(Lost):
                await door.post(source, batch("unknown"))
            again = await until_taken(door, source, "unknown")
            assert (again.accepted, again.duplicates) == (0, 2)

    asyncio.run(go())
    check(host, brand, ["unknown"])


@pytest.mark.parametrize("word", [b"BEGIN", b"count", b"COMMIT"])
def test_every_transaction_knows_a_broken_line(
    host: Service, far: Service, brand: Brand, proxy: Proxy, word: bytes
) -> None:
    async def ask(door: Door) -> Any:
        async with transaction(door.pool, brand.brand_id) as connection:
            found = await connection.exec_driver_sql("SELECT count(*) FROM event")
            return found.scalar_one()

    async def go() -> None:
        async with opened(far) as door:
            assert await ask(door) == 0
            proxy.end_after(word, lambda: end(host))
            for _ in range(2):
                try:
                    assert await ask(door) == 0
                except Exception as error:
                    assert unavailable(error), repr(error)
            assert await ask(door) == 0

    asyncio.run(go())


def test_what_the_driver_cannot_say_is_no_outage(host: Service, brand: Brand) -> None:
    async def go() -> None:
        async with opened(host) as door, transaction(door.pool, brand.brand_id) as connection:
            line = await driver(connection)
            with pytest.raises(asyncpg.DataError) as raised:
                await line.fetch("SELECT $1::int", "no number")
        assert not unavailable(raised.value)

    asyncio.run(go())
