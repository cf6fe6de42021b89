"""A database of its own, on which nobody works, and a brand that posts into it."""

from collections.abc import Iterator

import pytest

from app.core.settings import Settings
from tests.make import Brand, Service
from tests.stack import Stack, migrated_database, stack_on


@pytest.fixture(scope="module")
def stack(settings: Settings) -> Iterator[Stack]:
    with migrated_database(settings) as empty, stack_on(empty) as started:
        yield started


@pytest.fixture(scope="module")
def host(stack: Stack) -> Service:
    """The database without a web process."""
    return Service("", stack.settings)


@pytest.fixture
def brand(host: Service) -> Brand:
    return host.brand()
