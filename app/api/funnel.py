"""The funnel from a note, creator, agency, live, kind of source or group to members and money."""

from typing import Annotated

from litestar import Response, get
from litestar.datastructures import State
from litestar.di import NamedDependency
from litestar.params import Parameter

from app.api.metrics import scope_of
from app.api.params import AsOf, End, SegmentId, SegmentSide, Start
from app.api.reply import Reply
from app.api.reply_docs import AnswerOperation
from app.core.db import transaction
from app.core.errors import BadParameter
from app.crm.caller import Caller
from app.metrics import funnel as funnels


@get(
    "/v1/metrics/funnel",
    summary="Funnel",
    operation_id="getFunnel",
    tags=["metrics"],
    opt={"scope": "read", "problems": (406,)},
    operation_class=AnswerOperation,
)
async def get_funnel(
    caller: NamedDependency[Caller],
    reply: NamedDependency[Reply],
    state: State,
    by: Annotated[
        funnels.By,
        Parameter(
            description="What a row is: the note that people joined from, its creator, that "
            "creator's MCN, the live they joined from, the kind of source, or the group."
        ),
    ],
    start: Start,
    end: End,
    within_days: Annotated[
        int,
        Parameter(
            ge=1,
            le=3650,
            description="Days of 24 hours after joining that speaking and buying count.",
        ),
    ] = 30,
    sort: Annotated[
        str, Parameter(description="A column of the rows, with - before it for descending.")
    ] = "key",
    limit: Annotated[
        int | None, Parameter(ge=1, le=1000, description="Rows a page; all where left out.")
    ] = None,
    cursor: Annotated[
        str | None,
        Parameter(description="`next` of the page before; ask with the same as_of and sort."),
    ] = None,
    segment_id: SegmentId = None,
    segment: SegmentSide = "in",
    as_of: AsOf = None,
) -> Response[funnels.Funnel]:
    """How many joined from where, stayed, spoke, bought and bought again, and what is credited."""
    if cursor is not None and not (cursor.isascii() and cursor.isdigit() and len(cursor) < 19):
        raise BadParameter("cursor", "is not one of ours")
    first = int(cursor or 0)
    page = slice(first, None if limit is None else first + limit)
    async with transaction(state.pool, caller.brand_id) as connection:
        scope = await scope_of(connection, caller, start, end, as_of, segment_id, segment)
        found = await funnels.funnel(connection, scope, by, within_days, sort, page)
        told = await reply.told(connection, scope, found)
    return reply.of(told)
