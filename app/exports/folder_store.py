"""Files of exports in a folder; processes on several hosts need to share it."""

import asyncio
import os
import shutil
import threading
import time
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import suppress
from pathlib import Path
from typing import IO, Any, TypeVar

from app.exports.manifest import NAME
from app.exports.staging import ABANDONED, PARTIAL, PIECE, StoreAway, attempt_at, said

T = TypeVar("T")


class FolderStore:
    """Folders become visible by one rename; they and their files are readable by us alone."""

    def __init__(self, root: Path) -> None:
        self.root = root.absolute()

    async def publish(self, folder: Path, prefix: str, names: Sequence[str]) -> None:
        """See Store."""
        stopped = threading.Event()
        going = asyncio.ensure_future(_in_thread(self._publish, folder, prefix, names, stopped))
        try:
            await asyncio.shield(going)
        except asyncio.CancelledError:
            # The thread goes on by itself: nothing may appear after this has ended.
            stopped.set()
            await asyncio.wait([going])
            raise
        except FileNotFoundError as error:
            # Somebody else took this attempt away, or the store's own folder.
            raise StoreAway(said(error)) from error

    async def manifest(self, prefix: str) -> bytes | None:
        """See Store."""
        try:
            return await _in_thread((self.root / prefix / NAME).read_bytes)
        except FileNotFoundError:
            return None

    async def size(self, prefix: str, name: str) -> int:
        """See Store."""
        return (await _in_thread((self.root / prefix / name).stat)).st_size

    async def stream(self, prefix: str, name: str, start: int, end: int) -> AsyncIterator[bytes]:
        """See Store."""
        opened: IO[bytes] = await _in_thread((self.root / prefix / name).open, "rb")
        try:
            await _in_thread(opened.seek, start)
            while start < end and (part := await _in_thread(opened.read, min(PIECE, end - start))):
                start += len(part)
                yield part
        finally:
            opened.close()

    async def fetch(self, prefix: str, name: str, path: Path) -> None:
        """See Store."""
        await _in_thread(shutil.copyfile, self.root / prefix / name, path)

    async def remove(self, prefix: str, names: Sequence[str] | None = None) -> None:
        """See Store."""
        await _in_thread(self._remove, prefix, names)

    async def tidy(self, brand_id: int) -> None:
        """See Store."""
        await _in_thread(self._tidy, self.root / str(brand_id))

    async def remove_brand(self, brand_id: int) -> None:
        """See Store."""
        await _in_thread(self._remove, str(brand_id), None)

    def address(self, prefix: str, name: str) -> str:
        """See Store."""
        return str(self.root / prefix / name)

    def _publish(
        self, folder: Path, prefix: str, names: Sequence[str], stopped: threading.Event
    ) -> None:
        target = self.root / prefix
        if (target / NAME).exists():
            return
        self._make(target.parent)
        for left in self._attempts(target):
            _drop(left)
        partial = self.root / attempt_at(prefix)
        try:
            self._copy(folder, partial, names, stopped)
            if not stopped.is_set():
                _rename(partial, target)
        finally:
            _drop(partial)

    def _copy(
        self, folder: Path, partial: Path, names: Sequence[str], stopped: threading.Event
    ) -> None:
        partial.mkdir(mode=0o700)
        folders = {partial}
        for name in names:
            if stopped.is_set():
                return
            path = partial / name
            # Step by step: an attempt that somebody took away must not begin anew in the middle.
            for each in [*reversed(Path(name).parents)][1:]:
                (partial / each).mkdir(mode=0o700, exist_ok=True)
                folders.add(partial / each)
            with (
                (folder / name).open("rb") as source,
                path.open("xb") as copy,
            ):
                path.chmod(0o600)
                shutil.copyfileobj(source, copy, PIECE)
                copy.flush()
                os.fsync(copy.fileno())
        for each in folders:
            _sync(each)

    def _make(self, folder: Path) -> None:
        """Make a folder of the store, and those above it, each for us alone."""
        for each in reversed([folder, *folder.parents]):
            if each.is_relative_to(self.root):
                each.mkdir(mode=0o700, exist_ok=True)
            elif not each.exists():
                each.mkdir(exist_ok=True)

    def _attempts(self, target: Path) -> list[Path]:
        return sorted(target.parent.glob(f"{target.name}{PARTIAL}*"))

    def _remove(self, prefix: str, names: Sequence[str] | None) -> None:
        target = self.root / prefix
        if names is None:
            for left in [target, *self._attempts(target)]:
                _drop(left)
            return
        for name in names:
            (target / name).unlink(missing_ok=True)

    def _tidy(self, folder: Path) -> None:
        oldest = time.time() - ABANDONED.total_seconds()
        for left in folder.glob(f"**/*{PARTIAL}*"):
            with suppress(FileNotFoundError):
                times = (each.lstat().st_mtime for each in [left, *left.rglob("*")])
                if max(times) < oldest:
                    _drop(left)


async def _in_thread(act: Callable[..., T], *given: Any) -> T:
    try:
        return await asyncio.to_thread(act, *given)
    except (FileNotFoundError, NotADirectoryError) as error:
        raise FileNotFoundError(said(error)) from error
    except OSError as error:
        raise StoreAway(said(error)) from error


def _rename(partial: Path, target: Path) -> None:
    """Make a whole attempt visible; who was there first stays."""
    if target.exists() and not (target / NAME).exists():
        # What lost its manifest is none of ours that was published.
        _drop(target)
    try:
        partial.rename(target)
    except OSError:
        if not (target / NAME).exists():
            raise
    _sync(target.parent)


def _drop(folder: Path) -> None:
    """Remove a folder: at once, by a name that nobody knows, and then what is in it.

    An attempt that still goes on would else make visible what is half gone.
    """
    gone = folder.with_name(attempt_at(folder.name.partition(PARTIAL)[0]))
    try:
        folder.rename(gone)
    except FileNotFoundError:
        return
    shutil.rmtree(gone, ignore_errors=True)
    if gone.exists():
        raise PermissionError(f"{gone} cannot be removed")


def _sync(folder: Path) -> None:
    opened = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(opened)
    finally:
        os.close(opened)
