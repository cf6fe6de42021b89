"""What an answer has otherwise than expected. Only what is expected is compared."""

import re
from typing import Any

from .clock import instant

INSTANT = re.compile(r"\d{4}-\d\d-\d\d[Tt]\d\d:\d\d:\d\d(\.\d+)?([Zz]|[+-]\d\d:\d\d)")
HALF_A_MILLIONTH = 5e-7


def differences(expected: object, answer: object, path: str = "") -> list[str]:
    """One line for each difference, with its path. Rows are matched by their key."""
    if isinstance(expected, dict):
        if not isinstance(answer, dict):
            return [differs(path, expected, answer)]
        found = []
        for field, value in expected.items():
            if field in answer:
                found += differences(value, answer[field], f"{path}.{field}" if path else field)
            else:
                found.append(f"{path}.{field}: missing, expected {value!r}".removeprefix("."))
        return found
    if isinstance(expected, list):
        if not isinstance(answer, list):
            return [differs(path, expected, answer)]
        return row_differences(expected, answer, path)
    return [] if same(expected, answer) else [differs(path, expected, answer)]


def differs(path: str, expected: object, answer: object) -> str:
    return f"{path}: expected {expected!r}, got {answer!r}"


def row_differences(expected: list[Any], answer: list[Any], path: str) -> list[str]:
    """Every list of the contract has a fixed order."""
    wanted, got = keyed(expected), keyed(answer)
    found = [f"{path}[{key}]: row missing" for key in wanted if key not in got]
    found += [f"{path}[{key}]: row not expected" for key in got if key not in wanted]
    if not found and list(wanted) != list(got):
        found.append(f"{path}: order of rows: expected {list(wanted)}, got {list(got)}")
    for key, row in wanted.items():
        if key in got:
            found += differences(row, got[key], f"{path}[{key}]")
    return found


def keyed(rows: list[Any]) -> dict[str, Any]:
    """Rows by what tells them apart: key, live, group and start, day, start; else the place."""
    found: dict[str, Any] = {}
    for place, row in enumerate(rows):
        name = key_of(row) if isinstance(row, dict) else str(place)
        found[name if name not in found else f"{name} again at {place}"] = row
    return found


def key_of(row: dict[str, Any]) -> str:
    for fields in (("key",), ("live_id",), ("group_id", "start"), ("day",)):
        if fields[0] in row:
            return " ".join(repr(row[field]) for field in fields if field in row)
    return repr(row.get("start"))


def same(expected: object, answer: object) -> bool:
    if isinstance(expected, float):
        if isinstance(answer, bool) or not isinstance(answer, int | float):
            return False
        return abs(expected - answer) < HALF_A_MILLIONTH
    if isinstance(expected, str) and isinstance(answer, str) and INSTANT.fullmatch(expected):
        return bool(INSTANT.fullmatch(answer)) and instant(expected) == instant(answer)
    return type(expected) is type(answer) and bool(expected == answer)
