"""Every metric of the catalog is worked out by hand in a test, and no test names another."""

import ast
from collections.abc import Iterator
from pathlib import Path

from app.metrics.catalog import METRICS


def marked(path: Path) -> Iterator[str]:
    """The names that the tests of a file give to `golden`."""
    for each in ast.parse(path.read_text("utf-8")).body:
        if not isinstance(each, ast.FunctionDef) or not each.name.startswith("test_"):
            continue
        for mark in each.decorator_list:
            if isinstance(mark, ast.Call) and ast.unparse(mark.func) == "golden":
                yield from (
                    each.value
                    for name in mark.args
                    for each in ast.walk(name)
                    if isinstance(each, ast.Constant) and isinstance(each.value, str)
                )


def test_each_metric_has_a_golden_test() -> None:
    found = {name for path in Path(__file__).parent.glob("test_*.py") for name in marked(path)}
    assert found == {metric.name for metric in METRICS}
