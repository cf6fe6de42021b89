"""Columns as texts: what PostgreSQL reads is what was joined."""

from typing import Any

import pytest

from app.core.columns import NOTHING, SEPARATOR, joined
from tests.make import Service

READ = """
SELECT a, b FROM ROWS FROM (
    string_to_table(CAST(:a AS text), CAST(:separator AS text), CAST(:nothing AS text)),
    string_to_table(CAST(:b AS text), CAST(:separator AS text), CAST(:nothing AS text))
) AS rows (a, b)
"""


@pytest.mark.parametrize(
    ("a", "b"),
    [
        (["x"], ["y"]),
        (["x", "y", "z"], ["", "", ""]),
        (["x", "y"], [None, None]),
        (["x", "y", "z"], [None, "", "值"]),
        ([SEPARATOR, f"x{SEPARATOR}"], [SEPARATOR * 2, "y"]),
        ([NOTHING, "y"], [None, f"{NOTHING}{SEPARATOR}{NOTHING}"]),
        (["\x1e", "x\x1e", "\x1e\x1e"], ["\x1f", "\x1e\x1f", None]),
    ],
)
def test_they_come_back(service: Service, a: list[str | None], b: list[str | None]) -> None:
    separator, nothing, columns = joined(a, b)
    given: dict[str, Any] = {"separator": separator, "nothing": nothing}
    rows = service.sql(READ, a=columns[0], b=columns[1], **given)
    assert [(row.a, row.b) for row in rows] == list(zip(a, b, strict=True))
