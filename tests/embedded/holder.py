"""`python -m tests.embedded.holder DATA`: the servers, until stdin closes or it is killed."""

import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from app.embedded.servers import running

FAST = {"fsync": "off", "shared_buffers": "16MB"}


@contextmanager
def holding(data: Path) -> Iterator[subprocess.Popen[str]]:
    """Another process that has the servers up."""
    with subprocess.Popen(
        [sys.executable, "-m", "tests.embedded.holder", str(data)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
        cwd=Path(__file__).parents[2],
    ) as process:
        try:
            assert process.stdout is not None
            assert process.stdout.readline() == "up\n"
            yield process
        finally:
            if process.stdin is not None and process.poll() is None:
                process.stdin.close()


if __name__ == "__main__":
    with running(Path(sys.argv[1]), say=lambda line: print(line, file=sys.stderr), options=FAST):
        print("up", flush=True)
        sys.stdin.read()
