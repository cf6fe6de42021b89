"""The oldest month that is left counts as ever; a period that begins before it loses nothing."""

from collections.abc import Iterator

import pytest

from app.core.settings import Settings
from tests.make import Brand, Service
from tests.messages.months import split
from tests.metrics.told import tell, told
from tests.stack import migrated_database, stack_on

STORY = """
03-20 10:00 member.joined group_id=g member_id=ann
03-20 10:00 member.joined group_id=g member_id=bob
03-20 11:00 message.sent group_id=g message_id=m1 member_id=ann text=old
04-01 12:00 message.sent group_id=g message_id=m2 member_id=ann text=young
04-02 12:00 message.sent group_id=g message_id=m3 member_id=ann text=young
04-20 12:00 message.sent group_id=g message_id=m4 member_id=bob text=young
"""
LATER = """
04-21 10:00 message.recalled group_id=g message_id=m2
04-21 10:00 message.recalled group_id=g message_id=m3
04-22 10:00 identity.linked member_id=ann buyer_id=z
04-22 10:00 identity.linked member_id=bob buyer_id=z
"""
JOINED = """
03-31 12:00 member.joined group_id=g member_id=ann
04-01 12:00 message.sent group_id=g message_id=m member_id=ann text=hi
"""
COUNTED = {
    "2025-03-20": (1, 1),
    "2025-04-01": (1, 1),
    "2025-04-02": (1, 1),
    "2025-04-20": (1, 1),
    "2025-03": (1, 1),
    "2025-04": (3, 2),
}


@pytest.fixture(scope="module")
def service(settings: Settings) -> Iterator[Service]:
    with migrated_database(settings) as empty, stack_on(empty) as stack:
        split(Service("", empty))
        stack.worker()
        yield stack.web()


def counted(brand: Brand) -> dict[str, tuple[int, int]]:
    """Messages and speakers of days and months, where anybody spoke."""
    given = {"start": "2025-03-01", "end": "2025-05-01", "group_id": "g"}
    return {
        row["start"][:length]: (row["messages"], row["speakers"])
        for bucket, length in (("day", 10), ("month", 7))
        for row in brand.ask("/v1/metrics/activity", **given, bucket=bucket)["rows"]
        if row["speakers"]
    }


def test_recalls_and_merges_in_the_oldest_month(service: Service) -> None:
    utc, shanghai, west = (
        told(service, STORY, timezone=zone) for zone in ("UTC", "Asia/Shanghai", "America/New_York")
    )
    assert counted(utc) == counted(shanghai) == COUNTED
    # Noon in Shanghai is midnight in New York, where m1 was sent the day before.
    assert counted(west) == western(COUNTED)
    joined = [told(service, JOINED, timezone=zone) for zone in ("UTC", "Asia/Shanghai")]
    assert [retained(brand) for brand in joined] == [1, 1]
    for part in ("message_before", "message_2025_03"):
        service.sql(f"SELECT detach_partition('message', '{part}')")
    for brand in (utc, shanghai, west):
        tell(brand, LATER)
    lowered = COUNTED | {"2025-04-01": (0, 1), "2025-04-02": (0, 1), "2025-04": (1, 1)}
    assert counted(utc) == lowered
    assert counted(west) == western(lowered)
    # There this day, and with it this month, began on 31 March at 16:00 UTC.
    assert counted(shanghai) == COUNTED | {"2025-04-02": (0, 1)}
    # It was not ann who spoke on the day after: in Shanghai that day keeps what was counted.
    for brand in joined:
        tell(brand, "04-02 12:00 message.sent group_id=g message_id=m member_id=bob text=hi")
    assert [retained(brand) for brand in joined] == [0, 1]


def retained(brand: Brand) -> int:
    """How many spoke on the day after they joined in March."""
    asked = {"start": "2025-03-01", "end": "2025-04-01", "kind": "speak", "days": "1"}
    (row,) = brand.ask("/v1/metrics/retention", **asked)["rows"]
    return int(row["retained"])


def western(days: dict[str, tuple[int, int]]) -> dict[str, tuple[int, int]]:
    return {"2025-03-19" if day == "2025-03-20" else day: those for day, those in days.items()}
