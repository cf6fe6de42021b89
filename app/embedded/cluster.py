"""A PostgreSQL cluster's files, made at the first use."""

import secrets
import shutil
from collections.abc import Callable
from pathlib import Path

from app.embedded import orphans
from app.embedded.account import give
from app.embedded.errors import EmbeddedError
from app.embedded.folder import sync_folder, write_private
from app.embedded.place import Place
from app.embedded.process import output

OWNER = DATABASE = "hongqun"


def version(place: Place) -> str | None:
    """The major version whose files these are, None before there are any."""
    try:
        return (place.cluster / "PG_VERSION").read_text().strip()
    except FileNotFoundError:
        return None


def password(data: Path, *, may_make: bool) -> str:
    """The database owner's password, kept in a private file; made with the cluster."""
    path = data / "postgres.password"
    if not path.exists():
        if not may_make:
            raise EmbeddedError(f"{path} is missing: without it the database cannot be opened")
        write_private(path, secrets.token_hex(24))
    return path.read_text().strip()


def initialise(
    place: Place, programs: Path, secret: str, settings: list[str], say: Callable[[str], None]
) -> None:
    """Makes the cluster and its database, beside its place; it moves there when it is complete.

    The builtin locale orders by code point and knows Unicode's cases: the same on every machine.
    """
    say("initialising PostgreSQL")
    draft = place.cluster.with_name("postgres.new")
    orphans.end(draft)
    shutil.rmtree(draft, ignore_errors=True)
    draft.mkdir(mode=0o700)
    give(draft, place.account)
    hand = place.cluster.with_name("postgres.secret")
    write_private(hand, secret)
    give(hand, place.account)
    initdb: list[str | Path] = [
        *(programs / "initdb", "--pgdata", draft, "--username", OWNER, "--pwfile", hand),
        *("--auth", "scram-sha-256", "--data-checksums", "--encoding", "UTF8"),
        *("--locale", "C", "--locale-provider", "builtin", "--builtin-locale", "C.UTF-8"),
        *(["--no-sync"] if "fsync=off" in settings else []),
    ]
    try:
        _do(initdb, place, "")
    finally:
        hand.unlink()
    single = ["--single", "-D", str(draft), "-c", "exit_on_error=on", *settings, "template1"]
    _do([programs / "postgres", *single], place, f"CREATE DATABASE {DATABASE};\n")
    draft.rename(place.cluster)
    sync_folder(place.cluster.parent)


def _do(argv: list[str | Path], place: Place, said: str) -> None:
    worked, wrote = output(argv, place.account, said)
    if not worked:
        raise EmbeddedError(f"PostgreSQL cannot be initialised:\n{wrote.strip()}")
