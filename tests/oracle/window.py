"""What every question is asked with: the window, as_of and the days."""

from collections.abc import Mapping
from datetime import date
from typing import NamedTuple

from .as_of import cut
from .clock import begin, instant
from .world import World

Params = Mapping[str, str]


class Window(NamedTuple):
    first: date
    last: date  # excluded
    start: int
    end: int

    def holds(self, at: int) -> bool:
        return self.start <= at < self.end


def window(world: World, params: Params) -> Window:
    first, last = date.fromisoformat(params["start"]), date.fromisoformat(params["end"])
    return Window(first, last, begin(world.zone, first), begin(world.zone, last))


def as_of(params: Params, now: int) -> int:
    return instant(params["as_of"]) if "as_of" in params else now


def past(world: World, params: Params, now: int) -> World:
    return cut(world, as_of(params, now))
