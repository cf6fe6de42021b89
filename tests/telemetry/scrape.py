"""Asking processes for their numbers."""

import time
from collections.abc import Callable
from dataclasses import dataclass

import httpx
from prometheus_client.metrics_core import Metric
from prometheus_client.parser import text_string_to_metric_families


@dataclass
class Scrape:
    """What a process told at one time."""

    families: list[Metric]

    def samples(self, name: str) -> list[tuple[dict[str, str], float]]:
        """Of each series of that name its labels and value."""
        return [
            (sample.labels, sample.value)
            for family in self.families
            for sample in family.samples
            if sample.name == name
        ]

    def value(self, name: str, **labels: str) -> float:
        """The sum of the series that have these labels."""
        return sum(
            value
            for found, value in self.samples(name)
            if all(found.get(label) == wanted for label, wanted in labels.items())
        )

    @property
    def names(self) -> set[str]:
        """The names of all series."""
        return {sample.name for family in self.families for sample in family.samples}


def scrape(port: int, seconds: float = 30) -> Scrape:
    """Ask a process, once it answers."""
    until = time.monotonic() + seconds
    with httpx.Client(trust_env=False, timeout=10) as client:
        while True:
            try:
                answer = client.get(f"http://127.0.0.1:{port}/metrics")
                break
            except httpx.HTTPError:
                assert time.monotonic() < until, "nobody answers for its numbers"
                time.sleep(0.05)
    assert answer.status_code == 200
    assert answer.headers["content-type"].startswith("text/plain; version=")
    return Scrape(list(text_string_to_metric_families(answer.text)))


def scrape_until(port: int, holds: Callable[[Scrape], bool], seconds: float = 60) -> Scrape:
    """Ask until it tells what it should come to."""
    until = time.monotonic() + seconds
    while True:
        told = scrape(port)
        if holds(told):
            return told
        assert time.monotonic() < until, [told.samples(name) for name in sorted(told.names)]
        time.sleep(0.1)
