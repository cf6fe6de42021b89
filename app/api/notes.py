"""Notes."""

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
from app.lists import notes
from app.lists.listing import Count
from app.lists.names import Sparse
from app.lists.notes import Note, NoteSort
from app.lists.parameters import NoteParameters


class NotePage(msgspec.Struct, frozen=True):
    """Notes; `next` is the cursor of the following page."""

    items: list[Note]
    next: str | None
    count: Sparse[Count] = UNSET


@get(
    "/v1/notes",
    summary="List notes",
    operation_id="listNotes",
    tags=["content"],
    opt={"scope": "read"},
    response_headers=[LINK],
)
async def list_notes(
    request: Request[Any, Any, Any],
    caller: NamedDependency[Caller],
    state: State,
    paging: NamedDependency[Paging],
    sort: NoteSort = "-published_at",
    creator_id: Id = None,
    mcn: Id = None,
    group_id: Id = None,
    published_from: From = None,
    published_until: Until = None,
    q: Words = None,
) -> Response[NotePage]:
    """The notes of the brand, searched by title; `group_id` is of a group mounted on the note."""
    paging.check(Note)
    asked = NoteParameters(
        creator_id=creator_id,
        mcn=mcn,
        group_id=group_id,
        published_from=published_from,
        published_until=published_until,
        q=q,
    )
    async with transaction(state.pool, caller.brand_id) as connection:
        filters = asked.filters(await moments(connection, caller.brand_id, *asked.dates))
        items, following = await notes.page(connection, caller.brand_id, filters, paging.of(sort))
        listing = filters.listing(caller.brand_id)
        count = await listing.count(connection) if paging.count else None
    return listed(request, NotePage, paging, items, following, count)


@get(
    "/v1/notes/{note_id:str}",
    summary="Read a note",
    operation_id="getNote",
    tags=["content"],
    opt={"scope": "read"},
)
async def get_note(
    caller: NamedDependency[Caller], state: State, note_id: FromPath[str]
) -> Response[Note]:
    """A note with its creator, its latest measurements, and the joins it brought."""
    async with transaction(state.pool, caller.brand_id) as connection:
        found = await notes.one(connection, caller.brand_id, note_id)
    if found is None:
        raise NotFound("note")
    return answer(found)
