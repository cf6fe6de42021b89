"""The drill of `make restore-drill`, on a small brand: a backup is one once it was restored."""

from pathlib import Path

import pytest

from bench import restore


@pytest.mark.long
def test_the_drill(tmp_path: Path) -> None:
    told: list[str] = []
    assert restore.drill(tmp_path, 4_000, told.append) == []
    assert any(line.startswith("pg_dump") for line in told)
    assert not (tmp_path / "lost").exists()
