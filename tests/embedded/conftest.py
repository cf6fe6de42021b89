"""Data folders for real servers, and what is left of them erased."""

import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from app.embedded.servers import erase


@pytest.fixture
def data() -> Iterator[Path]:
    """A folder below one of mode 0700: as root, one that PostgreSQL's user cannot reach."""
    parent = Path(tempfile.mkdtemp())
    yield parent / "data"
    _erase_below(parent)


@pytest.fixture
def open_data() -> Iterator[Path]:
    """A folder that everybody can reach."""
    parent = Path(tempfile.mkdtemp(dir="/tmp"))
    parent.chmod(0o755)
    yield parent / "data"
    _erase_below(parent)


def _erase_below(parent: Path) -> None:
    for lock in list(parent.rglob("lock")):
        erase(lock.parent)
    shutil.rmtree(parent)
