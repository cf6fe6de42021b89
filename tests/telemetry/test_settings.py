"""What a process makes of its settings."""

import asyncio

import pytest

from app.core.settings import SettingsError, read
from app.telemetry.numbers import REGISTRY, doing
from app.telemetry.port import NoPort, open_port


@pytest.mark.parametrize("port", ["0", "65536", "http", "-1"])
def test_what_is_no_port_is_refused(port: str) -> None:
    with pytest.raises(SettingsError, match="HONGQUN_METRICS_PORT"):
        read({"HONGQUN_METRICS_PORT": port})


def test_by_default_there_is_no_port() -> None:
    assert read({}).metrics_port is None
    assert open_port("web", "127.0.0.1", None) is None


def test_an_address_of_another_machine_is_refused() -> None:
    with pytest.raises(NoPort, match=r"HONGQUN_METRICS_HOST 192\.0\.2\.1"):
        open_port("web", "192.0.2.1", 9464)


@pytest.mark.parametrize(
    ("error", "outcome"), [(ValueError, "failed"), (asyncio.CancelledError, "interrupted")]
)
def test_a_job_that_breaks_off(error: type[BaseException], outcome: str) -> None:
    with pytest.raises(error), doing("test"):
        raise error
    assert REGISTRY.get_sample_value("hongqun_jobs_total", {"kind": "test", "outcome": outcome})
