"""What the rows of a list are joined to: each look-up by a key, of the one brand."""

from typing import Any

from sqlalchemy import ColumnElement, Select, Subquery, func, literal_column, select
from sqlalchemy.dialects.postgresql import aggregate_order_by
from sqlalchemy.sql.expression import Join, SelectBase

from app.models.tables import metadata

BETWEEN = ";"
"""Divides several values of one field."""


class Rows:
    """The rows found, in the order of their key, and what they are joined to so far.

    The rows are fenced off: what a filter leads to is planned without what is joined to it.
    """

    def __init__(self, brand_id: int, found: Select[Any], key: tuple[str, ...]) -> None:
        self.brand_id = brand_id
        columns = found.selected_columns
        ordered = found.order_by(*(columns[name] for name in key))
        self.found: Subquery = ordered.offset(0).subquery("found")
        self.key = key
        self._source: Subquery | Join = self.found

    def one(self, table: str, id_: Any, name: str, *also: tuple[str, Any], key: str = "") -> Any:
        """The columns of the row of a table whose key is this; nulls where there is none.

        key: the column, the second of the primary key where it is left out.
        """
        named = metadata.tables[table].alias()
        id_column = key or [column.name for column in metadata.tables[table].primary_key][1]
        conditions = [named.c.brand_id == self.brand_id, named.c[id_column] == id_]
        conditions += [named.c[column] == value for column, value in also]
        # Fenced off too: as a join it may go through all rows of the table, for each row.
        return self.beside(select(named).where(*conditions).offset(0), name)

    def beside(self, rows: SelectBase, name: str) -> Any:
        """The columns of the one row that a look-up gives for each row."""
        lateral = rows.lateral(name)
        self._source = self._source.outerjoin(lateral, literal_column("true"))
        return lateral.c

    def select(self, **columns: Any) -> Select[Any]:
        """The statement of all rows with these columns."""
        return (
            select(*(column.label(name) for name, column in columns.items()))
            .select_from(self._source)
            .order_by(*(self.found.c[name] for name in self.key))
        )


def listed(value: ColumnElement[Any], order: ColumnElement[Any]) -> ColumnElement[str]:
    """The values of several rows as one text."""
    made: ColumnElement[str] = func.string_agg(
        value, aggregate_order_by(literal_column(f"'{BETWEEN}'"), order)
    )
    return made
