"""A web process and a worker of these tests' own, whose numbers begin at 0."""

from collections.abc import Iterator
from typing import NamedTuple

import pytest

from app.core.settings import Settings
from tests.conftest import free_port
from tests.make import Service
from tests.stack import Stack, migrated_database, stack_on


class Told(NamedTuple):
    """A service, and where its web process and its worker are asked for their numbers."""

    service: Service
    web: int
    worker: int


@pytest.fixture(scope="session")
def stack(settings: Settings) -> Iterator[Stack]:
    with migrated_database(settings) as own, stack_on(own) as stack:
        yield stack


@pytest.fixture(scope="session")
def told(stack: Stack) -> Told:
    web, worker = free_port(), free_port()
    service = stack.web(HONGQUN_METRICS_PORT=str(web))
    stack.worker(HONGQUN_METRICS_PORT=str(worker))
    return Told(service, web, worker)
