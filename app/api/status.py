"""What is still on its way into the numbers of a brand, and what somebody should look at."""

import msgspec
from litestar import Response, get
from litestar.datastructures import State
from litestar.di import NamedDependency

from app.api.answers import answer
from app.core.backlog import Backlog, backlog
from app.core.db import transaction
from app.crm.caller import Caller
from app.outbound.endpoints import Notice, notices


class Status(Backlog, frozen=True):
    """Nothing is pending where the first two are 0; then every accepted event shows.

    `verified_at` and `verify_differences` are about the last nightly check, null before the first:
    when it was, and how many derived rows it found wrong. `notices` tell what somebody should look
    at, each with a stable code.
    """

    notices: list[Notice]


@get(
    "/v1/status",
    summary="Read what is pending",
    operation_id="getStatus",
    tags=["operations"],
    opt={"scope": "read"},
)
async def get_status(caller: NamedDependency[Caller], state: State) -> Response[Status]:
    """Events and recomputations that do not show in the numbers yet, dead letters, and notices."""
    async with transaction(state.pool, caller.brand_id) as connection:
        found = await backlog(connection, caller.brand_id)
        told = await notices(connection, caller.brand_id)
    return answer(Status(**msgspec.structs.asdict(found), notices=told))
