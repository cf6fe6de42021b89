"""What is refused, cancelled, cut off or too much: it sinks nobody else, and loses nothing."""

import asyncio
from typing import Any

import asyncpg
import pytest

from app.core.db import sqlstate, unavailable
from app.ingest.group_commit import Busy
from app.ingest.inbox import Receipt
from tests.intake.door import (
    ONE,
    opened,
    raw,
    shut,
    singles,
    stored,
    together,
    until_blocked,
)
from tests.make import Brand, Service


def test_what_the_database_refuses_sinks_nobody_else(host: Service, brand: Brand) -> None:
    host.sql(
        "CREATE FUNCTION refuse() RETURNS trigger LANGUAGE plpgsql AS"
        " $$ BEGIN RAISE EXCEPTION 'poison' USING ERRCODE = '22000'; END $$"
    )
    host.sql(
        "CREATE TRIGGER poison BEFORE INSERT ON event FOR EACH ROW"
        " WHEN (new.event_id = 'poison') EXECUTE FUNCTION refuse()"
    )
    try:

        async def go() -> list[Any]:
            async with opened(host) as door:
                return await together(door, brand, singles("a", "b", "poison", "c"))

        a, b, poison, c = asyncio.run(go())
    finally:
        host.sql("DROP FUNCTION refuse CASCADE")
    assert [a, b, c] == [ONE] * 3
    assert sqlstate(poison) == "22000"
    assert set(stored(host, brand)) == {"a", "b", "c"}


def test_who_is_gone_loses_nothing(host: Service, brand: Brand) -> None:
    async def go() -> None:
        async with opened(host) as door:
            source = await door.source(brand)
            async with shut(host.settings) as holder:
                posts = [asyncio.create_task(door.post(source, [raw(x)])) for x in "abcd"]
                await until_blocked(holder)
                for post in posts[:3]:  # one whose commit is running, two that wait
                    post.cancel()
            assert await posts[3] == ONE
            assert all(post.cancelled() for post in posts[:3])

    asyncio.run(go())
    assert set(stored(host, brand)) == set("abcd")


def test_stopping_commits_what_waits_and_refuses_what_comes(host: Service, brand: Brand) -> None:
    async def go() -> None:
        async with opened(host) as door:
            source = await door.source(brand)
            async with shut(host.settings) as holder:
                posts = [asyncio.create_task(door.post(source, [raw(x)])) for x in "abcd"]
                await until_blocked(holder)
                stopping = asyncio.create_task(door.intake.stop())
                await asyncio.sleep(0)
                with pytest.raises(Busy):
                    await door.post(source, [raw("late")])
                assert not stopping.done()
            await stopping
            assert [post.result() for post in posts] == [ONE] * 4

    asyncio.run(go())
    assert set(stored(host, brand)) == set("abcd")


def test_there_is_room_for_so_much_and_half_of_it_for_one_brand(
    host: Service, brand: Brand
) -> None:
    other, third = host.brand(), host.brand()

    async def go() -> None:
        async with opened(host, events=10, running=1) as door:
            mine, theirs = await door.source(brand), await door.source(other)
            last = await door.source(third)
            async with shut(host.settings) as holder:
                posts = [asyncio.create_task(door.post(mine, [raw(str(n))])) for n in range(5)]
                await until_blocked(holder)
                with pytest.raises(Busy):
                    await door.post(mine, [raw("too much")])
                posts += [asyncio.create_task(door.post(theirs, [raw(str(n))])) for n in range(5)]
                await asyncio.sleep(0)
                for source in (mine, theirs, last):
                    with pytest.raises(Busy):
                        await door.post(source, [raw("too much")])
                    with pytest.raises(Busy):
                        door.intake.check_room(source.brand_id)
            assert await asyncio.gather(*posts) == [ONE] * 10
            # What is larger than all of the room is taken in where nothing else waits.
            many = [raw(f"m{n}") for n in range(20)]
            assert await door.post(mine, many) == Receipt(20, 0, [])

    asyncio.run(go())
    assert len(stored(host, brand)) == 25
    assert len(stored(host, other)) == 5


def test_bytes_are_bounded_too(host: Service, brand: Brand) -> None:
    async def go() -> None:
        async with opened(host, size=1_000, running=1) as door:
            source = await door.source(brand)
            async with shut(host.settings) as holder:
                post = asyncio.create_task(door.post(source, [raw("a")]))
                await until_blocked(holder)
                with pytest.raises(Busy):
                    await door.post(source, [raw("b", reason="x" * 1_000)])
            assert await post == ONE

    asyncio.run(go())


