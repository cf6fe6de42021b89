"""Whether the process lives, and whether it can serve."""

from typing import Literal

import msgspec
from litestar import Response, get
from litestar.datastructures import State

from app.api.answers import answer
from app.core.db import transaction
from app.core.errors import Problem, Unavailable
from app.core.schema import is_current


class Health(msgspec.Struct, frozen=True):
    """The process answers."""

    status: Literal["ok"] = "ok"


class Readiness(msgspec.Struct, frozen=True):
    """Redis only carries wake-ups: where it is away numbers come a few seconds later."""

    status: Literal["ok"]
    postgresql: Literal["ok"]
    migrations: Literal["current"]
    redis: Literal["ok", "unreachable", "not configured"]
    warnings: list[str]


@get(
    "/healthz",
    summary="Is the process alive",
    operation_id="getHealth",
    tags=["operations"],
    opt={"public": True},
)
async def get_health() -> Response[Health]:
    """Answers as long as the process does."""
    return answer(Health())


@get(
    "/readyz",
    summary="Can it serve",
    operation_id="getReadiness",
    tags=["operations"],
    opt={"public": True},
)
async def get_readiness(state: State) -> Response[Readiness]:
    """200 where PostgreSQL answers and its schema is this release's, else 503."""
    try:
        async with transaction(state.pool) as connection:
            current = await is_current(connection)
    except Exception as error:
        raise Unavailable() from error
    if not current:
        raise Problem(
            503,
            "not_migrated",
            "The database's schema is not this release's: run `hongqun migrate`.",
            headers={"Retry-After": "5"},
        )
    redis: Literal["ok", "unreachable", "not configured"] = "not configured"
    if state.waker.redis_url is not None:
        redis = "ok" if await state.waker.ping() else "unreachable"
    warnings = ["Redis is away: numbers follow by the sweep, a few seconds later."]
    return answer(
        Readiness("ok", "ok", "current", redis, warnings if redis == "unreachable" else [])
    )
