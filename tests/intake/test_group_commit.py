"""Requests that share a transaction: each is treated as if it had come by itself."""

import asyncio
import random
from typing import Any

import pytest

from app.crm import sources
from app.ingest.group_commit import Outdated
from app.ingest.inbox import Receipt
from tests.intake.door import (
    AGAIN,
    ONE,
    Requests,
    commits,
    letters,
    opened,
    raw,
    shut,
    singles,
    stored,
    together,
    until_blocked,
)
from tests.make import Brand, Service


def test_what_comes_during_a_commit_shares_the_next(host: Service, brand: Brand) -> None:
    async def go() -> list[Any]:
        async with opened(host) as door:
            return await together(door, brand, singles(*(f"e{n}" for n in range(300))))

    assert asyncio.run(go()) == [ONE] * 300
    assert len(stored(host, brand)) == 300
    assert commits(host, brand) == 2


def test_a_full_group_does_not_wait_for_the_one_before(host: Service, brand: Brand) -> None:
    batches = [([raw(f"{n}-{m}") for m in range(400)], None) for n in range(4)]

    async def go() -> list[Any]:
        async with opened(host, running=4) as door:
            async with shut(host.settings) as holder:
                posted = asyncio.create_task(together(door, brand, batches))
                await until_blocked(holder, 2)
            return await posted

    assert asyncio.run(go()) == [Receipt(400, 0, [])] * 4
    assert commits(host, brand) == 4


def test_brands_do_not_share_a_transaction(host: Service) -> None:
    both = [host.brand(), host.brand()]

    async def go() -> None:
        async with opened(host) as door:
            posts = [together(door, each, singles(*"abcdef")) for each in both]
            for receipts in await asyncio.gather(*posts):
                assert receipts == [ONE] * 6

    asyncio.run(go())
    xmins = [
        {row[0] for row in host.sql("SELECT xmin::text FROM event WHERE brand_id = :b", b=b)}
        for b in (each.brand_id for each in both)
    ]
    assert not xmins[0] & xmins[1]


def test_of_one_id_the_first_counts(host: Service, brand: Brand) -> None:
    requests = [
        ([raw("before")], None),
        ([raw("x", amount=1)], None),
        ([raw("x", amount=1)], None),
        ([raw("x", amount=2), raw("y")], None),
        ([raw("x", amount=1), raw("y"), raw("z")], None),
    ]

    async def go() -> list[Any]:
        async with opened(host) as door:
            return await together(door, brand, requests)

    _, first, same, other, mixed = asyncio.run(go())
    assert (first, same) == (ONE, AGAIN)
    assert (other.accepted, other.duplicates) == (1, 0)
    assert [(each.index, each.code, each.id) for each in other.rejected] == [
        (0, "id_conflict", "x")
    ]
    assert mixed == Receipt(1, 2, [])
    assert stored(host, brand)["x"] == raw("x", amount=1).decode()


def drawn(draw: random.Random) -> Requests:
    """Requests that share ids and texts, some of them unreadable."""
    bad = [b"{", b'{"id": 5}', b'{"id":"n","type":"x.y","time":"2025-01-01T00:00:00Z","data":{}}']

    def event() -> bytes:
        if draw.random() < 0.2:
            return draw.choice(bad)
        if draw.random() < 0.1:
            nul = raw(f"nul{draw.randrange(3)}").replace(b"b1", rb"b\u0000")
            return draw.choice([nul, raw("s").replace(b"b1", rb"\ud800")])
        source = draw.choice([{}, {}, {"source": "other"}])
        return raw(f"e{draw.randrange(8)}", amount=draw.randrange(2), **source)

    return [
        ([event() for _ in range(draw.choice([1, 1, 1, 2, 5]))], draw.choice([None, f"w{n % 4}"]))
        for n in range(25)
    ]


@pytest.mark.parametrize("seed", range(6))
def test_together_is_as_one_after_the_other(host: Service, seed: int) -> None:
    requests = drawn(random.Random(seed))
    crowd, queue = host.brand(), host.brand()

    async def go() -> tuple[list[Any], list[Any]]:
        async with opened(host, running=1) as door:
            source = await door.source(queue)
            in_turn = [await door.post(source, raws, given) for raws, given in requests]
            return await together(door, crowd, requests), in_turn

    at_once, in_turn = asyncio.run(go())
    assert at_once == in_turn
    assert stored(host, crowd) == stored(host, queue)
    assert letters(host, crowd) == letters(host, queue)
    assert commits(host, crowd) <= 2


def test_many_processes_with_the_same_ids_at_once(host: Service, brand: Brand) -> None:
    ids = [f"e{n}" for n in range(60)]

    async def one(seed: int) -> list[Receipt]:
        draw = random.Random(seed)
        async with opened(host, running=2) as door:
            batches = [draw.sample(ids, 20) for _ in range(15)]
            return await together(door, brand, [([raw(x) for x in b], None) for b in batches])

    async def go() -> list[Receipt]:
        return [each for some in await asyncio.gather(*map(one, range(4))) for each in some]

    receipts = asyncio.run(go())
    assert sum(each.accepted for each in receipts) == len(stored(host, brand))
    assert all(each.accepted + each.duplicates == 20 for each in receipts)


def test_what_was_rotated_meanwhile_is_told_and_not_stored(host: Service, brand: Brand) -> None:
    async def go() -> None:
        async with opened(host) as door:
            before = await door.source(brand)
            assert await door.post(before, [raw("a")]) == ONE
            await asyncio.to_thread(
                host.within, lambda c: sources.rotate(c, brand.brand_id, brand.source_id, 0)
            )
            after = await door.source(brand)
            posts = [door.post(before, [raw("b")]), door.post(after, [raw("c")])]
            old, new = await asyncio.gather(*posts, return_exceptions=True)
            assert isinstance(old, Outdated)
            assert new == ONE
            await asyncio.to_thread(
                host.within, lambda c: sources.remove(c, brand.brand_id, brand.source_id)
            )
            with pytest.raises(Outdated):
                await door.post(after, [raw("d")])

    asyncio.run(go())
    assert set(stored(host, brand)) == {"a", "c"}


def test_each_commit_wakes_the_workers(host: Service, brand: Brand) -> None:
    async def go() -> int:
        async with opened(host) as door:
            await together(door, brand, singles(*"abcdef"))
            return door.woken

    assert asyncio.run(go()) == 2


def test_no_character_of_an_id_is_taken_for_another(host: Service, brand: Brand) -> None:
    # They are joined by U+001F on their way to the database.
    ids = ["a", "\x1f", "b\x1f", "\x1fb", "\x1e", "\x1e\x1f\x1f", "价\x1f", "\t", "a\n"]

    async def go() -> list[Any]:
        async with opened(host) as door:
            firsts = await together(door, brand, singles(*ids))
            source = await door.source(brand)
            mixed = [raw(id_) for id_ in ids] + [raw("\x1f\x1fnew")]
            return [*firsts, await door.post(source, mixed)]

    *firsts, mixed = asyncio.run(go())
    assert firsts == [ONE] * len(ids)
    assert mixed == Receipt(1, len(ids), [])
    assert stored(host, brand) == {id_: raw(id_).decode() for id_ in [*ids, "\x1f\x1fnew"]}
