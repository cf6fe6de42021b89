"""Posting a story as a bot would: batches, signed, with a progress bar."""

import time
from collections.abc import Sequence
from dataclasses import dataclass

import httpx
import msgspec
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

from app.demo.delivery import batches
from app.demo.stage import Event
from app.ingest.signature import sign

BATCH = 250


@dataclass(frozen=True)
class Door:
    """Where a bot posts, and the secret that it signs with."""

    url: str
    secret: str


def post_all(door: Door, deliveries: Sequence[Event], console: Console) -> None:
    """Post the deliveries in their order.

    Raises:
        RuntimeError: where one of them is refused.
    """
    columns = (
        TextColumn("{task.description}"),
        BarColumn(),
        MofNCompleteColumn(),
        TimeElapsedColumn(),
    )
    with (
        httpx.Client(timeout=60, trust_env=False) as client,
        Progress(*columns, console=console) as progress,
    ):
        bar = progress.add_task("posting events", total=len(deliveries))
        for number, batch in enumerate(batches(deliveries, BATCH)):
            body = msgspec.json.encode(batch)
            now = int(time.time())
            delivery = f"demo-{number}"
            answer = client.post(
                door.url,
                content=body,
                headers={
                    "content-type": "application/cloudevents-batch+json",
                    "webhook-id": delivery,
                    "webhook-timestamp": str(now),
                    "webhook-signature": sign(door.secret, delivery, now, body),
                },
            )
            if answer.status_code != 202 or answer.json()["rejected"]:
                raise RuntimeError(f"{answer.status_code}: {answer.text[:500]}")
            progress.advance(bar, len(batch))


def wait_until_counted(base: str, key: str, console: Console) -> None:
    """Wait until every event shows in the numbers."""
    headers = {"authorization": f"Bearer {key}"}
    with (
        httpx.Client(base_url=base, headers=headers, trust_env=False) as client,
        console.status("counting"),
    ):
        while True:
            status = client.get("/v1/status").raise_for_status().json()
            if not status["pending_events"] and not status["pending_recomputes"]:
                return
            time.sleep(0.1)
