"""A real S3 endpoint of this process's own, which can be told to kill whoever is asking it."""

import os
import signal
import threading
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from typing import Any

import httpx
from moto.moto_server.werkzeug_app import DomainDispatcherApplication, create_backend_app
from werkzeug.serving import WSGIRequestHandler, make_server


class _Quiet(WSGIRequestHandler):
    def log(self, type: str, message: str, *args: Any) -> None:
        pass


class Endpoint:
    """Serves S3 by moto; `kill` ends a process at its nth request from now on."""

    def __init__(self) -> None:
        self._moto: Callable[..., Iterable[bytes]] = DomainDispatcherApplication(create_backend_app)
        self._server = make_server(
            "127.0.0.1", 0, self._serve, threaded=True, request_handler=_Quiet
        )
        self._thread = threading.Thread(target=self._server.serve_forever, daemon=True)
        self._lock = threading.Lock()
        self._left: int | None = None
        self._pid = 0
        self.asked: list[str] = []
        self.url = f"http://127.0.0.1:{self._server.server_port}"

    def kill(self, pid: int, at: int) -> None:
        """Kill a process when it has asked so many times, before it is answered."""
        with self._lock:
            self._pid, self._left = pid, at

    def spare(self) -> None:
        with self._lock:
            self._left = None

    def make(self, bucket: str) -> None:
        """Make a bucket."""
        assert httpx.put(f"{self.url}/{bucket}", trust_env=False).status_code == 200

    def _serve(self, environ: dict[str, Any], start: Any) -> Iterable[bytes]:
        self.asked.append(f"{environ['REQUEST_METHOD']} {environ['PATH_INFO']}")
        answer = list(self._moto(environ, start))
        with self._lock:
            if self._left is not None:
                self._left -= 1
                if self._left == 0:
                    self._left = None
                    os.kill(self._pid, signal.SIGKILL)
        return answer

    @contextmanager
    def running(self) -> Iterator["Endpoint"]:
        """Serve until the block ends."""
        self._thread.start()
        try:
            yield self
        finally:
            self._server.shutdown()
            self._thread.join()
            self._server.server_close()


def environment(url: str) -> dict[str, str]:
    """What tells a process of the endpoint."""
    return {
        "AWS_ENDPOINT_URL": url,
        "AWS_ACCESS_KEY_ID": "test",
        "AWS_SECRET_ACCESS_KEY": "test",
        "AWS_REGION": "us-east-1",
    }
