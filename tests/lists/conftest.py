"""One brand that tells the story of world.py, read by all tests of a file."""

import pytest

from tests.lists import world
from tests.make import Brand, Service


@pytest.fixture(scope="module")
def brand(service: Service) -> Brand:
    made = service.brand()
    world.tell(made)
    world.mark(service, made)
    return made
