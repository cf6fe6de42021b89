"""RFM: the cut points in force, how customers are spread over the scores, and changing them."""

from datetime import UTC, datetime
from typing import Annotated, Any

import msgspec
from litestar import Request, Response, get, post, put
from litestar.datastructures import State
from litestar.di import NamedDependency
from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncConnection

from app.api.answers import answer
from app.api.bodies import decode_body, json_body
from app.core.db import transaction
from app.core.errors import Problem
from app.crm import rfm as cut_points
from app.crm.caller import Caller
from app.metrics.rfm import MEASURES, Cuts, Measure, cuts_of, score
from app.models.tables import metadata

Ago = Annotated[int, msgspec.Meta(ge=1, le=36500)]
Count = Annotated[int, msgspec.Meta(ge=0, le=2**53)]
FOUR = msgspec.Meta(min_length=4, max_length=4)


class Cell(msgspec.Struct, frozen=True):
    """How many customers have these three scores; a cell of nobody is left out."""

    recency: int
    frequency: int
    monetary: int
    customers: int


class Rfm(msgspec.Struct, frozen=True):
    """The cut points in force, and how many customers have each score at `as_of`.

    `scores` has for each measure how many score 1, 2, 3, 4 and 5.
    """

    as_of: datetime
    cut_points: Cuts
    customers: int
    scores: dict[Measure, list[int]]
    cells: list[Cell]


class CutPoints(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The brand's own cut points, four of each; all null for quintiles.

    A last purchase less than `recency_days[0]` days ago scores 5, less than the next 4. Purchase
    days up to `frequency[0]`, and net spend up to `monetary[0]`, score 1, up to the next 2.
    """

    recency_days: Annotated[list[Ago], FOUR] | None
    frequency: Annotated[list[Count], FOUR] | None
    monetary: Annotated[list[Count], FOUR] | None


class RefreshBody(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Nothing is asked for."""


async def spread(connection: AsyncConnection, brand_id: int) -> Rfm:
    """How the customers of a brand score now."""
    now = datetime.now(UTC)
    cuts = await cuts_of(connection, brand_id, now)
    if cuts.recency is None:
        return Rfm(now, cuts, 0, {measure: [0] * 5 for measure in MEASURES}, [])
    customer = metadata.tables["customer"]
    found = await connection.execute(
        select(
            *(score(measure, customer, cuts).label(measure) for measure in MEASURES),
            func.count().label("customers"),
        )
        .where(customer.c.brand_id == brand_id, customer.c.last_paid_at.is_not(None))
        .group_by(*MEASURES)
        .order_by(*MEASURES)
    )
    cells = [Cell(**row) for row in found.mappings()]
    scores: dict[Measure, list[int]] = {
        measure: [
            sum(cell.customers for cell in cells if getattr(cell, measure) == n)
            for n in range(1, 6)
        ]
        for measure in MEASURES
    }
    return Rfm(now, cuts, sum(cell.customers for cell in cells), scores, cells)


@get(
    "/v1/rfm",
    summary="Read RFM scores",
    operation_id="getRfm",
    tags=["customers"],
    opt={"scope": "read"},
)
async def get_rfm(caller: NamedDependency[Caller], state: State) -> Response[Rfm]:
    """The cut points in force, and how many customers have each score now."""
    async with transaction(state.pool, caller.brand_id) as connection:
        found = await spread(connection, caller.brand_id)
    return answer(found)


@put(
    "/v1/rfm",
    summary="Set the cut points of RFM",
    operation_id="putRfm",
    operation_class=json_body(CutPoints),
    tags=["customers"],
    opt={"scope": "admin"},
)
async def put_rfm(
    request: Request[Any, Any, Any], caller: NamedDependency[Caller], state: State
) -> Response[Rfm]:
    """Score by the brand's own cut points, or by quintiles again; it holds at once."""
    asked = await decode_body(request, CutPoints)
    given = (asked.recency_days, asked.frequency, asked.monetary)
    missing = [f"/{name}" for name in asked.__struct_fields__ if getattr(asked, name) is None]
    if missing and any(points is not None for points in given):
        raise Problem(422, "invalid", "Give all three, or null for all of them.", field=missing[0])
    own = None if missing else msgspec.convert(asked, cut_points.Own, from_attributes=True)
    async with transaction(state.pool, caller.brand_id) as connection:
        await cut_points.change(connection, caller.brand_id, caller.actor, own)
        made = await spread(connection, caller.brand_id)
    return answer(made)


@post(
    "/v1/rfm/refresh",
    summary="Count the quintiles of RFM anew",
    operation_id="refreshRfm",
    operation_class=json_body(RefreshBody, required=False),
    tags=["customers"],
    status_code=200,
    opt={"scope": "write"},
)
async def refresh_rfm(
    request: Request[Any, Any, Any], caller: NamedDependency[Caller], state: State
) -> Response[Rfm]:
    """Count the quintiles over what is known now, as it is done every night."""
    await decode_body(request, RefreshBody, empty=RefreshBody())
    async with transaction(state.pool, caller.brand_id) as connection:
        await cut_points.refresh(connection, caller.brand_id)
        made = await spread(connection, caller.brand_id)
    return answer(made)
