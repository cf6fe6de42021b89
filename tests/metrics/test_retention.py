"""Retention, counted by hand."""

from typing import Any

from tests.make import Service
from tests.metrics.golden import golden
from tests.metrics.told import MARCH, at, tell, told

STORY = """
    03-03 23:59 member.joined    group_id=g1 member_id=ann source.kind=note source.note_id=n1
    03-03 10:00 member.joined    group_id=g1 member_id=bob
    03-04 00:00 member.joined    group_id=g1 member_id=cat
    03-05 00:00 member.left      group_id=g1 member_id=bob
    03-04 00:00 message.sent     group_id=g1 member_id=ann message_id=m1
    03-05 09:00 message.sent     group_id=g1 member_id=bob message_id=m2
    03-05 09:01 message.recalled group_id=g1 message_id=m2
    03-04 20:00 message.sent     group_id=g1 member_id=cat message_id=m3
    03-05 20:00 message.sent     group_id=g2 member_id=cat message_id=m4
"""
LATE = """
    03-03 12:00 member.joined    group_id=g1 member_id=dan
    03-04 12:00 member.left      group_id=g1 member_id=cat
    03-10 23:59 message.sent     group_id=g1 member_id=dan message_id=m5
"""
ASKED = MARCH | {"days": "0,1,2,7", "as_of": at("03-11")}


def rows(*counts: tuple[int, int, int, float | None]) -> list[dict[str, Any]]:
    fields = ("day", "mature", "retained", "rate")
    return [dict(zip(fields, each, strict=True)) for each in counts]


# Ann and bob joined on 3 March, cat on the 4th. Bob left at the very end of the 4th: on day 1 he
# was there until it was over. Day 7 of ann and bob, the 10th, is over at as_of; cat's is not.
STAY = rows((0, 3, 3, 1.0), (1, 3, 3, 1.0), (2, 3, 2, 0.666667), (7, 2, 1, 0.5))
# Cat spoke on the day of joining, ann on the next (at its first instant), bob, who had left by
# then, two days after; cat's message in g2 is none in the group of the membership.
SPEAK = rows((0, 3, 1, 0.333333), (1, 3, 1, 0.333333), (2, 3, 1, 0.333333), (7, 2, 0, 0.0))

# Dan joined on the 3rd and stayed; cat left within the day of joining.
STAY_LATE = rows((0, 4, 3, 0.75), (1, 4, 3, 0.75), (2, 4, 2, 0.5), (7, 3, 2, 0.666667))
# Dan spoke in the last minute of his day 7.
SPEAK_LATE = rows((0, 4, 1, 0.25), (1, 4, 1, 0.25), (2, 4, 1, 0.25), (7, 3, 1, 0.333333))


@golden("stay_rate", "speak_rate", "retention_mature", "stayed", "spoke")
def test_stay_and_speak(service: Service) -> None:
    brand = told(service, STORY)
    assert brand.ask("/v1/metrics/retention", **ASKED)["rows"] == STAY
    assert brand.ask("/v1/metrics/retention", kind="speak", **ASKED)["rows"] == SPEAK
    tell(brand, LATE)
    assert brand.ask("/v1/metrics/retention", **ASKED)["rows"] == STAY_LATE
    assert brand.ask("/v1/metrics/retention", kind="speak", **ASKED)["rows"] == SPEAK_LATE
    tell(brand, LATE + STORY)
    assert brand.ask("/v1/metrics/retention", **ASKED)["rows"] == STAY_LATE
    assert brand.ask("/v1/metrics/retention", kind="speak", **ASKED)["rows"] == SPEAK_LATE


def test_filters_and_days(service: Service) -> None:
    brand = told(service, STORY)
    # Only ann came from n1; days are sorted, each once.
    found = brand.ask("/v1/metrics/retention", **ASKED | {"days": "7,1,1", "note_id": "n1"})
    assert found["rows"] == rows((1, 1, 1, 1.0), (7, 1, 1, 1.0))
    assert found["days"] == [1, 7]
    for nobody in ({"group_id": "g2"}, {"note_id": "n2"}, {"end": MARCH["start"]}):
        for kind in ("stay", "speak"):
            found = brand.ask("/v1/metrics/retention", kind=kind, **ASKED | {"days": "7"} | nobody)
            assert found["rows"] == rows((7, 0, 0, None))


def test_a_customer_speaks_by_any_of_its_ids(service: Service) -> None:
    brand = told(
        service,
        """
        03-03 10:00 member.joined   group_id=g1 member_id=ann
        03-04 10:00 message.sent    group_id=g1 member_id=eve message_id=m1
        03-09 10:00 identity.linked member_id=ann buyer_id=b1
        03-09 10:00 identity.linked member_id=eve buyer_id=b1
        """,
        identity_mode="separate",
    )
    found = brand.ask("/v1/metrics/retention", kind="speak", **MARCH | {"days": "1"})
    assert found["rows"] == rows((1, 1, 1, 1.0))
