"""A log of bounded size."""

import os
import time
from pathlib import Path

from app.embedded.log import Log


def test_a_full_log_makes_place(tmp_path: Path) -> None:
    reader, writer = os.pipe()
    log = Log(tmp_path / "it.log", bound=1000)
    log.follow(os.fdopen(reader, "rb"))
    with os.fdopen(writer, "wb") as out:
        for number in range(500):
            out.write(f"line {number}\n".encode())
    deadline = time.monotonic() + 10
    while not log.end().endswith("line 499") and time.monotonic() < deadline:
        time.sleep(0.01)
    time.sleep(0.05)
    sizes = {path.name: path.stat().st_size for path in tmp_path.iterdir()}
    assert set(sizes) == {"it.log", "it.log.1"}
    assert max(sizes.values()) <= 1010
    assert (tmp_path / "it.log").read_text().endswith("line 499\n")
