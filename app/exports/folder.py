"""The folder in which a run's files are made, on the disk of whoever makes them."""

import shutil
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

NAME = "hongqun-export-"
ABANDONED_SECONDS = 86_400.0


@contextmanager
def folder_of(export_id: str) -> Iterator[Path]:
    """A folder of the run's own; what killed workers left of it goes first."""
    for left in Path(tempfile.gettempdir()).glob(f"{NAME}{export_id}-*"):
        shutil.rmtree(left, ignore_errors=True)
    with tempfile.TemporaryDirectory(
        prefix=f"{NAME}{export_id}-", ignore_cleanup_errors=True
    ) as made:
        yield Path(made)


def sweep_folders() -> None:
    """Remove what killed workers left a day ago or longer."""
    oldest = time.time() - ABANDONED_SECONDS
    for left in Path(tempfile.gettempdir()).glob(f"{NAME}*"):
        try:
            abandoned = left.stat().st_mtime < oldest
        except FileNotFoundError:
            continue
        if abandoned:
            shutil.rmtree(left, ignore_errors=True)
