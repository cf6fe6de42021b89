"""A brand for each test, whose workers go by the clock only when the test says so."""

from collections.abc import Iterator

import pytest

from tests.make import Brand, Service
from tests.personal.people import Desk
from tests.properties.bench import Bench


@pytest.fixture
def brand(service: Service) -> Brand:
    return service.brand()


@pytest.fixture
def desk(service: Service, brand: Brand) -> Desk:
    return Desk(service, brand)


@pytest.fixture(scope="module")
def bench(service: Service) -> Iterator[Bench]:
    opened = Bench(service.settings)
    yield opened
    opened.close()
