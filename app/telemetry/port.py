"""The port at which a process is asked for its numbers: one of its own, never that of the API.

Several processes of a host share one setting: each takes the first port that is free from there
on, and keeps it until it ends, so a counter never changes its port.
"""

import errno
from importlib.metadata import version

import structlog
from prometheus_client import start_http_server

from app.telemetry.numbers import BUILD, REGISTRY

MOST_PROCESSES = 32

log = structlog.get_logger()


class NoPort(Exception):
    """No port is free for the numbers of this process."""


def open_port(process: str, host: str, first: int | None) -> int | None:
    """Answer GET /metrics from a thread of its own until the process ends; gives the port.

    Raises:
        NoPort: where none of the next MOST_PROCESSES can be had.
    """
    BUILD.labels(version("hongqun"), process).set(1)
    if first is None:
        return None
    for port in range(first, min(first + MOST_PROCESSES, 65_536)):
        try:
            start_http_server(port, host, REGISTRY)
        except OSError as error:
            if error.errno == errno.EADDRINUSE:
                continue
            raise NoPort(f"HONGQUN_METRICS_HOST {host}, port {port}: {error}") from None
        log.info("metrics_port", host=host, port=port)
        return port
    raise NoPort(f"no port is free from HONGQUN_METRICS_PORT {first} on")
