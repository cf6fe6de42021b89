"""A door between a program and its server that a test can shut, or slam at the worst moment."""

import asyncio
import contextlib
import sys
import threading
from collections.abc import Awaitable, Callable, Coroutine
from pathlib import Path
from typing import Any

End = Callable[[], Awaitable[object]]
Streams = tuple[asyncio.StreamReader, asyncio.StreamWriter]


class Proxy:
    """Listens on a TCP port of its own and passes everything on to a unix socket."""

    def __init__(self, target: Path) -> None:
        self.target = target
        self.port = 0
        self.doomed: list[bytes] = []
        self.left = sys.maxsize
        self._farewell: tuple[bytes, End] | None = None
        self._ending: End | None = None
        self._server: asyncio.Server | None = None
        self._writers: set[asyncio.StreamWriter] = set()
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, daemon=True)
        self._thread.start()
        self.open()

    def open(self) -> None:
        """Let connections through."""
        self._do(self._open())

    def shut(self) -> None:
        """Cut every connection and refuse new ones."""
        self._do(self._shut())

    def cut_after(self, *words: bytes) -> None:
        """Pass on what is asked until these words came one after another; cut before the answer."""
        self.doomed = list(words)

    def cut_in(self, size: int) -> None:
        """Pass on so many bytes more, both ways together; then cut every connection."""
        self.left = size

    def end_after(self, word: bytes, end: End) -> None:
        """Have the server end the session once it answered this word: its farewell arrives with
        the answer, and the end of the line a moment later."""
        self._farewell = (word, end)

    def close(self) -> None:
        """Shut for good."""
        self.shut()
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join()
        self._loop.close()

    def _do(self, act: Coroutine[Any, Any, None]) -> None:
        asyncio.run_coroutine_threadsafe(act, self._loop).result(10)

    async def _open(self) -> None:
        self._server = await asyncio.start_server(self._connected, "127.0.0.1", self.port)
        self.port = self._server.sockets[0].getsockname()[1]

    async def _shut(self) -> None:
        if self._server is not None:
            self._server.close()
        self._server = None
        for writer in list(self._writers):
            writer.transport.abort()
        await asyncio.sleep(0.05)

    async def _connected(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            there_in, there_out = await asyncio.open_unix_connection(str(self.target))
        except OSError:
            writer.transport.abort()
            return
        both = {writer, there_out}
        self._writers |= both
        try:
            await asyncio.gather(
                self._pass(reader, there_out, writer), self._pass(there_in, writer)
            )
        finally:
            self._writers -= both
            for each in both:
                each.transport.abort()

    def _is_last(self, chunk: bytes) -> bool:
        while self.doomed and self.doomed[0] in chunk:
            del self.doomed[0]
            if not self.doomed:
                return True
        return False

    async def _pass(
        self,
        reader: asyncio.StreamReader,
        writer: asyncio.StreamWriter,
        asker: asyncio.StreamWriter | None = None,
    ) -> None:
        with contextlib.suppress(OSError):
            while self.left > 0 and (chunk := await reader.read(65_536)):
                if asker is not None and self._is_last(chunk):
                    asker.transport.abort()
                if asker is None and self._ending is not None:
                    await self._ending()
                    self._ending = None
                    chunk += await reader.read()
                if self._farewell is not None and self._farewell[0] in chunk:
                    self._ending, self._farewell = self._farewell[1], None
                writer.write(chunk[: min(self.left, len(chunk))])
                self.left -= len(chunk)
                await writer.drain()
            await asyncio.sleep(0.05)  # let the server act on what it was told
        writer.transport.abort()
