"""What is still on its way into the numbers of a brand."""

from litestar import Response, get
from litestar.datastructures import State
from litestar.di import NamedDependency

from app.api.answers import answer
from app.core.backlog import Backlog, backlog
from app.core.db import transaction
from app.crm.caller import Caller


@get(
    "/v1/status",
    summary="Read what is pending",
    operation_id="getStatus",
    tags=["operations"],
    opt={"scope": "read"},
)
async def get_status(caller: NamedDependency[Caller], state: State) -> Response[Backlog]:
    """Events and recomputations that do not show in the numbers yet, and dead letters."""
    async with transaction(state.pool, caller.brand_id) as connection:
        found = await backlog(connection, caller.brand_id)
    return answer(found)
