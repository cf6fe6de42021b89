"""PostgreSQL's programs where its unprivileged user cannot reach the package."""

import os
import shutil
import tempfile
from pathlib import Path

import pytest

from app.embedded import binaries, place
from app.embedded.account import unprivileged
from app.embedded.errors import NoPostgres
from app.embedded.process import output
from app.embedded.servers import erase, running
from tests.embedded.holder import FAST
from tests.embedded.sql import ask


def test_a_version_that_the_package_lacks_is_told() -> None:
    with pytest.raises(NoPostgres, match="PostgreSQL 9's"):
        binaries.postgres("9", None, lambda _: None)


@pytest.mark.skipif(os.geteuid() != 0, reason="only root's PostgreSQL runs as another user")
def test_programs_out_of_reach_are_copied_once(
    data: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    shelf = Path(tempfile.mkdtemp(dir="/tmp"))
    monkeypatch.setattr(place, "VAR", shelf / "hongqun")
    shelf.chmod(0o755)
    (package,) = binaries._package(binaries.PACKAGE)
    for name in ("pginstall18", f"../{package.name}.libs"):
        shutil.copytree(package / name, tmp_path / package.name / name, dirs_exist_ok=True)
    monkeypatch.setattr(binaries, "_package", lambda _: [tmp_path / package.name])
    tmp_path.chmod(0o700)
    account = unprivileged(tmp_path / "none")
    said: list[str] = []
    try:
        programs = binaries.postgres(None, account, said.append)
        assert programs.is_relative_to(shelf)
        assert output([programs / "initdb", "--version"], account)[0]
        before = programs.stat()
        assert binaries.postgres(None, account, said.append) == programs
        assert programs.stat() == before
        assert [path.name.split("-")[0] for path in (shelf / "hongqun").iterdir()] == ["pginstall"]
        with running(data, options=FAST) as servers:
            assert ask(servers.database_url, "SELECT 1") == 1
        erase(data)
    finally:
        shutil.rmtree(shelf)
