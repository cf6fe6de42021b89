"""A receiver, and a service whose webhooks may go to this machine."""

from collections.abc import Iterator

import pytest

from app.core.settings import Settings
from tests.make import Brand
from tests.outbound.receiver import Receiver, receiving
from tests.outbound.sender import Outside
from tests.stack import migrated_database, stack_on


@pytest.fixture(scope="session")
def receiver(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Receiver]:
    with receiving(tmp_path_factory.mktemp("receiver")) as started:
        yield started


@pytest.fixture(scope="session")
def outside(settings: Settings, receiver: Receiver) -> Iterator[Outside]:
    """The web process and a worker on a database of their own, trusting the receiver."""
    with migrated_database(settings) as empty, stack_on(empty) as stack:
        yield Outside(stack, receiver)


@pytest.fixture
def brand(outside: Outside) -> Brand:
    return outside.web.brand()
