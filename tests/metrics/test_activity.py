"""Group activity, counted by hand."""

from typing import Any

from tests.make import Service
from tests.metrics.golden import golden
from tests.metrics.told import MARCH, at, tell, told

STORY = """
    03-01 10:00 group.created    group_id=g1 name=福利群
    03-02 10:00 member.joined    group_id=g1 member_id=ann
    03-03 00:00 member.joined    group_id=g1 member_id=bob
    03-03 12:00 member.joined    group_id=g1 member_id=cat
    03-03 18:00 member.left      group_id=g1 member_id=cat
    03-03 20:00 member.joined    group_id=g1 member_id=cat
    03-04 00:00 member.left      group_id=g1 member_id=ann
    03-03 09:00 message.sent     group_id=g1 member_id=dan message_id=m1
    03-03 13:00 message.sent     group_id=g1 member_id=cat message_id=m2
    03-04 09:00 message.recalled group_id=g1 message_id=m2
    03-04 10:00 message.sent     group_id=g1 member_id=bob message_id=m3
    03-04 10:05 message.recalled group_id=g1 message_id=m3
"""
LATE = """
    03-03 06:00 member.joined    group_id=g1 member_id=eve
    03-03 07:00 message.sent     group_id=g1 member_id=eve message_id=m4
    03-20 00:00 identity.linked  member_id=eve buyer_id=bob
"""
ASKED = MARCH | {"start": "2025-03-03", "end": "2025-03-05"}
COUNTS = [
    "members_start",
    "members_end",
    "joins",
    "leaves",
    "messages",
    "speakers",
    "members_during",
    "speaking_members",
    "interaction_rate",
    "leave_rate",
]


def row(start: str, end: str, *counts: float | None, **of: str) -> dict[str, Any]:
    days = {"start": f"2025-{start}", "end": f"2025-{end}"}
    group = {"group_id": "g1", "name": "福利群"}
    return group | days | dict(zip(COUNTS, counts, strict=True)) | of


# The 3rd begins with ann and bob, who joins at its first instant; ann leaves at the first instant
# of the 4th, so it ends with bob and cat. Joined: bob, cat, cat; left: cat. Of dan's message and
# cat's, which is recalled later, one stands; both spoke, but dan was no member.
THIRD = row("03-03", "03-04", 2, 2, 3, 1, 1, 2, 3, 1, 0.333333, 0.5)
# Ann left at the start, so she was no member during the 4th. Bob's message is recalled.
FOURTH = row("03-04", "03-05", 2, 2, 0, 1, 0, 1, 2, 1, 0.5, 0.5)

# Eve joined and spoke on the 3rd. She turns out to be bob: one more joining and message, one
# more speaker, but no more members.
THIRD_LATE = row("03-03", "03-04", 2, 2, 4, 1, 2, 3, 3, 2, 0.666667, 0.5)


@golden(
    *("members_start", "members_end", "members_during", "joins", "leaves", "leave_rate"),
    *("messages", "speakers", "speaking_members", "interaction_rate"),
)
def test_by_day(service: Service) -> None:
    brand = told(service, STORY)
    assert brand.ask("/v1/metrics/activity", **ASKED)["rows"] == [THIRD, FOURTH]
    tell(brand, LATE)
    assert brand.ask("/v1/metrics/activity", **ASKED)["rows"] == [THIRD_LATE, FOURTH]
    tell(brand, LATE + STORY)
    assert brand.ask("/v1/metrics/activity", **ASKED)["rows"] == [THIRD_LATE, FOURTH]


def test_in_one_bucket_and_as_of(service: Service) -> None:
    brand = told(service, STORY)
    # Over both days: ann and bob at the start, three joinings, cat's and ann's leaving.
    both = row("03-03", "03-05", 2, 2, 3, 2, 1, 3, 3, 2, 0.666667, 1.0)
    for bucket in ("none", "week", "month"):
        assert brand.ask("/v1/metrics/activity", bucket=bucket, **ASKED)["rows"] == [both]
    # At 19:00 cat is away, and her message is not yet recalled; it stays so on the 4th.
    found = brand.ask("/v1/metrics/activity", **ASKED | {"as_of": at("03-03", "19:00")})
    assert found["rows"] == [
        row("03-03", "03-04", 2, 2, 2, 1, 2, 2, 3, 1, 0.333333, 0.5),
        row("03-04", "03-05", 2, 2, 0, 0, 0, 0, 2, 0, 0.0, 0.0),
    ]


def test_which_groups(service: Service) -> None:
    brand = told(
        service,
        """
        03-01 10:00 group.created group_id=quiet
        03-01 10:00 message.sent  group_id=heard member_id=ann message_id=m1
        03-04 10:00 message.sent  group_id=talks member_id=ann message_id=m1
        03-01 10:00 member.joined group_id=gone member_id=ann
        03-03 00:00 member.left   group_id=gone member_id=ann
        03-05 00:00 member.joined group_id=later member_id=ann
        """,
    )
    talks = [
        row("03-03", "03-04", *[0] * 8, None, None, group_id="talks") | {"name": None},
        row("03-04", "03-05", 0, 0, 0, 0, 1, 1, 0, 0, None, None, group_id="talks")
        | {"name": None},
    ]
    assert brand.ask("/v1/metrics/activity", **ASKED)["rows"] == talks
    # The one asked for is there with zeros; one that no event names is not.
    quiet = brand.ask("/v1/metrics/activity", group_id="quiet", **ASKED)
    assert [each["members_during"] for each in quiet["rows"]] == [0, 0]
    assert brand.ask("/v1/metrics/activity", group_id="other", **ASKED)["rows"] == []
    left = brand.ask("/v1/metrics/activity", group_id="gone", bucket="none", **ASKED)
    assert left["rows"][0]["leaves"] == 1
