"""Files of exports in a bucket that speaks S3.

Endpoint, region and keys come from the environment (AWS_…), as obstore reads it. A bucket has no
rename: an attempt uploads all files beside their place, has the bucket copy them there, and
copies manifest.json last.
"""

import os
import re
from collections.abc import AsyncIterator, Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from functools import cached_property
from pathlib import Path
from urllib.parse import urlsplit

import obstore
from obstore.exceptions import BaseError
from obstore.store import S3Store

from app.exports.manifest import NAME
from app.exports.staging import ABANDONED, PARTIAL, PIECE, StoreAway, attempt_at, said

PART = 8 * 1_048_576
"""Bytes of a part of an upload; AT_ONCE of them are in memory."""

AT_ONCE = 3
WEEK = re.compile(r"\d{4}-W\d{2}", re.ASCII)
"""What stands between brand and revision in a prefix of a weekly export."""

ENDPOINTS = ("AWS_ENDPOINT_URL_S3", "AWS_ENDPOINT_URL", "AWS_ENDPOINT")


class BucketStore:
    """Objects below a prefix of a bucket."""

    def __init__(self, bucket: str, below: str) -> None:
        self.bucket = bucket
        self.below = below

    async def publish(self, folder: Path, prefix: str, names: Sequence[str]) -> None:
        """See Store."""
        with _told(missing=True):
            for left in await self._attempts(prefix):
                await self._drop(left)
            if await self.manifest(prefix) is not None:
                return
            # An attempt that broke off in the midst of copying may have had other files.
            await self._drop(prefix)
            partial = attempt_at(prefix)
            last = [*(name for name in names if name != NAME), NAME]
            for name in last:
                await obstore.put_async(
                    self._opened,
                    f"{partial}/{name}",
                    folder / name,
                    chunk_size=PART,
                    max_concurrency=AT_ONCE,
                )
            # Of two at once each has uploaded before it looks, so at most one goes on.
            alone = await self._attempts(prefix) == [partial]
            if not alone or await self.manifest(prefix) is not None:
                await self._drop(partial)
                if not alone:
                    raise StoreAway("another attempt at the same files is under way")
                return
            for name in last:
                await obstore.copy_async(self._opened, f"{partial}/{name}", f"{prefix}/{name}")
            await self._drop(partial)

    async def manifest(self, prefix: str) -> bytes | None:
        """See Store."""
        try:
            with _told():
                found = await obstore.get_async(self._opened, f"{prefix}/{NAME}")
                return bytes(await found.bytes_async())
        except FileNotFoundError:
            return None

    async def size(self, prefix: str, name: str) -> int:
        """See Store."""
        with _told():
            return (await obstore.head_async(self._opened, f"{prefix}/{name}"))["size"]

    async def stream(self, prefix: str, name: str, start: int, end: int) -> AsyncIterator[bytes]:
        """See Store."""
        if start >= end:
            return
        with _told():
            found = await obstore.get_async(
                self._opened, f"{prefix}/{name}", options={"range": (start, end)}
            )
            async for part in found.stream(min_chunk_size=PIECE):
                yield bytes(part)

    async def fetch(self, prefix: str, name: str, path: Path) -> None:
        """See Store."""
        size = await self.size(prefix, name)
        with path.open("wb") as copy:
            async for part in self.stream(prefix, name, 0, size):
                copy.write(part)

    async def remove(self, prefix: str, names: Sequence[str] | None = None) -> None:
        """See Store."""
        with _told():
            if names is not None:
                await self._delete([f"{prefix}/{name}" for name in names])
                return
            # Without its manifest nothing is there any more, wherever this breaks off.
            await self._delete([f"{prefix}/{NAME}"])
            for left in [prefix, *await self._attempts(prefix)]:
                await self._drop(left)

    async def tidy(self, brand_id: int) -> None:
        """See Store."""
        newest: dict[str, datetime] = {}
        whole: set[str] = set()
        with _told():
            async for some in obstore.list(self._opened, str(brand_id)):
                for each in some:
                    at, (prefix, name) = each["last_modified"], _split(each["path"])
                    newest[prefix] = max(at, newest.get(prefix, at))
                    if name == NAME and PARTIAL not in prefix:
                        whole.add(prefix)
            for prefix, at in newest.items():
                if prefix not in whole and at < datetime.now(UTC) - ABANDONED:
                    await self._drop(prefix)

    async def remove_brand(self, brand_id: int) -> None:
        """See Store."""
        with _told():
            await self._drop(str(brand_id))

    def address(self, prefix: str, name: str) -> str:
        """See Store."""
        return "/".join(filter(None, ("s3:/", self.bucket, self.below, prefix, name)))

    @cached_property
    def _opened(self) -> S3Store:
        endpoint = next((os.environ[name] for name in ENDPOINTS if os.environ.get(name)), "")
        return S3Store(
            self.bucket,
            prefix=self.below or None,
            # Not every store that speaks S3 knows how to delete several objects at once.
            config={"disable_bulk_delete": True},
            client_options={
                "allow_http": urlsplit(endpoint).scheme == "http",
                "connect_timeout": timedelta(seconds=5),
                "timeout": timedelta(minutes=5),
            },
            retry_config={"max_retries": 4, "retry_timeout": timedelta(seconds=60)},
        )

    async def _attempts(self, prefix: str) -> list[str]:
        parent = prefix.rpartition("/")[0]
        found = await obstore.list_with_delimiter_async(self._opened, parent)
        return [each for each in found["common_prefixes"] if each.startswith(prefix + PARTIAL)]

    async def _drop(self, prefix: str) -> None:
        async for some in obstore.list(self._opened, prefix, chunk_size=1_000):
            await self._delete([each["path"] for each in some])

    async def _delete(self, paths: Sequence[str]) -> None:
        if paths:
            await obstore.delete_async(self._opened, list(paths))


def _split(path: str) -> tuple[str, str]:
    """The prefix that an object is at, and its name there."""
    parts = path.split("/")
    deep = 3 if WEEK.fullmatch(parts[1]) else 2
    return "/".join(parts[:deep]), "/".join(parts[deep:])


@contextmanager
def _told(*, missing: bool = False) -> Iterator[None]:
    """Tell that the bucket is away from that an object is not there; to some acts, that is both."""
    try:
        yield
    except FileNotFoundError as error:
        if missing or "NoSuchBucket" in str(error):
            raise StoreAway(said(error)) from error
        raise FileNotFoundError(said(error)) from error
    except (BaseError, OSError, ValueError) as error:
        raise StoreAway(said(error)) from error
