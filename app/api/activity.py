"""What goes on in groups and lives."""

from typing import Annotated

from litestar import Response, get
from litestar.datastructures import State
from litestar.di import NamedDependency
from litestar.params import Parameter

from app.api.metrics import scope_of
from app.api.params import AsOf, End, Start, check_buckets
from app.api.reply import Reply
from app.api.reply_docs import AnswerOperation
from app.core.clock import Bucket
from app.core.db import transaction
from app.crm.caller import Caller
from app.metrics import activity as activities
from app.metrics import lives as live_counts


@get(
    "/v1/metrics/activity",
    summary="Group activity",
    operation_id="getActivity",
    tags=["metrics"],
    opt={"scope": "read", "problems": (406,)},
    operation_class=AnswerOperation,
)
async def get_activity(
    caller: NamedDependency[Caller],
    reply: NamedDependency[Reply],
    state: State,
    start: Start,
    end: End,
    bucket: Annotated[
        Bucket, Parameter(description="Buckets of each group, cut to the window.")
    ] = "day",
    group_id: Annotated[str | None, Parameter(description="Only this group.")] = None,
    as_of: AsOf = None,
) -> Response[activities.Activity]:
    """Members, joins, leaves, messages and speakers of each group, bucket by bucket."""
    async with transaction(state.pool, caller.brand_id) as connection:
        scope = await scope_of(connection, caller, start, end, as_of)
        check_buckets(scope.window, bucket)
        found = await activities.activity(connection, scope, bucket, group_id)
        told = await reply.told(connection, scope, found)
    return reply.of(told)


@get(
    "/v1/metrics/lives",
    summary="Lives",
    operation_id="getLives",
    tags=["metrics"],
    opt={"scope": "read", "problems": (406,)},
    operation_class=AnswerOperation,
)
async def get_lives(
    caller: NamedDependency[Caller],
    reply: NamedDependency[Reply],
    state: State,
    start: Start,
    end: End,
    as_of: AsOf = None,
) -> Response[live_counts.Lives]:
    """Viewers, joins and orders of each live that started in the window."""
    async with transaction(state.pool, caller.brand_id) as connection:
        scope = await scope_of(connection, caller, start, end, as_of)
        found = await live_counts.lives(connection, scope)
        told = await reply.told(connection, scope, found)
    return reply.of(told)