def test_a_backend_that_dies_in_the_middle(host: Service, brand: Brand) -> None:
    async def go() -> None:
        async with opened(host) as door:
            source = await door.source(brand)
            async with shut(host.settings) as holder:
                posts = [asyncio.create_task(door.post(source, [raw(x)])) for x in "abc"]
                await until_blocked(holder)
                await holder.execute(
                    "SELECT pg_terminate_backend(pid) FROM pg_locks WHERE NOT granted"
                    " AND database = (SELECT oid FROM pg_database"
                    " WHERE datname = current_database())"
                )
                first = (await asyncio.gather(posts[0], return_exceptions=True))[0]
                assert isinstance(first, Exception)
                assert unavailable(first)
            # Those that waited behind it come in on a connection of their own.
            assert await asyncio.gather(*posts[1:]) == [ONE] * 2
            assert await door.post(source, [raw("a")]) == ONE

    asyncio.run(go())
    assert set(stored(host, brand)) == set("abc")


def test_a_deadlock_is_tried_again(host: Service, brand: Brand) -> None:
    insert = (
        "INSERT INTO event_identity (brand_id, source, event_id, content_hash)"
        " VALUES ($1, $2, $3, 'x')"
    )

    async def go() -> list[Any]:
        rival = await asyncpg.connect(host.settings.database)
        async with opened(host) as door:
            source = await door.source(brand)
            change = rival.transaction()
            await change.start()
            await rival.execute(insert, brand.brand_id, source.source_id, "z")
            batch = asyncio.create_task(door.post(source, [raw("z"), raw("a"), raw("m")]))
            watch = await asyncpg.connect(host.settings.database)
            while not await watch.fetchval(
                "SELECT count(*) FROM pg_locks WHERE NOT granted AND locktype = 'transactionid'"
            ):
                await asyncio.sleep(0.01)
            try:  # it has taken "a" and waits for "z": now each waits for the other
                await rival.execute(insert, brand.brand_id, source.source_id, "a")
            except asyncpg.DeadlockDetectedError:
                pass
            finally:
                await change.rollback()
                await rival.close()
                await watch.close()
            return [await batch]

    assert asyncio.run(go()) == [Receipt(3, 0, [])]
    assert set(stored(host, brand)) == set("amz")


def test_an_id_that_another_transaction_takes_meanwhile_is_found(
    host: Service, brand: Brand
) -> None:
    async def go() -> Receipt:
        rival = await asyncpg.connect(host.settings.database)
        async with opened(host) as door:
            source = await door.source(brand)
            change = rival.transaction()
            await change.start()
            await rival.execute(
                "INSERT INTO event_identity (brand_id, source, event_id, content_hash)"
                " VALUES ($1, $2, 'b', 'x')",
                brand.brand_id,
                source.source_id,
            )
            batch = asyncio.create_task(door.post(source, [raw("a"), raw("b"), raw("c")]))
            watch = await asyncpg.connect(host.settings.database)
            while not await watch.fetchval(
                "SELECT count(*) FROM pg_locks WHERE NOT granted AND locktype = 'transactionid'"
            ):
                await asyncio.sleep(0.01)
            await change.commit()
            await rival.close()
            await watch.close()
            return await batch

    receipt = asyncio.run(go())
    assert (receipt.accepted, receipt.duplicates) == (2, 0)
    assert [(each.index, each.code) for each in receipt.rejected] == [(1, "id_conflict")]
    rows = host.sql("SELECT event_id FROM event WHERE brand_id = :b", b=brand.brand_id)
    assert sorted(row.event_id for row in rows) == ["a", "c"]


@pytest.mark.parametrize("known", ["b", "a", "c", "abc"])
def test_a_repeat_is_found_wherever_its_id_stands(host: Service, brand: Brand, known: str) -> None:
    async def go() -> list[Receipt]:
        async with opened(host) as door:
            source = await door.source(brand)
            return [
                await door.post(source, [raw(id_) for id_ in ids])
                for ids in ("0z", known, "cab", "def")
            ]

    *_, third, last = asyncio.run(go())
    assert third == Receipt(3 - len(known), len(known), [])
    assert last == Receipt(3, 0, [])
    assert set(stored(host, brand)) == set("0zabcdef")
