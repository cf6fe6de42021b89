"""Statements that stand in files of their own: app/<room>/sql/<name>.sql."""

from functools import cache
from importlib.resources import files

from sqlalchemy import TextClause, text


@cache
def sql(room: str, name: str) -> TextClause:
    """The statement of a room by its name; its parameters are written `:name`."""
    return text(files("app").joinpath(room, "sql", f"{name}.sql").read_text("utf-8"))
