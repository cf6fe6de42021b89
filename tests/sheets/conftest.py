"""A brand of its own for each test."""

import pytest

from tests.make import Brand, Service


@pytest.fixture
def brand(service: Service) -> Brand:
    return service.brand()
