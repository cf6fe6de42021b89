"""A database of its own for each file of tests: only the workers that a test starts work on it."""

from collections.abc import Iterator

import pytest

from app.core.settings import Settings
from tests.make import Service
from tests.stack import Stack, migrated_database, stack_on


@pytest.fixture(scope="module")
def stack(settings: Settings) -> Iterator[Stack]:
    with migrated_database(settings) as empty, stack_on(empty) as started:
        yield started


@pytest.fixture(scope="module")
def web(stack: Stack) -> Service:
    return stack.web()
