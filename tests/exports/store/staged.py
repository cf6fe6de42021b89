"""Folders as writers leave them, and what a reader sees of them."""

import hashlib
import json
from pathlib import Path

from app.exports.manifest import NAME
from app.exports.store import Store

FILES = {"书.xlsx": 3_000, "csv/orders.csv": 1_500_000, "parquet/orders.parquet": 0}


def staged(folder: Path, word: str, sizes: dict[str, int] | None = None) -> list[str]:
    """Files that say a word again and again, with a manifest of their hashes; gives their names."""
    hashes = {}
    for name, size in (FILES if sizes is None else sizes).items():
        content = (word.encode() * (size // len(word) + 1))[:size]
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_bytes(content)
        hashes[name] = hashlib.sha256(content).hexdigest()
    (folder / NAME).write_text(json.dumps({"word": word, "files": hashes}))
    return [*hashes, NAME]


async def read(
    store: Store, prefix: str, name: str, start: int = 0, end: int | None = None
) -> bytes:
    """A file, or a part of it."""
    end = await store.size(prefix, name) if end is None else end
    return b"".join([part async for part in store.stream(prefix, name, start, end)])


async def seen(store: Store, prefix: str) -> str | None:
    """The word of what is whole at a prefix; None where nothing is there."""
    found = await store.manifest(prefix)
    if found is None:
        return None
    said = json.loads(found)
    for name, sha256 in said["files"].items():
        assert hashlib.sha256(await read(store, prefix, name)).hexdigest() == sha256, name
    return str(said["word"])
