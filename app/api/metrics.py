"""The numbers: repurchase rate and group share."""

from typing import Annotated

from litestar import Response, get
from litestar.datastructures import State
from litestar.di import NamedDependency
from litestar.params import Parameter
from sqlalchemy.ext.asyncio import AsyncConnection

from app.api.params import (
    AsOf,
    End,
    SegmentId,
    SegmentSide,
    Start,
    check_buckets,
    window,
)
from app.api.reply import Reply
from app.api.reply_docs import AnswerOperation
from app.core.clock import Bucket
from app.core.db import transaction
from app.core.moments import instant
from app.crm import brands
from app.crm.caller import Caller
from app.metrics import gmv_share as shares
from app.metrics import repurchase as repurchases
from app.metrics.question import Scope, is_present
from app.metrics.segments import Side, picked


async def scope_of(
    connection: AsyncConnection,
    caller: Caller,
    start: str,
    end: str,
    as_of: str | None,
    segment_id: str | None = None,
    segment: Side = "in",
) -> Scope:
    """The brand, window, instant and customers that a question is about."""
    at = instant("as_of", as_of)
    brand = await brands.get(connection, caller.brand_id)
    return Scope(
        brand_id=brand.brand_id,
        currency=brand.currency,
        window=window(start, end, brand.zone),
        as_of=at,
        present=await is_present(connection, brand.brand_id, at),
        picked=None
        if segment_id is None
        else await picked(connection, brand.brand_id, segment_id, segment),
    )


@get(
    "/v1/metrics/gmv-share",
    summary="Group share of GMV",
    operation_id="getGmvShare",
    tags=["metrics"],
    opt={"scope": "read", "problems": (406,)},
    operation_class=AnswerOperation,
)
async def get_gmv_share(
    caller: NamedDependency[Caller],
    reply: NamedDependency[Reply],
    state: State,
    start: Start,
    end: End,
    basis: Annotated[
        shares.Basis,
        Parameter(
            description="gross: amounts; net: less what was refunded, by payment; "
            "net_ledger: refunds at their own time."
        ),
    ] = "gross",
    bucket: Annotated[
        Bucket, Parameter(description="Buckets of `series`, cut to the window.")
    ] = "none",
    segment_id: SegmentId = None,
    segment: SegmentSide = "in",
    as_of: AsOf = None,
) -> Response[shares.GmvShare]:
    """What part of the brand's GMV came out of its groups: by touch and by membership."""
    async with transaction(state.pool, caller.brand_id) as connection:
        scope = await scope_of(connection, caller, start, end, as_of, segment_id, segment)
        check_buckets(scope.window, bucket)
        found = await shares.gmv_share(connection, scope, basis, bucket)
        told = await reply.told(connection, scope, found)
    return reply.of(told)


@get(
    "/v1/metrics/repurchase",
    summary="Repurchase rate",
    operation_id="getRepurchase",
    tags=["metrics"],
    opt={"scope": "read", "problems": (406,)},
    operation_class=AnswerOperation,
)
async def get_repurchase(
    caller: NamedDependency[Caller],
    reply: NamedDependency[Reply],
    state: State,
    start: Start,
    end: End,
    kind: Annotated[
        repurchases.Kind,
        Parameter(
            description="window: again inside it; cohort: within days of the first purchase ever; "
            "returning: had bought before it; next_period: buy in the one that follows."
        ),
    ] = "window",
    within_days: Annotated[
        int, Parameter(ge=1, le=3650, description="Days of 24 hours; kind=cohort only.")
    ] = 30,
    dedupe: Annotated[
        repurchases.Dedupe,
        Parameter(description="day: purchases of one local day are one; none: each counts."),
    ] = "day",
    group_id: Annotated[
        str | None, Parameter(description="Only buyers whose anchor is credited to it.")
    ] = None,
    note_id: Annotated[
        str | None, Parameter(description="Only buyers whose anchor is credited to it.")
    ] = None,
    creator_id: Annotated[
        str | None, Parameter(description="Only buyers whose anchor is credited to it.")
    ] = None,
    segment_id: SegmentId = None,
    segment: SegmentSide = "in",
    as_of: AsOf = None,
) -> Response[repurchases.Repurchase]:
    """What share of buyers buy again, in groups and outside of them."""
    async with transaction(state.pool, caller.brand_id) as connection:
        scope = await scope_of(connection, caller, start, end, as_of, segment_id, segment)
        filters = repurchases.Filters(group_id, note_id, creator_id)
        found = await repurchases.repurchase(connection, scope, kind, within_days, dedupe, filters)
        told = await reply.told(connection, scope, found)
    return reply.of(told)
