"""When members last spoke follows their messages, whatever becomes of these."""

from typing import Any

import pytest

from tests.make import Brand, Service
from tests.metrics.told import tell, told


def spoke(service: Service, brand: Brand) -> dict[str, str]:
    rows = service.sql(
        "SELECT member_id, to_char(last_spoke_at AT TIME ZONE 'Asia/Shanghai', 'DD HH24') AS at"
        " FROM member_speech WHERE brand_id = :b",
        b=brand.brand_id,
    )
    return {row.member_id: row.at for row in rows}


def test_the_latest_of_all_groups_counts_recalled_or_not(service: Service) -> None:
    brand = told(
        service,
        """
        03-01 10:00 message.sent group_id=g1 member_id=ann message_id=m1
        03-05 10:00 message.sent group_id=g2 member_id=ann message_id=m1
        03-06 10:00 message.recalled group_id=g2 message_id=m1
        03-03 10:00 message.sent group_id=g1 member_id=ann message_id=m2
        03-04 10:00 message.sent group_id=g1 member_id=bob message_id=m3
        03-09 10:00 message.recalled group_id=g1 message_id=unknown
        """,
    )
    assert spoke(service, brand) == {"ann": "05 10", "bob": "04 10"}


@pytest.mark.parametrize(
    ("late", "expected"),
    [
        # The same message was sent earlier than was told first: the one before it is the last.
        ("03-02 10:00 message.sent group_id=g1 member_id=ann message_id=m2", {"ann": "02 10"}),
        ("03-01 09:00 message.sent group_id=g1 member_id=ann message_id=m2", {"ann": "01 10"}),
        # An older event that names somebody else does not change who sent it, but when.
        ("03-03 10:00 message.sent group_id=g1 member_id=bob message_id=m2", {"ann": "03 10"}),
        # A later one names another sender; the message is still as old as it was.
        (
            "03-07 10:00 message.sent group_id=g1 member_id=bob message_id=m2",
            {"ann": "01 10", "bob": "05 10"},
        ),
        ("03-04 10:00 message.sent group_id=g1 member_id=ann message_id=m9", {"ann": "05 10"}),
        ("03-08 10:00 message.sent group_id=g1 member_id=ann message_id=m9", {"ann": "08 10"}),
    ],
)
def test_late_and_moved_messages(service: Service, late: str, expected: dict[str, Any]) -> None:
    brand = told(
        service,
        """
        03-01 10:00 message.sent group_id=g1 member_id=ann message_id=m1
        03-05 10:00 message.sent group_id=g1 member_id=ann message_id=m2
        """,
    )
    tell(brand, late)
    assert spoke(service, brand) == expected


def test_who_never_said_it_is_forgotten(service: Service) -> None:
    brand = told(service, "03-05 10:00 message.sent group_id=g1 member_id=ann message_id=m1")
    tell(brand, "03-06 10:00 message.sent group_id=g1 member_id=bob message_id=m1")
    assert spoke(service, brand) == {"bob": "05 10"}
