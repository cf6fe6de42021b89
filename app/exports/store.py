"""Where files of exports lie: in a folder, or in a bucket that speaks S3.

What is published lies at a prefix, `<brand>/<week>/r<revision>` or `<brand>/<export>`. It is there
whole, once manifest.json is; until then it is written beside it, at `<prefix>.partial-<attempt>`.
"""

from collections.abc import AsyncIterator, Sequence
from pathlib import Path
from typing import Protocol

from app.core.settings import S3, Settings
from app.exports.bucket_store import BucketStore
from app.exports.folder_store import FolderStore


class Store(Protocol):
    """A folder or a bucket; each of its acts raises StoreAway where that cannot be reached."""

    async def publish(self, folder: Path, prefix: str, names: Sequence[str]) -> None:
        """Make the files of a folder, manifest.json among them, visible at a prefix as a whole.

        What is complete there already stays as it is. What attempts before this one left goes.
        """

    async def manifest(self, prefix: str) -> bytes | None:
        """manifest.json; None where nothing whole is at the prefix."""

    async def size(self, prefix: str, name: str) -> int:
        """The bytes of a file.

        Raises:
            FileNotFoundError: where there is none.
        """

    def stream(self, prefix: str, name: str, start: int, end: int) -> AsyncIterator[bytes]:
        """A file from `start` up to `end`, which is excluded, in parts.

        Raises:
            FileNotFoundError: where there is none.
        """

    async def fetch(self, prefix: str, name: str, path: Path) -> None:
        """Copy a file to a path.

        Raises:
            FileNotFoundError: where there is none.
        """

    async def remove(self, prefix: str, names: Sequence[str] | None = None) -> None:
        """Remove files at a prefix; all of them, and what attempts left, where none are named."""

    async def tidy(self, brand_id: int) -> None:
        """Remove what attempts left that broke off more than a day ago."""

    async def remove_brand(self, brand_id: int) -> None:
        """Remove all files of a brand."""

    def address(self, prefix: str, name: str) -> str:
        """Where a file lies, for people."""


def open_store(settings: Settings) -> Store:
    """The store that the settings name; nothing is looked at yet."""
    found = S3.fullmatch(settings.exports)
    if found is None:
        return FolderStore(Path(settings.exports))
    return BucketStore(found["bucket"], (found["prefix"] or "").strip("/"))
