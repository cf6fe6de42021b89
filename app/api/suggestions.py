"""Suggestions: who is probably one person."""

from typing import Annotated, Any

import msgspec
from litestar import Request, Response, get, post
from litestar.datastructures import State
from litestar.di import NamedDependency
from litestar.params import Parameter
from sqlalchemy import literal_column

from app.api.answers import answer
from app.api.bodies import decode_body, json_body
from app.api.merges import CustomerRef, Who, meant
from app.api.params import Cursor, Limit
from app.core import lease
from app.core.db import transaction
from app.core.errors import BadParameter
from app.core.page import Sort, read_cursor, write_cursor
from app.crm import suggestions
from app.crm.caller import Caller

MOST_EFFECTS = 10
"""Rows of a page that tells effects."""

PLACE = (Sort(literal_column("why"), str), Sort(literal_column("place"), str))


class SuggestionPage(msgspec.Struct, frozen=True):
    """Suggestions. A page may have few items, or none, while `next` is not null: go on."""

    items: list[suggestions.Suggestion]
    next: str | None


class DismissBody(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Two identities that are not one person; with dismissed false they are suggested again."""

    a: CustomerRef | Who
    b: CustomerRef | Who
    dismissed: bool = True


class Dismissed(msgspec.Struct, frozen=True):
    """Whether the two are left out of the suggestions."""

    dismissed: bool


@get(
    "/v1/identity-suggestions",
    summary="Who is probably one person",
    operation_id="suggestMerges",
    tags=["people"],
    opt={"scope": "read"},
)
async def suggest_merges(
    caller: NamedDependency[Caller],
    state: State,
    limit: Limit = 50,
    cursor: Cursor = None,
    effects: Annotated[
        bool,
        Parameter(
            description="With what each merge would do, as its dry_run tells; "
            f"{MOST_EFFECTS} rows a page at most."
        ),
    ] = False,
) -> Response[SuggestionPage]:
    """Identities of different customers with the same id in both spaces, or the same phone."""
    after: Any = None
    if cursor is not None:
        after = read_cursor("suggestions", cursor, PLACE)
        if after[0] not in suggestions.PHASES:
            raise BadParameter("cursor", "is not one of this list and order")
    most = min(limit, MOST_EFFECTS) if effects else limit
    async with transaction(state.pool, caller.brand_id) as connection:
        if effects:
            await lease.hold(connection, caller.brand_id)
        found = await suggestions.look(connection, caller.brand_id, after, most)
        items = await suggestions.described(
            connection, caller.brand_id, found, effects, caller.actor
        )
    following = found.following
    return answer(SuggestionPage(items, following and write_cursor("suggestions", list(following))))


@post(
    "/v1/identity-suggestions/dismiss",
    summary="Dismiss a suggestion",
    operation_id="dismissSuggestion",
    operation_class=json_body(DismissBody),
    tags=["people"],
    opt={"scope": "write", "problems": [404]},
    status_code=200,
)
async def dismiss_suggestion(
    request: Request[Any, Any, Any], caller: NamedDependency[Caller], state: State
) -> Response[Dismissed]:
    """Suggest two identities no more, or again."""
    body = await decode_body(request, DismissBody)
    async with transaction(state.pool, caller.brand_id) as connection:
        one = await meant(connection, caller.brand_id, body.a, "/a")
        other = await meant(connection, caller.brand_id, body.b, "/b")
        if body.dismissed:
            await suggestions.dismiss(connection, caller.brand_id, one, other, caller.actor)
        else:
            await suggestions.admit(connection, caller.brand_id, one, other)
    return answer(Dismissed(body.dismissed))
