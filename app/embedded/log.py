"""A server's log: a file of bounded size in the data folder, fed from its output."""

import contextlib
import os
import threading
from collections import deque
from pathlib import Path
from typing import IO

BOUND = 8 * 1024 * 1024  # bytes, and as much again in the file before it
LINE = 64 * 1024


class Log:
    """Writes lines to `path`; a full file becomes `path`.1, in place of the one before."""

    def __init__(self, path: Path, bound: int = BOUND) -> None:
        self._path = path
        self._bound = bound
        self._last: deque[bytes] = deque(maxlen=15)
        self._one_writer = threading.Lock()

    def follow(self, stream: IO[bytes]) -> None:
        """Copies the stream until it ends, in a thread of its own."""
        threading.Thread(target=self._copy, args=(stream,), daemon=True).start()

    def end(self) -> str:
        """The last lines."""
        return b"".join(self._last).decode(errors="replace").strip()

    def _copy(self, stream: IO[bytes]) -> None:
        with stream:
            while line := stream.readline(LINE):
                self._last.append(line)
                # A full disk costs us lines, but the server must never wait for its log.
                with contextlib.suppress(OSError):
                    self._write(line)

    def _write(self, line: bytes) -> None:
        with self._one_writer:
            # Opened for each line: rare ones, and so another rotation or a deletion does no harm.
            file = os.open(self._path, os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o600)
            try:
                os.write(file, line)
                size = os.fstat(file).st_size
            finally:
                os.close(file)
            if size > self._bound:
                self._path.replace(self._path.with_name(self._path.name + ".1"))
