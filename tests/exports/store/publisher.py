"""A process that publishes, again and again, each time in a child that may be killed.

For each line on its input, a JSON object {"where", "folder", "prefix", "kill_at"}, it makes a child
and prints its pid; at the next line the child begins, and how it ended is printed. `kill_at`: the
child kills itself before so many acts on files.
"""

import asyncio
import json
import os
import signal
import sys
from pathlib import Path
from typing import Any

from app.core.settings import Settings
from app.exports.store import open_store

ACTS = ("open", "os.mkdir", "os.rename", "os.remove", "os.rmdir", "os.chmod", "shutil.rmtree")


def kill_at(count: int, root: str) -> None:
    """End this process without a word before its nth act on a file below a folder."""
    left = count

    def hook(event: str, given: tuple[Any, ...]) -> None:
        nonlocal left
        if event in ACTS and isinstance(given[0], str | os.PathLike):
            if not os.fspath(given[0]).startswith(root):
                return
            left -= 1
            if left == 0:
                os.kill(os.getpid(), signal.SIGKILL)

    sys.addaudithook(hook)


def publish(asked: dict[str, Any]) -> None:
    folder = Path(asked["folder"])
    names = [str(path.relative_to(folder)) for path in folder.rglob("*") if path.is_file()]
    store = open_store(Settings(export_url=asked["where"]))
    if asked.get("kill_at"):
        kill_at(asked["kill_at"], asked["where"])
    asyncio.run(store.publish(folder, asked["prefix"], sorted(names)))


def main() -> None:
    for line in sys.stdin:
        asked = json.loads(line)
        mine, theirs = os.pipe()
        pid = os.fork()
        if pid == 0:
            os.read(mine, 1)
            publish(asked)
            os._exit(0)
        print(pid, flush=True)
        sys.stdin.readline()
        os.write(theirs, b"x")
        for each in (mine, theirs):
            os.close(each)
        _, status = os.waitpid(pid, 0)
        print(os.waitstatus_to_exitcode(status), flush=True)


if __name__ == "__main__":
    main()
