"""Which servers a command talks to: those of the environment, or the embedded ones."""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Literal

import click

from app.core.roles import address_of
from app.core.room import COMMANDS, most
from app.core.settings import Settings, SettingsError, read
from app.embedded.servers import find, running

LEAST = 60
"""Connections that the embedded PostgreSQL allows, or more where the processes need more."""


def beside() -> Settings:
    """The settings of a command that needs servers but runs none.

    Raises:
        SettingsError: where DATABASE_URL is not set and no `hongqun up` runs here.
    """
    settings = read()
    if settings.database_url is not None:
        return settings
    found = find(settings.data)
    if found is None or not found.database_url:
        raise SettingsError(
            f"DATABASE_URL is not set, and no `hongqun up` is running on {settings.data}/"
        )
    os.environ["DATABASE_URL"] = found.database_url
    if settings.redis_url is None and found.redis_url is not None:
        os.environ["REDIS_URL"] = found.redis_url
    return read()


def beside_as(process: Literal["web", "worker"]) -> Settings:
    """The settings of a web or worker on its own, which logs in as its role and as nobody else.

    Raises:
        SettingsError: as `beside`.
    """
    given = read()
    if given.database_url is None or (given.app_url if process == "web" else given.worker_url):
        named = given.app_url if process == "web" else given.worker_url
        os.environ |= logged_in_as(named or address_of(beside(), process))
    return beside()


def logged_in_as(address: str) -> dict[str, str]:
    """The environment of a program that is to know this address of the database and no other."""
    others = ("HONGQUN_APP_URL", "HONGQUN_WORKER_URL", "PGPASSWORD")
    return {"DATABASE_URL": address} | {name: "" for name in others if name in os.environ}


@contextmanager
def own() -> Iterator[Settings]:
    """The settings of a command that runs what is not named: until the block ends.

    The addresses go into the environment, where the programs that it starts find them.
    """
    settings = read()
    database, redis = settings.database_url is None, settings.redis_url is None
    if not database and not redis:
        yield settings
        return
    options = {"max_connections": str(max(LEAST, most(settings) + COMMANDS))}
    with running(
        settings.data, say=note, options=options, database=database, redis=redis
    ) as servers:
        if database:
            os.environ["DATABASE_URL"] = servers.database_url
        if redis and servers.redis_url is not None:
            os.environ["REDIS_URL"] = servers.redis_url
        yield read()


def note(line: str) -> None:
    """Tell the operator; standard output is for what was asked for."""
    click.echo(line, err=True)
