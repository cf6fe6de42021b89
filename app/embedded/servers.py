"""The embedded servers: run on a data folder by one process, found by the others beside it."""

import json
import os
import shutil
import tempfile
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import asdict, dataclass, field
from pathlib import Path
from types import MappingProxyType

from app.embedded import binaries, cluster, orphans, postgres
from app.embedded import redis as redis_server
from app.embedded.account import Account, give
from app.embedded.errors import DidNotStart
from app.embedded.folder import held, locked, write_private
from app.embedded.kept import Kept
from app.embedded.log import Log
from app.embedded.place import Place, home_of, made, placed
from app.embedded.process import output

SHORT = Path("/tmp")  # a socket's path has about 100 characters, and TMPDIR may need them all
RUN = "run.json"


@dataclass(frozen=True)
class Servers:
    """Where they answer; without Redis a sweep of the database finds the work, later."""

    database_url: str = field(repr=False)  # it has the password; empty where not asked for
    redis_url: str | None


@contextmanager
def running(
    data: Path,
    *,
    say: Callable[[str], None] = lambda _: None,
    options: Mapping[str, str] = MappingProxyType({}),
    database: bool = True,
    redis: bool = True,
) -> Iterator[Servers]:
    """PostgreSQL and Redis on this folder, until the block ends; both are kept up meanwhile.

    `database` and `redis` say which of them are wanted. `say` gets lines for the operator, some
    from other threads. `options` are settings of PostgreSQL over ours. Raises AlreadyRunning where
    another process runs them, EmbeddedError where they cannot be had. It waits as long as a
    recovery takes. Killed, it takes the servers along.
    """
    data = made(data, 0o711 if os.geteuid() == 0 else 0o700).resolve()
    with ExitStack() as ending:
        ending.enter_context(locked(data))
        _tidy(data)
        place = ending.enter_context(placed(data, say))
        sockets = ending.enter_context(_sockets(place.account))
        write_private(data / RUN, json.dumps({"sockets": str(sockets)}))
        url = _database(data, place, sockets, say, options, ending) if database else ""
        wakes = _redis(data, sockets, place.account, say, ending) if redis else None
        servers = Servers(url, redis_server.url(sockets) if wakes else None)
        run = {**asdict(servers), "sockets": str(sockets), "pid": os.getpid()}
        write_private(data / RUN, json.dumps(run))
        ending.callback((data / RUN).unlink, missing_ok=True)
        yield servers


def find(data: Path) -> Servers | None:
    """Those that another process runs on this folder now, and that answer."""
    try:
        if not held(data):
            return None
        run = json.loads((data / RUN).read_text())
        return Servers(run["database_url"], run["redis_url"])
    except (FileNotFoundError, KeyError):
        return None


def erase(data: Path) -> None:
    """Deletes a data folder with what lies elsewhere for it; raises AlreadyRunning where in use."""
    data = data.resolve()
    with ExitStack() as ending:
        ending.enter_context(locked(data))
        _tidy(data)
        home = home_of(data)
        if home is not None and home.exists():
            ending.enter_context(locked(home))
            orphans.end(home / "postgres")
            shutil.rmtree(home)
        else:
            orphans.end(data / "postgres")
        shutil.rmtree(data)


def _database(
    data: Path,
    place: Place,
    sockets: Path,
    say: Callable[[str], None],
    options: Mapping[str, str],
    ending: ExitStack,
) -> str:
    programs = binaries.postgres(cluster.version(place), place.account, say)
    settings = postgres.settings(options)
    new = cluster.version(place) is None
    secret = cluster.password(data, may_make=new)
    if new:
        cluster.initialise(place, programs, secret, settings, say)
    server = postgres.server(place, programs, sockets, settings, say)
    kept = Kept(server, Log(data / "postgres.log"), say)
    ending.callback(kept.stop)
    kept.start()
    return postgres.url(sockets, secret)


def _redis(
    data: Path,
    sockets: Path,
    account: Account | None,
    say: Callable[[str], None],
    ending: ExitStack,
) -> Kept | None:
    program = binaries.redis()
    if program is None:
        say("no Redis here: work is found by the sweep of the database, some seconds later")
        return None
    if not output([program, "--version"], account)[0]:
        account = None  # out of its reach; unlike PostgreSQL, Redis runs as root as well
    kept = Kept(redis_server.server(program, account, sockets), Log(data / "redis.log"), say)
    ending.callback(kept.stop)
    try:
        kept.start()
    except DidNotStart as error:
        say(f"{error}\ngoing on without it: work is found by the sweep of the database")
        return None
    return kept


@contextmanager
def _sockets(account: Account | None) -> Iterator[Path]:
    """A folder of a short name that only the servers' account and root can enter."""
    folder = Path(tempfile.mkdtemp(prefix="hq-", dir=SHORT))
    try:
        give(folder, account)
        yield folder
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def _tidy(data: Path) -> None:
    """Removes what a killed process left: its run.json, which nobody may find, its sockets."""
    try:
        sockets = Path(json.loads((data / RUN).read_text())["sockets"])
    except (FileNotFoundError, KeyError, ValueError):
        return
    if sockets.parent == SHORT and sockets.name.startswith("hq-"):
        orphans.end_redis(sockets)
        shutil.rmtree(sockets, ignore_errors=True)
    (data / RUN).unlink()
