"""The comparison sees each kind of difference, and nothing else."""

from typing import Any

import pytest

from .compare import differences

ROW = {"key": "n01", "joins": 2, "rate": 0.333333}


@pytest.mark.parametrize(
    ("expected", "answer"),
    [
        ({"rate": 0.333333}, {"rate": 0.33333333, "window": "extra"}),
        ({"rate": 1.0}, {"rate": 1}),
        ({"end": "2025-03-10T00:00:00Z"}, {"end": "2025-03-10T08:00:00.000+08:00"}),
        ({"rows": [ROW, {"key": None}]}, {"rows": [ROW, {"key": None, "name": None}]}),
        (None, None),
    ],
)
def test_equal(expected: Any, answer: Any) -> None:
    assert differences(expected, answer) == []


@pytest.mark.parametrize(
    ("expected", "answer", "line"),
    [
        ({"rate": 0.333333}, {"rate": 0.333334}, "rate: expected 0.333333, got 0.333334"),
        ({"rate": None}, {"rate": 0}, "rate: expected None, got 0"),
        ({"rate": 0.0}, {"rate": None}, "rate: expected 0.0, got None"),
        ({"gmv": 5}, {"gmv": "5"}, "gmv: expected 5, got '5'"),
        ({"gmv": 1}, {"gmv": True}, "gmv: expected 1, got True"),
        ({"a": {"b": 1}}, {"a": {}}, "a.b: missing, expected 1"),
        ({"rows": [ROW]}, {"rows": []}, "rows['n01']: row missing"),
        ({"rows": []}, {"rows": [ROW]}, "rows['n01']: row not expected"),
        (
            {"rows": [ROW]},
            {"rows": [ROW | {"joins": 3}]},
            "rows['n01'].joins: expected 2, got 3",
        ),
        (
            {"rows": [{"day": 1}, {"day": 7}]},
            {"rows": [{"day": 7}, {"day": 1}]},
            "rows: order of rows: expected ['1', '7'], got ['7', '1']",
        ),
        ({"rows": []}, None, ": expected {'rows': []}, got None"),
        (None, {"rows": []}, ": expected None, got {'rows': []}"),
    ],
)
def test_different(expected: Any, answer: Any, line: str) -> None:
    assert differences(expected, answer) == [line]
