"""What becomes of those who join: whether they stay or speak, and what they buy."""

import re
from typing import Annotated

from litestar import Response, get
from litestar.datastructures import State
from litestar.di import NamedDependency
from litestar.openapi.spec import Example
from litestar.params import Parameter

from app.api.metrics import scope_of
from app.api.params import AsOf, End, SegmentId, SegmentSide, Start
from app.api.reply import Reply
from app.api.reply_docs import AnswerOperation
from app.core.db import transaction
from app.core.errors import BadParameter
from app.crm.caller import Caller
from app.metrics import before_after as before_afters
from app.metrics import retention as retentions

MOST_DAYS = 3_650

_days = re.compile(r"\d{1,4}(,\d{1,4})*", re.ASCII)


def days_list(value: str) -> list[int]:
    """Read days as "1,7,30": ascending, each once.

    Raises:
        BadParameter: where one is no whole number from 0 to MOST_DAYS.
    """
    days = sorted({int(part) for part in value.split(",")}) if _days.fullmatch(value) else []
    if not days or days[-1] > MOST_DAYS:
        raise BadParameter("days", f"must be whole numbers from 0 to {MOST_DAYS}, as 1,7,30")
    return days


@get(
    "/v1/metrics/retention",
    summary="Retention",
    operation_id="getRetention",
    tags=["metrics"],
    opt={"scope": "read", "problems": (406,)},
    operation_class=AnswerOperation,
)
async def get_retention(
    caller: NamedDependency[Caller],
    reply: NamedDependency[Reply],
    state: State,
    start: Start,
    end: End,
    kind: Annotated[
        retentions.Kind,
        Parameter(
            description="stay: still a member when the day was over; speak: sent a message in that "
            "group on that day."
        ),
    ] = "stay",
    days: Annotated[
        str,
        Parameter(
            description="Local days after the day of joining, each 0 to 3650.",
            examples=[Example(value="1,7,30")],
        ),
    ] = "1,7,30",
    group_id: Annotated[
        str | None, Parameter(description="Only memberships of this group.")
    ] = None,
    note_id: Annotated[
        str | None, Parameter(description="Only memberships that came from this note.")
    ] = None,
    segment_id: SegmentId = None,
    segment: SegmentSide = "in",
    as_of: AsOf = None,
) -> Response[retentions.Retention]:
    """What share of memberships begun in the window is still there, or speaks, n days later."""
    numbers = days_list(days)
    async with transaction(state.pool, caller.brand_id) as connection:
        scope = await scope_of(connection, caller, start, end, as_of, segment_id, segment)
        found = await retentions.retention(connection, scope, kind, numbers, group_id, note_id)
        told = await reply.told(connection, scope, found)
    return reply.of(told)


@get(
    "/v1/metrics/before-after",
    summary="Before and after joining",
    operation_id="getBeforeAfter",
    tags=["metrics"],
    opt={"scope": "read", "problems": (406,)},
    operation_class=AnswerOperation,
)
async def get_before_after(
    caller: NamedDependency[Caller],
    reply: NamedDependency[Reply],
    state: State,
    start: Start,
    end: End,
    days: Annotated[
        int, Parameter(ge=1, le=MOST_DAYS, description="Days of 24 hours on each side.")
    ] = 30,
    group_id: Annotated[
        str | None, Parameter(description="Only customers who first joined this group.")
    ] = None,
    note_id: Annotated[
        str | None, Parameter(description="Only customers who first joined from this note.")
    ] = None,
    segment_id: SegmentId = None,
    segment: SegmentSide = "in",
    as_of: AsOf = None,
) -> Response[before_afters.BeforeAfter]:
    """What the same customers bought before and after they first joined a group."""
    async with transaction(state.pool, caller.brand_id) as connection:
        scope = await scope_of(connection, caller, start, end, as_of, segment_id, segment)
        found = await before_afters.before_after(connection, scope, days, group_id, note_id)
        told = await reply.told(connection, scope, found)
    return reply.of(told)
