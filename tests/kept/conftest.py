"""A database that no worker works on: tests project, derive and keep by themselves."""

from collections.abc import Iterator

import pytest

from app.core.settings import Settings
from tests.kept.keeper import Keeper
from tests.stack import Stack, migrated_database, stack_on


@pytest.fixture(scope="module")
def stack(settings: Settings) -> Iterator[Stack]:
    with migrated_database(settings) as empty, stack_on(empty) as started:
        yield started


@pytest.fixture(scope="module")
def keeper(stack: Stack) -> Keeper:
    return Keeper(stack.web())
