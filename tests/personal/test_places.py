"""Every column that can name a person is declared, so that an erasure forgets none."""

import re

from app.core.partitions import DETACHED
from app.models.tables import metadata
from app.personal.places import APART, PLACES

NAMES = re.compile(r"(\w+_)?(member|buyer|customer)_ids?")


def looks_like_one(table: str, column: str) -> bool:
    """Whether it is named like the id of a person, or stands beside a space."""
    if NAMES.fullmatch(column):
        return True
    columns = metadata.tables[table].columns
    space = "space" if column == "id" else column.removesuffix("id") + "space"
    return column.endswith("id") and space in columns


def test_no_column_is_forgotten() -> None:
    declared = {(place.table, place.column) for place in PLACES} | APART.keys()
    found = {
        (table.name, column.name)
        for table in metadata.sorted_tables
        if "brand_id" in table.columns
        for column in table.columns
        if looks_like_one(table.name, column.name)
    }
    assert found - declared == set()


def test_what_is_declared_is_there() -> None:
    for place in PLACES:
        columns = metadata.tables[place.table.removeprefix(f"{DETACHED}.")].columns
        assert place.column in columns, place
        assert place.kind != "identity" or place.space in columns, place
    for table, column in APART:
        assert column in metadata.tables[table].columns
