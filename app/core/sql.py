"""Statements that stand in files of their own: app/<room>/sql/<name>.sql."""

from functools import cache
from importlib.resources import files

from sqlalchemy import TextClause, text


@cache
def sql(room: str, *names: str) -> TextClause:
    """The statement of a room by its name; its parameters are written `:name`.

    Several names give one statement whose parts follow each other.
    """
    folder = files("app").joinpath(room, "sql")
    parts = [folder.joinpath(f"{name}.sql").read_text("utf-8") for name in names]
    return text("\n".join(parts))


@cache
def native(room: str, name: str) -> str:
    """A statement for asyncpg itself: its parameters are written `$1`."""
    return files("app").joinpath(room, "sql", f"{name}.sql").read_text("utf-8")
