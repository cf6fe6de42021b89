"""Messages of groups."""

from typing import Any

import msgspec
from litestar import Request, Response, get
from litestar.datastructures import State
from litestar.di import NamedDependency
from litestar.params import FromPath
from msgspec import UNSET

from app.api.answers import answer
from app.api.paging import LINK, From, Id, Paging, Until, Words, listed, moments
from app.core.db import transaction
from app.core.errors import NotFound
from app.crm.caller import Caller
from app.lists import messages
from app.lists.listing import Count
from app.lists.messages import Message, MessageFilters, MessageKind, MessageSort
from app.lists.names import Sparse
from app.lists.parameters import query


class MessagePage(msgspec.Struct, frozen=True):
    """Messages; `next` is the cursor of the following page."""

    items: list[Message]
    next: str | None
    count: Sparse[Count] = UNSET


@get(
    "/v1/messages",
    summary="List messages",
    operation_id="listMessages",
    tags=["groups"],
    opt={"scope": "read"},
    response_headers=[LINK],
)
async def list_messages(
    request: Request[Any, Any, Any],
    caller: NamedDependency[Caller],
    state: State,
    paging: NamedDependency[Paging],
    sort: MessageSort = "-sent_at",
    group_id: Id = None,
    member_id: Id = None,
    kind: MessageKind | None = None,
    recalled: bool | None = None,
    note_id: Id = None,
    sent_from: From = None,
    sent_until: Until = None,
    q: Words = None,
) -> Response[MessagePage]:
    """The messages of the brand's groups, searched by text; the note is that of a card."""
    paging.check(Message)
    async with transaction(state.pool, caller.brand_id) as connection:
        reader = await moments(connection, caller.brand_id, sent_from, sent_until)
        filters = MessageFilters(
            group_id=group_id,
            member_id=member_id,
            kind=kind,
            recalled=recalled,
            note_id=note_id,
            sent=reader.range("sent", sent_from, sent_until),
            q=query(q),
        )
        items, following = await messages.page(
            connection, caller.brand_id, filters, paging.of(sort)
        )
        listing = await filters.listing(connection, caller.brand_id)
        count = await listing.count(connection) if paging.count else None
    return listed(request, MessagePage, paging, items, following, count)


@get(
    "/v1/groups/{group_id:str}/messages/{message_id:str}",
    summary="Read a message",
    operation_id="getMessage",
    tags=["groups"],
    opt={"scope": "read"},
)
async def get_message(
    caller: NamedDependency[Caller],
    state: State,
    group_id: FromPath[str],
    message_id: FromPath[str],
) -> Response[Message]:
    """A message of a group."""
    async with transaction(state.pool, caller.brand_id) as connection:
        found = await messages.one(connection, caller.brand_id, group_id, message_id)
    if found is None:
        raise NotFound("message")
    return answer(found)
