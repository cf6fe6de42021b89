"""A worker that stops at a point of its work, or whose clock is wrong."""

import argparse
import asyncio
import datetime
import sys
import time
from pathlib import Path
from typing import Any

from app.exports import publish, work
from app.exports.folder_store import FolderStore
from workers.__main__ import main as run

REAL = datetime.datetime


def stop_at(point: str, mark: Path) -> None:
    """Have the worker make a file and stand still once it comes to a point."""

    async def stand() -> None:
        mark.touch()
        await asyncio.sleep(3_600)

    async def stands(*_: Any, **__: Any) -> None:
        await stand()

    async def publishes(self: FolderStore, *given: Any) -> None:
        await original(self, *given)
        await stand()

    def writes(*_: Any) -> None:
        mark.touch()
        time.sleep(3_600)

    original = FolderStore.publish
    places: dict[str, tuple[Any, str, Any]] = {
        "read": (work, "read", stands),
        "write": (work, "write", writes),
        "publish": (FolderStore, "publish", stands),
        "published": (FolderStore, "publish", publishes),
        "tell": (publish, "tell", stands),
    }
    where, name, instead = places[point]
    setattr(where, name, instead)


def shift(seconds: float) -> None:
    """Set the clock of this process wrong."""
    by, real = datetime.timedelta(seconds=seconds), time.time

    class AnyInstant(type):
        def __instancecheck__(cls, value: object) -> bool:
            return isinstance(value, REAL)

    class Shifted(REAL, metaclass=AnyInstant):
        @classmethod
        def now(cls, tz: datetime.tzinfo | None = None) -> REAL:  # type: ignore[override]
            return REAL.now(tz) + by

    time.time = lambda: real() + seconds
    for name, module in list(sys.modules.items()):
        if name.startswith(("app.", "workers.")) and getattr(module, "datetime", None) is REAL:
            setattr(module, "datetime", Shifted)  # noqa: B010


def main() -> None:
    """Run it."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--stop-at")
    parser.add_argument("--mark", type=Path)
    parser.add_argument("--shift", type=float, default=0.0)
    asked = parser.parse_args()
    if asked.stop_at:
        stop_at(asked.stop_at, asked.mark)
    if asked.shift:
        shift(asked.shift)
    run()


if __name__ == "__main__":
    main()
