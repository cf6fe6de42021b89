"""A database of its own for each file of tests: only the workers that a test starts work on it."""

from collections.abc import Iterator

import msgspec
import pytest

from app.core.settings import Settings
from tests.make import Brand, Service
from tests.stack import Stack, migrated_database, stack_on


@pytest.fixture(scope="module")
def stack(settings: Settings, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stack]:
    with migrated_database(settings) as empty:
        folder = str(tmp_path_factory.mktemp("exports"))
        with stack_on(msgspec.structs.replace(empty, export_url=folder)) as started:
            yield started


@pytest.fixture(scope="module")
def web(stack: Stack) -> Service:
    return stack.web()


@pytest.fixture
def workers(stack: Stack, web: Service) -> Iterator[Stack]:
    """Workers that a test starts end with it."""
    before = len(stack.processes)
    yield stack
    for process in stack.processes[before:]:
        process.kill()
        process.wait()
    del stack.processes[before:]


@pytest.fixture
def mine(web: Service) -> Brand:
    """A brand on that database."""
    return web.brand()
