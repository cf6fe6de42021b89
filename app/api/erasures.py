"""Erasures: taking a person out of everything but the numbers, and the register of it."""

from typing import Annotated, Any

import msgspec
from litestar import Request, Response, get, post
from litestar.datastructures import State
from litestar.di import NamedDependency
from litestar.params import FromPath, Parameter

from app.api.answers import answer
from app.api.bodies import decode_body, json_body
from app.core.db import transaction
from app.core.errors import NotFound
from app.crm.caller import Caller
from app.personal import register
from app.personal.erase import Erased, erase
from app.personal.register import ErasurePage, Registered
from app.telemetry.numbers import JOBS


class EraseBody(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """`reason`: why, without personal data: it is kept. `dry_run`: only say what would be done."""

    reason: Annotated[str, msgspec.Meta(min_length=1, max_length=500)]
    dry_run: bool = False


class EraseAnswer(msgspec.Struct, frozen=True):
    """What was done, or would be; `customer_id` is what the person is called from now on.

    `counts`: rows changed, by table.
    """

    dry_run: bool
    erasure_id: str | None
    customer_id: str | None
    counts: dict[str, int]


class _Trial(Exception):
    """Ends the transaction of a trial: nothing of it is kept."""

    def __init__(self, erased: Erased) -> None:
        self.erased = erased


@post(
    "/v1/customers/{customer_id:str}/erase",
    summary="Erase a person",
    operation_id="eraseCustomer",
    operation_class=json_body(EraseBody),
    tags=["personal data"],
    opt={"scope": "admin", "problems": [409]},
    status_code=200,
)
async def erase_customer(
    request: Request[Any, Any, Any],
    caller: NamedDependency[Caller],
    state: State,
    customer_id: FromPath[str],
) -> Response[EraseAnswer]:
    """Replace a person's ids by surrogates and empty what is known of the person; no number moves.

    Stored events and dead letters are gone through right after that: see finished_at of the
    erasure. It cannot be undone.
    """
    asked = await decode_body(request, EraseBody)
    try:
        async with transaction(state.pool, caller.brand_id) as connection:
            erased = await erase(
                connection, caller.brand_id, caller.actor, customer_id, asked.reason
            )
            if asked.dry_run:
                raise _Trial(erased)
    except _Trial as trial:
        return answer(EraseAnswer(True, None, None, trial.erased.counts))
    JOBS.labels("erasure", "done").inc()
    state.waker.wake()
    return answer(EraseAnswer(False, erased.erasure_id, erased.customer_id, erased.counts))


@get(
    "/v1/erasures",
    summary="List erasures",
    operation_id="listErasures",
    tags=["personal data"],
    opt={"scope": "read"},
)
async def list_erasures(
    caller: NamedDependency[Caller],
    state: State,
    limit: Annotated[int, Parameter(ge=1, le=200, description="Rows a page.")] = 50,
    cursor: Annotated[str | None, Parameter(description="`next` of the page before.")] = None,
) -> Response[ErasurePage]:
    """The register of erasures, newest first: when, by whom and why, without personal data."""
    async with transaction(state.pool, caller.brand_id) as connection:
        found = await register.page(connection, caller.brand_id, limit, cursor)
    return answer(found)


@get(
    "/v1/erasures/{erasure_id:str}",
    summary="Read an erasure",
    operation_id="getErasure",
    tags=["personal data"],
    opt={"scope": "read"},
)
async def get_erasure(
    caller: NamedDependency[Caller], state: State, erasure_id: FromPath[str]
) -> Response[Registered]:
    """One erasure; it is complete once finished_at is there."""
    async with transaction(state.pool, caller.brand_id) as connection:
        found = await register.find(connection, caller.brand_id, erasure_id)
    if found is None:
        raise NotFound("erasure")
    return answer(found)
