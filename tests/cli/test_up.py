"""`hongqun up` with everything killed in the middle of an import: all that was acknowledged is
there exactly once, and the numbers are those of an undisturbed run."""

import json
import os
import random
import shutil
import signal
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest

from app.embedded.servers import erase, find
from app.ingest.signature import sign
from tests.conftest import free_port, wait_until_ready
from tests.embedded.sql import ask
from tests.make import Service
from tests.workers.test_deaths import world

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="asks /proc")

EVENTS = 4_000
SIZE = 50


class Up:
    """A running `hongqun up` on a data folder of its own."""

    def __init__(self, data: Path) -> None:
        self.data = data
        self.port = free_port()
        self.base = f"http://127.0.0.1:{self.port}"
        self.env = {k: v for k, v in os.environ.items() if k not in ("DATABASE_URL", "REDIS_URL")}
        self.env |= {"HONGQUN_DATA": str(data), "HONGQUN_LOG_LEVEL": "ERROR"}
        self.process = subprocess.Popen(
            [sys.executable, "-m", "app", "up", "--port", str(self.port)], env=self.env
        )

    def command(self, *words: str) -> str:
        done = subprocess.run(
            [sys.executable, "-m", "app", *words], env=self.env, capture_output=True, text=True
        )
        assert done.returncode == 0, done.stderr
        return done.stdout

    def child(self, word: str) -> int:
        """The process that `up` started with this word on its command line."""
        for folder in Path("/proc").glob("[0-9]*"):
            try:
                parent = int((folder / "stat").read_text().rsplit(")", 1)[1].split()[1])
                words = (folder / "cmdline").read_bytes().decode().split("\0")
            except (OSError, ValueError):
                continue
            if parent == self.process.pid and word in words:
                return int(folder.name)
        raise AssertionError(f"`up` runs no {word}")

    def postmaster(self) -> int:
        return int((self.data / "postgres" / "postmaster.pid").read_text().split()[0])

    def stop(self) -> int:
        self.process.send_signal(signal.SIGTERM)
        return self.process.wait(40)


@pytest.fixture
def data() -> Iterator[Path]:
    folder = Path(tempfile.mkdtemp(prefix="hongqun-up-"))
    yield folder / "data"
    erase(folder / "data")
    shutil.rmtree(folder)


class Sender(threading.Thread):
    """Sends its batches one after another, each again until it is acknowledged."""

    def __init__(self, up: Up, made: dict[str, str], batches: list[list[Any]]) -> None:
        super().__init__(daemon=True)
        self.up, self.made, self.batches = up, made, batches
        self.acked: list[str] = []
        self.retries = 0
        self.statuses: set[int] = set()

    def run(self) -> None:
        with httpx.Client(base_url=self.up.base, trust_env=False, timeout=10) as client:
            for batch in self.batches:
                while not self.delivered(client, json.dumps(batch).encode()):
                    self.retries += 1
                    time.sleep(0.05)
                self.acked += [event["id"] for event in batch]

    def delivered(self, client: httpx.Client, body: bytes) -> bool:
        now = int(time.time())
        headers = {
            "content-type": "application/json",
            "webhook-id": "x",
            "webhook-timestamp": str(now),
            "webhook-signature": sign(self.made["webhook_secret"], "x", now, body),
        }
        path = f"/v1/webhooks/{self.made['source_id']}"
        try:
            answer = client.post(path, content=body, headers=headers)
        except httpx.HTTPError:
            return False
        self.statuses.add(answer.status_code)
        return answer.status_code == 202 and answer.json()["rejected"] == []


QUESTIONS: list[tuple[str, dict[str, str]]] = [
    ("gmv-share", {"bucket": "day"}),
    ("gmv-share", {"basis": "net"}),
    ("repurchase", {}),
    ("repurchase", {"kind": "cohort", "dedupe": "none"}),
]


def numbers(base: str, key: str) -> list[Any]:
    found = []
    with httpx.Client(base_url=base, trust_env=False, timeout=60) as client:
        for name, params in QUESTIONS:
            answer = client.get(
                f"/v1/metrics/{name}",
                params={"start": "2025-02-28", "end": "2025-03-03"} | params,
                headers={"authorization": f"Bearer {key}"},
            )
            assert answer.status_code == 200
            found.append({k: v for k, v in answer.json().items() if k != "as_of"})
    return found


def test_everything_is_killed_in_the_middle(service: Service, data: Path) -> None:
    events = world(EVENTS)
    up = Up(data)
    try:
        wait_until_ready(up.base)
        made = json.loads(up.command("brand", "create", "--name", "重启", "--json"))
        batches = [events[start : start + SIZE] for start in range(0, EVENTS, SIZE)]
        random.Random(1).shuffle(batches)
        senders = [Sender(up, made, batches[n::3]) for n in range(3)]
        for sender in senders:
            sender.start()
        victims = [lambda: up.child("workers"), lambda: up.child("granian"), up.postmaster] * 2
        for n, victim in enumerate(victims, 1):
            share = n * EVENTS * 0.8 / len(victims)
            until = time.monotonic() + 30
            while sum(len(sender.acked) for sender in senders) < share:
                assert time.monotonic() < until
                time.sleep(0.005)
            os.kill(victim(), signal.SIGKILL)
            if n < len(victims):
                wait_until_ready(up.base)
        for sender in senders:
            sender.join(30)
            assert not sender.is_alive()
        assert sum(sender.retries for sender in senders) > 0, "the kills were to hurt"
        assert set.union(*(sender.statuses for sender in senders)) <= {202, 503}
        up.command("drain", "--timeout", "60")

        servers = find(data)
        assert servers is not None
        acked = sorted(id_ for sender in senders for id_ in sender.acked)
        for table in ("event", "event_identity"):
            stored = ask(servers.database_url, f"SELECT array_agg(event_id) FROM {table}")
            assert sorted(stored) == acked == sorted(event["id"] for event in events)
        disturbed = numbers(up.base, made["api_key"])
        assert up.stop() == 0

        up = Up(data)  # and after a proper end all is there still
        wait_until_ready(up.base)
        assert numbers(up.base, made["api_key"]) == disturbed
    finally:
        up.stop()

    brand = service.brand()
    brand.post(events)
    brand.drain()
    assert numbers(brand.base, brand.key) == disturbed
    assert disturbed[0]["total"]["orders"] > 300
