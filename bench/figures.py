"""The figures of a bench, the same in every JSON file: what `python -m bench` puts in one table."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import msgspec


class Figure(msgspec.Struct, frozen=True):
    """What a bench comes to; a ratio where it has no unit. Without a target there is none."""

    name: str
    value: float
    unit: str = ""
    target: float | None = None
    at_most: bool = True

    @property
    def met(self) -> bool | None:
        """Whether the target is met, None where there is none."""
        if self.target is None:
            return None
        return self.value <= self.target if self.at_most else self.value >= self.target


class Told(msgspec.Struct):
    """Of a bench's JSON file what they all have."""

    figures: list[Figure]


def write(path: Path, found: Any, figures: Sequence[Figure]) -> None:
    """Write down what was found, and the figures it comes to."""
    told = msgspec.to_builtins(found) | {"figures": msgspec.to_builtins(figures)}
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(msgspec.json.format(msgspec.json.encode(told)) + b"\n")
