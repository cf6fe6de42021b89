"""How often each cause touches which numbers."""

from collections import Counter
from collections.abc import Iterable

import msgspec

from app.exports.revision.causes import Cause, Evidence

Touch = tuple[str, ...]
"""What a changed row reaches, as ("sales", "net", "total") or ("credit", "note", "n1")."""

EVERYWHERE: Touch = ("all",)
OF_ALL: Touch = ("every number",)
"""What every number is counted by: when days begin, and the rules."""

EXAMPLES = 3
REMEMBERED = 100_000
"""Acts of one cause that are told apart; past that each telling counts."""


class Found(msgspec.Struct):
    """A cause of a touch. Acts that come by only once are counted, others remembered."""

    once: int = 0
    acts: set[str] = msgspec.field(default_factory=set)
    examples: list[str] = msgspec.field(default_factory=list)
    link: str | None = None

    @property
    def count(self) -> int:
        return self.once + len(self.acts)


class Tally:
    """Counts what happened, by what it reaches."""

    def __init__(self) -> None:
        self.touched: dict[Touch, dict[Cause, Found]] = {}

    def add(self, evidence: Evidence, touches: Iterable[Touch], once: bool = False) -> None:
        """Count an act for all that it reaches, and at large.

        once: nothing else tells of it for any of what it reaches.
        """
        self._add(evidence, EVERYWHERE, False)
        for touch in touches:
            self._add(evidence, touch, once)

    def _add(self, evidence: Evidence, touch: Touch, once: bool) -> None:
        found = self.touched.setdefault(touch, {}).setdefault(evidence.cause, Found())
        if evidence.act in found.acts:
            return
        if once or len(found.acts) >= REMEMBERED:
            found.once += 1
        else:
            found.acts.add(evidence.act)
        if evidence.example is not None and len(found.examples) < EXAMPLES:
            found.examples.append(evidence.example)
        found.link = found.link or evidence.link

    def of(self, touch: Touch) -> dict[Cause, Found]:
        return self.touched.get(touch, {})

    def counts(self) -> Counter[Cause]:
        """Everything that happened."""
        return Counter({cause: each.count for cause, each in self.of(EVERYWHERE).items()})
