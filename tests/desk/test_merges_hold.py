"""Merges hold through rebuilds, checks, changes of settings, and many hands at a time."""

import asyncio
import threading
from typing import Any

from app.core.db import open_pool
from app.derive import beside
from app.derive.verify import Report, verify
from tests.desk.people import derived, merge, send, undo
from tests.make import Brand, Service
from tests.metrics.told import told

STORY = """
    03-02 10:00 member.joined  group_id=g1 member_id=ann source.kind=note source.note_id=n1
    03-02 11:00 member.joined  group_id=g1 member_id=amy
    03-06 10:00 message.sent   group_id=g1 member_id=ann message_id=m1
    03-06 11:00 message.sent   group_id=g1 member_id=amy message_id=m2
    03-03 10:00 live.started   live_id=l1
    03-03 10:30 live.joined    live_id=l1 member_id=ann
    03-03 10:40 live.joined    live_id=l1 member_id=amy
    03-03 12:00 order.paid     order_id=o2 buyer_id=b1 amount=200
    03-09 12:00 order.paid     order_id=o3 buyer_id=ann amount=400
"""


def merged(service: Service) -> Brand:
    """Ann is amy and b1."""
    brand = told(service, STORY, identity_mode="separate")
    for other in ("m:amy", "b:b1"):
        merge(brand, "m:ann", other)
    brand.drain()
    return brand


def test_a_rebuild_gives_the_same_and_a_check_finds_nothing(service: Service) -> None:
    brand = merged(service)
    before = derived(service, brand)

    async def go() -> Report:
        pool = open_pool(service.settings, "hongqun test")
        async with pool.connect() as connection:
            await beside.begin(connection, brand.brand_id)
            await connection.commit()
            async for _ in beside.steps(connection, brand.brand_id):
                await connection.commit()
            await beside.swap(connection, brand.brand_id)
            await connection.commit()
            await connection.invalidate()
        async with pool.connect() as connection:
            report = await verify(connection, brand.brand_id, lambda what, done, total: None)
            await connection.rollback()
        await pool.dispose()
        return report

    report = asyncio.run(go())
    assert (report.differences, report.first) == (0, [])
    assert derived(service, brand) == before


def test_a_change_of_settings_keeps_them(service: Service) -> None:
    brand = merged(service)
    before = derived(service, brand)
    for mode in ("shared", "separate"):
        send(brand, "PATCH", "/v1/brand", identity_mode=mode)
        brand.drain()
        found = {each["id"] for each in brand.ask("/v1/customers/b:b1/identities")["identities"]}
        assert found == {"ann", "amy", "b1"}
        # The buyer ann is the member ann in shared mode alone.
        alone = brand.ask("/v1/customers/b:ann/identities")["customer_id"]
        assert alone == {"shared": "m:amy", "separate": "b:ann"}[mode]
    assert derived(service, brand) == before


def test_many_at_once_end_as_one_after_the_other(service: Service) -> None:
    """Four write merges while a worker works on events of the same people."""
    brand = told(service, STORY, identity_mode="separate")
    before = derived(service, brand)
    people = ["m:ann", "m:amy", "b:b1", "b:ann"]
    made: list[str] = []

    def act(n: int) -> None:
        with brand.client as client:
            for _ in range(3):
                body = {"a": people[n], "b": people[(n + 1) % 4]}
                answer = client.post("/v1/identity-merges", json=body)
                assert answer.status_code in (200, 409), answer.text
                if answer.status_code == 200:
                    made.append(answer.json()["merge_id"])
                answer = client.post("/v1/identity-merges", json=body | {"dry_run": True})
                assert answer.status_code in (200, 409), answer.text

    def more(n: int) -> dict[str, Any]:
        data = {"order_id": "o2", "buyer_id": "b1", "amount": 200, "currency": "CNY"}
        time = "2025-03-03T12:00:00+08:00"
        return {"id": f"again {n}", "type": "order.paid", "time": time, "data": data}

    threads = [threading.Thread(target=act, args=(n,)) for n in range(4)]
    for thread in threads:
        thread.start()
    for n in range(20):
        brand.post([more(n)])
    for thread in threads:
        thread.join()
    # Three edges hold four together; a fourth says nothing new.
    assert len(made) == 3
    answer = brand.ask("/v1/customers/b:ann/identities")
    assert (answer["customer_id"], len(answer["identities"])) == ("m:amy", 4)
    for merge_id in made:
        undo(brand, merge_id)
    brand.drain()
    assert derived(service, brand) == before
