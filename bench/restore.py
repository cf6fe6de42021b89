"""The restore drill: a brand is backed up, its server is lost, and it is restored on a new one.

What a backup is for is tried out, with the commands of docs/operations.md and the programs of the
embedded PostgreSQL: pg_dump, `hongqun roles`, pg_restore, `hongqun migrate`, `hongqun verify`.
"""

import asyncio
import json
import subprocess
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import asyncpg
import click
import httpx
from rich.console import Console

from app.core.roles import address_of
from app.core.settings import Settings
from app.core.walls import prove
from app.demo.story import story
from app.embedded import binaries
from app.embedded.servers import Servers, erase, running
from bench.brand import create_brand, create_key
from bench.figures import Figure, write
from bench.processes import finish, program, web

console = Console(stderr=True)

WALLS = """
SELECT format('%s %s %s', c.relname, c.relrowsecurity, c.relforcerowsecurity) AS wall
FROM pg_class AS c
WHERE c.relkind IN ('r', 'p') AND c.relnamespace = 'public'::regnamespace
UNION ALL SELECT concat_ws(' ', tablename, policyname, permissive, roles, cmd, qual, with_check)
FROM pg_policies
UNION ALL SELECT format('%s %s %s', c.relname, a.grantee::regrole, a.privilege_type)
FROM pg_class AS c CROSS JOIN LATERAL aclexplode(c.relacl) AS a
WHERE c.relnamespace = 'public'::regnamespace
ORDER BY 1
"""

QUESTIONS: tuple[tuple[str, dict[str, str]], ...] = (
    ("gmv-share", {"bucket": "week"}),
    ("gmv-share", {"basis": "net_ledger"}),
    ("repurchase", {"kind": "window"}),
    ("repurchase", {"kind": "cohort"}),
    ("funnel", {"by": "note"}),
    ("activity", {"bucket": "week"}),
    ("lives", {}),
)


class Found(dict[str, Any]):
    """What a server answers, by question; `walls` is what its catalog says of them."""


@contextmanager
def timed(what: str, say: Callable[[str], None]) -> Iterator[None]:
    """Tell how long it took."""
    began = time.perf_counter()
    yield
    say(f"{what:<44}{time.perf_counter() - began:8.1f} s")


def drill(folder: Path, events: int, say: Callable[[str], None]) -> list[str]:
    """Do it all in a folder; gives what was lost or came back otherwise, which is to be nothing."""
    dump = folder / "hongqun.dump"
    asked = (datetime.now(UTC) + timedelta(minutes=1)).isoformat()
    with running(folder / "lost") as servers:
        with timed("migrate", say):
            finish(servers, "migrate")
        brand = asyncio.run(create_brand(servers))
        file = folder / "events.ndjson"
        told = story(datetime.now(UTC).date())[:events]
        file.write_text("".join(json.dumps(event) + "\n" for event in told))
        with timed(f"import and derive {len(told):,} events", say), program(servers, "worker"):
            finish(servers, "import", str(file), "--brand", str(brand))
            finish(servers, "drain", "--brand", str(brand))
        before = _found(servers, brand, asked)
        with timed("pg_dump", say):
            _run("pg_dump", "-Fc", "-f", str(dump), "-d", servers.database_url)
    say(f"{'size of the backup':<44}{dump.stat().st_size / 2**20:8.1f} MB")
    erase(folder / "lost")
    say("the server and its files are gone")
    with running(folder / "new") as servers:
        with timed("hongqun roles, pg_restore, hongqun migrate", say):
            finish(servers, "roles")
            _run("pg_restore", "--exit-on-error", "-d", servers.database_url, str(dump))
            finish(servers, "migrate")
        with timed("vacuumdb --analyze-only", say):
            # A dump has no statistics: without them plans are made for tables of unknown sizes.
            _run("vacuumdb", "--analyze-only", "--quiet", "-d", servers.database_url)
        with timed("hongqun verify", say):
            finish(servers, "verify", "--brand", str(brand))
        given = Settings(database_url=servers.database_url)
        for process in ("web", "worker"):
            asyncio.run(prove(Settings(database_url=address_of(given, process))))
        after = _found(servers, brand, asked)
        with timed("a worker goes on, events come again", say), program(servers, "worker"):
            finish(servers, "import", str(file), "--brand", str(brand))
            finish(servers, "drain", "--brand", str(brand))
        again = _found(servers, brand, asked)
    erase(folder / "new")
    return [
        f"{question}: {what}"
        for question in before
        for what, found in (("restored", after), ("after events came again", again))
        if found[question] != before[question]
    ]


def _found(servers: Servers, brand: int, as_of: str) -> Found:
    key = asyncio.run(create_key(servers, brand))
    today = datetime.now(UTC).date()
    window = {"start": str(today - timedelta(weeks=27)), "end": str(today), "as_of": as_of}
    headers = {"authorization": f"Bearer {key}"}
    found = Found(walls=asyncio.run(_walls(servers)))
    with web(servers) as (base, _), httpx.Client(base_url=base, trust_env=False) as client:
        for name, params in QUESTIONS:
            answer = client.get(f"/v1/metrics/{name}", params=window | params, headers=headers)
            answer.raise_for_status()
            found[f"{name} {params}"] = answer.json()
    return found


async def _walls(servers: Servers) -> list[str]:
    connection = await asyncpg.connect(servers.database_url)
    try:
        return [row["wall"] for row in await connection.fetch(WALLS)]
    finally:
        await connection.close()


def _run(name: str, *words: str) -> None:
    programs = binaries.postgres(None, None, lambda _: None)
    subprocess.run([programs / name, *words], check=True)


@click.command()
@click.option("--events", default=20_000, show_default=True, help="How many of the sample brand.")
@click.option("--small", is_flag=True, help="3,000 of them.")
@click.option(
    "--json", "json_", type=click.Path(path_type=Path), default="bench/restore.json",
    show_default=True, help="Where to write what was found.",
)  # fmt: skip
def main(events: int, small: bool, json_: Path) -> None:
    """Drill: back up, lose, restore, verify, compare. Exits 1 where anything is not as it was."""
    began = time.perf_counter()
    if small:
        events = 3_000
    with tempfile.TemporaryDirectory(prefix="hongqun-drill-") as folder:
        lost = drill(Path(folder), events, console.print)
    told = [
        Figure("answers and walls not as before", len(lost), "differences", target=0),
        Figure("the whole drill", time.perf_counter() - began, "s"),
    ]
    write(json_, {"events": events, "lost": lost}, told)
    for each in lost:
        console.print(f"[red]not as it was[/red] {each}")
    if lost:
        raise SystemExit(1)
    console.print("restored: every metric, every policy and every grant is as it was")


if __name__ == "__main__":
    main()
