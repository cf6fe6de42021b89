"""Amounts: whole numbers of the minor unit between 0 and 10^13, of the brand's currency."""

import pytest

from .reading import ORDER_PAID, accepted, event, refused

REFUND = (
    '{"id": "e1", "type": "order.refunded", "time": "2025-03-01T12:00:00Z",'
    ' "data": {"order_id": "o1", "refund_id": "r1", "amount": AMOUNT}}'
)
ITEM = ORDER_PAID.replace("AMOUNT", '5, "items": [{"amount": AMOUNT}]')
PLACES = [
    (ORDER_PAID, "/data/amount"),
    (ORDER_PAID.replace("order.paid", "order.placed"), "/data/amount"),
    (REFUND, "/data/amount"),
    (ITEM, "/data/items/0/amount"),
]

FINE = ["0", "-0", "1", "12900", "9999999999999", "10000000000000"]
OUTSIDE = [
    "-1",
    "10000000000001",
    "9223372036854775807",
    "9223372036854775808",
    "18446744073709551616",
    "-9223372036854775809",
    "1" + "0" * 23,
    "-1" + "0" * 23,
    "9" * 5000,
    "-" + "9" * 5000,
]
NO_INTEGER = ["1.5", "1.0", "1e3", "1E3", "0.0", "-1.5", '"12"', '""', "true", "[1]", "{}"]
NO_JSON = ["01", "1.", ".5", "+1", "NaN", "Infinity", "0x1", "1_000", "", "1,5", "１"]


@pytest.mark.parametrize(("place", "field"), PLACES)
def test_an_amount_is_a_whole_number(place: str, field: str) -> None:
    for amount in FINE:
        accepted(place.replace("AMOUNT", amount))
    for amount in OUTSIDE:
        assert refused(place.replace("AMOUNT", amount)) == ("amount_out_of_range", field)
    for amount in NO_INTEGER:
        assert refused(place.replace("AMOUNT", amount)) == ("invalid", field)
    for amount in NO_JSON:
        assert refused(place.replace("AMOUNT", amount)) == ("invalid_json", None)


def test_an_amount_beyond_a_float_is_refused() -> None:
    for amount in ["1e400", "-1e400"]:
        code, field = refused(ORDER_PAID.replace("AMOUNT", amount))
        assert code in ("invalid", "amount_out_of_range")
        assert field == "/data/amount"


@pytest.mark.parametrize("type_", ["order.placed", "order.paid"])
@pytest.mark.parametrize("currency", ["USD", "cny", "", "CNY ", "人民币" * 500])
def test_the_currency_is_the_brands(type_: str, currency: str) -> None:
    order = event(type_, {"currency": currency})
    assert refused(order) == ("currency_mismatch", "/data/currency")


@pytest.mark.parametrize("count", [-1, 1.5, "5", 10**23])
def test_a_count_is_no_amount(count: object) -> None:
    assert refused(event("note.measured", {"views": count})) == ("invalid", "/data/views")
