"""The rules of the house that a program can check."""

import ast
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from app.models.tables import metadata
from tests.make import Service

ROOT = Path(__file__).parents[1]
SOURCES = sorted(path for folder in ("app", "workers") for path in (ROOT / folder).rglob("*.py"))
BRANDED = [table for table in metadata.sorted_tables if "brand_id" in table.columns]


def name(path: Path) -> str:
    return str(path.relative_to(ROOT))


@pytest.mark.parametrize("path", SOURCES, ids=name)
def test_files_are_small(path: Path) -> None:
    assert len(path.read_text("utf-8").splitlines()) < 300


@pytest.mark.parametrize("path", [path for path in SOURCES if path.name == "__init__.py"], ids=name)
def test_packages_have_no_code(path: Path) -> None:
    body = ast.parse(path.read_text("utf-8")).body
    assert all(isinstance(each, ast.Expr) and isinstance(each.value, ast.Constant) for each in body)


def constraints(table: Any) -> Iterator[tuple[str, list[str]]]:
    yield "primary key", [column.name for column in table.primary_key]
    for constraint in table.constraints:
        if hasattr(constraint, "columns") and type(constraint).__name__ in (
            "UniqueConstraint",
            "ForeignKeyConstraint",
        ):
            yield type(constraint).__name__, [column.name for column in constraint.columns]
    for index in table.indexes:
        if index.name == f"ix_{table.name}_search":
            # GIN has no order to lead in: each word begins with the brand instead.
            (words,) = index.expressions
            assert str(words).startswith("search_tokens(brand_id, ")
            continue
        yield f"index {index.name}", [column.name for column in index.columns]


@pytest.mark.parametrize("table", BRANDED, ids=lambda table: table.name)
def test_the_brand_leads_every_key(table: Any) -> None:
    for what, columns in constraints(table):
        assert columns[:1] == ["brand_id"], what
    assert not table.columns["brand_id"].nullable


def test_in_the_database_too(service: Service) -> None:
    wrong = service.sql(
        "SELECT c.conrelid::regclass::text, c.conname FROM pg_constraint AS c"
        " JOIN pg_attribute AS a ON a.attrelid = c.conrelid AND a.attname = 'brand_id'"
        " WHERE c.contype IN ('p', 'u', 'f') AND c.conkey[1] <> a.attnum"
    )
    assert wrong == []
    wrong = service.sql(
        "SELECT i.indexrelid::regclass::text FROM pg_index AS i"
        " JOIN pg_attribute AS a ON a.attrelid = i.indrelid AND a.attname = 'brand_id'"
        " JOIN pg_class AS c ON c.oid = i.indrelid"
        " WHERE c.relnamespace = 'public'::regnamespace AND i.indkey[0] <> a.attnum"
        " AND pg_get_indexdef(i.indexrelid) NOT LIKE '%USING gin (search_tokens(brand_id, %'"
    )
    assert wrong == []


def test_no_statistics_of_brands_mislead_the_planner(service: Service) -> None:
    """Each statement is about one brand: of their skew the planner must know nothing.

    Only `brand` itself, one row a brand, is as it comes.
    """
    rows = service.sql(
        "SELECT c.relname, a.attstattarget FROM pg_attribute AS a"
        " JOIN pg_class AS c ON c.oid = a.attrelid"
        " WHERE c.relkind IN ('r', 'p') AND c.relnamespace = 'public'::regnamespace"
        " AND a.attname = 'brand_id' ORDER BY 1"
    )
    assert {row.relname for row in rows} >= {table.name for table in BRANDED}
    assert [row.relname for row in rows if row.attstattarget != 0] == ["brand"]
