"""Messages in partitions by month: an identity leads to each, whatever comes in which order."""

import pytest

from tests.make import Service
from tests.messages.months import identities, rows
from tests.metrics.told import tell, told

MARCH, APRIL = "message_2025_03", "message_2025_04"


def test_a_recall_waits_with_the_identity_until_its_message_comes(service: Service) -> None:
    brand = told(service, "03-09 10:00 message.recalled group_id=g message_id=m")
    assert (rows(service, brand.brand_id), identities(service, brand.brand_id)) == (
        {},
        {"m": (None, True)},
    )
    assert brand.ask("/v1/messages")["items"] == []
    assert brand.ask("/v1/groups/g/messages/m") is None
    tell(brand, "03-08 10:00 message.sent group_id=g message_id=m member_id=ann text=hi")
    assert rows(service, brand.brand_id) == {"m": (MARCH, "03-08", True)}
    assert identities(service, brand.brand_id) == {"m": ("03-08", False)}
    assert brand.ask("/v1/groups/g/messages/m")["text"] == "hi"


@pytest.mark.parametrize("first", ["03-31", "04-02"])
def test_a_message_sent_earlier_moves_to_its_month(service: Service, first: str) -> None:
    days = ["03-31", "04-02"]
    lines = {
        day: f"{day} 10:00 message.sent group_id=g message_id=m member_id=ann text=on-{day}"
        for day in days
    }
    brand = told(service, lines[first])
    tell(brand, "04-03 10:00 message.recalled group_id=g message_id=m")
    tell(brand, lines[next(day for day in days if day != first)])
    assert rows(service, brand.brand_id) == {"m": (MARCH, "03-31", True)}
    assert identities(service, brand.brand_id) == {"m": ("03-31", False)}
    # Its words are those of the latest event all the same.
    assert brand.ask("/v1/groups/g/messages/m")["text"] == "on-04-02"
    (found,) = brand.ask("/v1/messages", q="on")["items"]
    assert found["message_id"] == "m"


def test_what_is_listed_and_counted_lies_in_several_months(service: Service) -> None:
    brand = told(
        service,
        """
        02-27 10:00 message.sent group_id=g message_id=m1 member_id=ann text=hello
        03-31 10:00 message.sent group_id=g message_id=m2 member_id=ann text=hello
        04-01 10:00 message.sent group_id=g message_id=m3 member_id=bob text=hello
        06-09 10:00 message.sent group_id=g message_id=m4 member_id=bob text=hello
        """,
    )
    listed = [each["message_id"] for each in brand.ask("/v1/messages", limit=2)["items"]]
    assert listed == ["m4", "m3"]
    found = brand.ask("/v1/messages", q="hello", sort="sent_at")["items"]
    assert [each["message_id"] for each in found] == ["m1", "m2", "m3", "m4"]
    weeks = brand.ask("/v1/metrics/activity", start="2025-03-31", end="2025-04-07", bucket="week")
    assert [(row["messages"], row["speakers"]) for row in weeks["rows"]] == [(2, 2)]
    assert "messages_detached" not in {each["code"] for each in weeks["caveats"]}
