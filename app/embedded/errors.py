"""What can go wrong with the embedded servers, each told in a sentence for the operator."""

from pathlib import Path


class EmbeddedError(Exception):
    """The embedded servers cannot be had."""


class AlreadyRunning(EmbeddedError):
    """Another process runs its servers on this data folder."""

    def __init__(self, folder: Path, pid: int | None) -> None:
        self.folder = folder
        self.pid = pid
        holder = f"process {pid}" if pid else "another process"
        super().__init__(f"{folder} is in use by {holder}: stop it, or choose another data folder")


class NoPostgres(EmbeddedError):
    """The installed packages hold no PostgreSQL for this data folder."""


class DidNotStart(EmbeddedError):
    """A server ended, again and again, before it answered."""

    def __init__(self, name: str, log: str) -> None:
        super().__init__(f"{name} does not start; the end of its log:\n{log}")
