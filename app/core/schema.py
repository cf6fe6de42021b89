"""The schema's revision: bringing the database to the code's, and asking whether it is there."""

from collections.abc import Callable
from functools import cache
from importlib.resources import files
from pathlib import Path
from typing import Any

from alembic.config import Config
from alembic.script import ScriptDirectory
from sqlalchemy import Connection, text
from sqlalchemy.ext.asyncio import AsyncConnection


def config() -> Config:
    """Alembic's configuration, whether it runs from a checkout or an installed package."""
    root = Path(str(files("app"))).parent
    made = Config()
    made.set_main_option("script_location", str(root / "migrations").replace("%", "%%"))
    return made


@cache
def head() -> str:
    """The revision that this code is written for."""
    revision = ScriptDirectory.from_config(config()).get_current_head()
    assert revision is not None
    return revision


@cache
def known() -> frozenset[str]:
    """Every revision that this code knows of."""
    script = ScriptDirectory.from_config(config())
    return frozenset(each.revision for each in script.walk_revisions())


def without_partitions(connection: Connection) -> Callable[..., bool]:
    """What alembic compares with the models: everything but partitions, which workers make."""

    @cache
    def parts() -> frozenset[str]:
        return frozenset(
            connection.execute(text("SELECT relname FROM pg_class WHERE relispartition")).scalars()
        )

    def include(name: str | None, kind: str, _: Any) -> bool:
        return kind != "table" or name not in parts()

    return include


async def is_current(connection: AsyncConnection) -> bool:
    """Whether the database has this code's revision, or one of a later release.

    Migrations expand before they contract, so the release before serves on while the next one is
    rolled out.
    """
    exists = await connection.scalar(text("SELECT to_regclass('alembic_version') IS NOT NULL"))
    if not exists:
        return False
    current = await connection.scalar(text("SELECT version_num FROM alembic_version"))
    return current == head() or (current is not None and current not in known())
