"""Remarks on customers."""

from datetime import datetime
from typing import Annotated, Any

import msgspec
from litestar import Request, Response, delete, get, patch, post
from litestar.datastructures import State
from litestar.di import NamedDependency
from litestar.params import FromPath
from sqlalchemy import literal_column

from app.api.answers import answer
from app.api.bodies import decode_body, json_body
from app.api.params import Cursor, Limit
from app.core.db import transaction
from app.core.page import Sort, read_cursor, write_cursor
from app.crm import people, remarks
from app.crm.caller import Caller

RemarkText = Annotated[str, msgspec.Meta(min_length=1, max_length=4_000)]
LATEST = (
    Sort(literal_column("made_at"), datetime, descending=True),
    Sort(literal_column("remark_id"), str, descending=True),
)


class RemarkBody(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A remark to make."""

    text: RemarkText


class RemarkPatch(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What to change of a remark."""

    text: RemarkText | None = None


class RemarkPage(msgspec.Struct, frozen=True):
    """Remarks, latest first; `next` is the cursor of the following page."""

    items: list[remarks.Remark]
    next: str | None


@get(
    "/v1/customers/{customer_id:str}/remarks",
    summary="Remarks on a customer",
    operation_id="listRemarks",
    tags=["remarks"],
    opt={"scope": "read"},
)
async def list_remarks(
    caller: NamedDependency[Caller],
    state: State,
    customer_id: FromPath[str],
    limit: Limit = 50,
    cursor: Cursor = None,
) -> Response[RemarkPage]:
    """List what was noted of any of a customer's identities, latest first."""
    before = None if cursor is None else read_cursor("remarks", cursor, LATEST)
    async with transaction(state.pool, caller.brand_id) as connection:
        person = await people.named(connection, caller.brand_id, customer_id)
        found = await remarks.page(
            connection,
            caller.brand_id,
            person.customer_id,
            limit + 1,
            None if before is None else (before[0], before[1]),
        )
    items = found[:limit]
    following = None
    if len(found) > limit:
        following = write_cursor("remarks", [items[-1].made_at, items[-1].remark_id])
    return answer(RemarkPage(items, following))


@post(
    "/v1/customers/{customer_id:str}/remarks",
    summary="Remark on a customer",
    operation_id="makeRemark",
    operation_class=json_body(RemarkBody),
    tags=["remarks"],
    opt={"scope": "write"},
)
async def make_remark(
    request: Request[Any, Any, Any],
    caller: NamedDependency[Caller],
    state: State,
    customer_id: FromPath[str],
) -> Response[remarks.Remark]:
    """Note something of the identity that the customer_id names."""
    body = await decode_body(request, RemarkBody)
    async with transaction(state.pool, caller.brand_id) as connection:
        person = await people.named(connection, caller.brand_id, customer_id)
        made = await remarks.make(connection, caller.brand_id, person, body.text, caller.actor)
    return answer(made, 201)


@patch(
    "/v1/remarks/{remark_id:str}",
    summary="Change a remark",
    operation_id="patchRemark",
    operation_class=json_body(RemarkPatch),
    tags=["remarks"],
    opt={"scope": "write"},
)
async def patch_remark(
    request: Request[Any, Any, Any],
    caller: NamedDependency[Caller],
    state: State,
    remark_id: FromPath[str],
) -> Response[remarks.Remark]:
    """Write a remark anew."""
    body = await decode_body(request, RemarkPatch)
    async with transaction(state.pool, caller.brand_id) as connection:
        changed = await remarks.change(connection, caller.brand_id, remark_id, body.text)
    return answer(changed)


@delete(
    "/v1/remarks/{remark_id:str}",
    summary="Delete a remark",
    operation_id="deleteRemark",
    tags=["remarks"],
    opt={"scope": "write"},
)
async def delete_remark(
    caller: NamedDependency[Caller], state: State, remark_id: FromPath[str]
) -> None:
    """Delete a remark."""
    async with transaction(state.pool, caller.brand_id) as connection:
        await remarks.drop(connection, caller.brand_id, remark_id)
