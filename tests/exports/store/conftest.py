"""Stores of both kinds, empty; and a process that publishes and can be killed."""

import json
import os
import subprocess
import sys
import uuid
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from app.core.settings import Settings
from app.exports.store import Store, open_store
from tests.exports.store.bucket import Endpoint, environment


@pytest.fixture(scope="session")
def anyio_backend() -> str:
    return "asyncio"


@pytest.fixture(scope="module")
def endpoint() -> Iterator[Endpoint]:
    with Endpoint().running() as serving:
        before = dict(os.environ)
        os.environ.update(environment(serving.url))
        yield serving
        os.environ.clear()
        os.environ.update(before)


@pytest.fixture(params=["folder", "bucket"])
def where(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """An address of a store with nothing in it."""
    if request.param == "folder":
        return str(tmp_path / "data" / "exports")
    bucket = f"test-{uuid.uuid4().hex[:12]}"
    request.getfixturevalue("endpoint").make(bucket)
    return f"s3://{bucket}/some/where"


@pytest.fixture
def store(where: str) -> Store:
    return open_store(Settings(export_url=where))


class Publisher:
    """A process that publishes in children of its own."""

    def __init__(self, process: "subprocess.Popen[str]") -> None:
        self.process = process

    def begin(self, **asked: Any) -> int:
        """Make a child; it waits."""
        return int(self._ask(json.dumps(asked)))

    def end(self) -> int:
        """Let the child go on; gives how it ended."""
        return int(self._ask("go"))

    def _ask(self, line: str) -> str:
        assert self.process.stdin is not None and self.process.stdout is not None
        self.process.stdin.write(line + "\n")
        self.process.stdin.flush()
        return self.process.stdout.readline()


@pytest.fixture
def publisher(endpoint: Endpoint) -> Iterator[Publisher]:
    process = subprocess.Popen(
        [sys.executable, "-m", "tests.exports.store.publisher"],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    with process:
        yield Publisher(process)
        assert process.stdin is not None
        process.stdin.close()
        process.wait(30)
