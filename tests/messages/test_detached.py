"""Months of messages that were detached: nothing comes back, nothing that was counted goes."""

from collections.abc import Iterator
from typing import Any

import pytest
from sqlalchemy.ext.asyncio import AsyncConnection

from app.core.settings import Settings
from app.derive.verify import verify
from tests.make import Brand, Service
from tests.messages.months import identities, rows, split
from tests.metrics.told import tell, told
from tests.personal.people import Desk
from tests.stack import migrated_database, stack_on

ASKED = {"start": "2025-03-01", "end": "2025-04-01", "group_id": "g", "bucket": "month"}
SPEAK = {"start": "2025-03-01", "end": "2025-04-01", "kind": "speak", "days": "1,7"}


@pytest.fixture(scope="module")
def service(settings: Settings) -> Iterator[Service]:
    with migrated_database(settings) as empty, stack_on(empty) as stack:
        split(Service("", empty))
        stack.worker()
        yield stack.web()


def counted(brand: Brand) -> tuple[Any, ...]:
    """What the sums say of March: of the group, of the days after joinings, of the funnel."""
    activity = brand.ask("/v1/metrics/activity", **ASKED)["rows"]
    speak = brand.ask("/v1/metrics/retention", **SPEAK)["rows"]
    funnel = brand.ask("/v1/metrics/funnel", start="2025-03-01", end="2025-04-01", by="group")
    return (
        [(row["messages"], row["speakers"], row["speaking_members"]) for row in activity],
        [(row["day"], row["retained"]) for row in speak],
        [row["speakers"] for row in funnel["rows"]],
    )


def test_a_detached_month_keeps_what_was_counted_and_takes_nothing_in(service: Service) -> None:
    brand = told(
        service,
        """
        03-04 10:00 member.joined group_id=g member_id=ann
        03-05 10:00 message.sent group_id=g message_id=m1 member_id=ann text=old
        03-11 10:00 message.sent group_id=g message_id=m2 member_id=ann text=old
        04-05 10:00 message.sent group_id=g message_id=m3 member_id=ann text=young
        """,
    )
    before = counted(brand)
    assert before == ([(2, 1, 1)], [(1, 1), (7, 1)], [1])
    for part in ("message_before", "message_2025_03"):
        service.sql(f"SELECT detach_partition('message', '{part}')")
    assert counted(brand) == before
    # Sent and recalled again, sent later for the first time, and something else of the month.
    tell(
        brand,
        """
        03-05 09:00 message.sent group_id=g message_id=m1 member_id=ann text=again
        03-12 10:00 message.recalled group_id=g message_id=m2
        04-07 10:00 message.sent group_id=g message_id=m2 member_id=bob text=again
        03-20 10:00 message.sent group_id=g message_id=m4 member_id=ann text=late
        03-30 10:00 member.left group_id=g member_id=ann
        03-29 10:00 member.joined group_id=g member_id=bob
        """,
    )
    # One that was young becomes as old as what is gone.
    tell(brand, "03-31 10:00 message.sent group_id=g message_id=m3 member_id=ann text=young")
    assert rows(service, brand.brand_id) == {}
    assert set(identities(service, brand.brand_id)) == {"m1", "m2", "m3", "m4"}
    assert counted(brand) == before
    day = {"start": "2025-04-05", "end": "2025-04-06"}
    april = brand.ask("/v1/metrics/activity", **ASKED | day)
    assert [row["messages"] for row in april["rows"]] == [0]
    caveats = {
        each["code"]: each["since"]
        for each in brand.ask("/v1/metrics/activity", **ASKED)["caveats"]
        if each["code"] == "messages_detached"
    }
    assert caveats == {"messages_detached": "2025-04-01T00:00:00Z"}
    assert "messages_detached" not in str(april["caveats"])

    async def check(connection: AsyncConnection) -> int:
        report = await verify(connection, brand.brand_id, lambda *_: None)
        return report.differences

    assert service.within(check) == 0
    # Whoever is erased is erased there, too.
    Desk(service, brand).erase("m:ann")
    left = service.sql(
        "SELECT member_id, text FROM hongqun_detached.message WHERE brand_id = :b",
        b=brand.brand_id,
    )
    assert [(row.member_id[:7], row.text) for row in left] == [("erased-", None)] * 2
    assert counted(brand) == before
