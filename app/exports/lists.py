"""Exports of lists and segments: the rows of the list of that name under the same filters."""

from collections.abc import Mapping
from datetime import datetime
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import msgspec
from sqlalchemy import Select, any_, func, text
from sqlalchemy.ext.asyncio import AsyncConnection

from app.core.errors import BadParameter, NotFound, Problem
from app.crm import brands
from app.crm.segments import saved
from app.crm.segments.clock import clock_of
from app.crm.segments.compile import compiled
from app.crm.segments.rule import read
from app.crm.segments.write import ROOM
from app.exports.asked import Asked, ListName, Run
from app.exports.frame import Frame
from app.exports.list_words import (
    asked_frame,
    definitions_frame,
    filters_asked,
    segment_asked,
)
from app.exports.listed import creators, customers, groups, lives, members, notes, orders
from app.exports.listed.customer_columns import SHEET as CUSTOMERS
from app.exports.listed.meant import PHONE, Sheet
from app.exports.phones import phones_of_brand
from app.exports.spool import spool
from app.ingest.decode import explain
from app.lists import customers as customer_list
from app.lists import groups as group_list
from app.lists.listing import Filter, Listing
from app.lists.moments import Moments
from app.lists.parameters import (
    CreatorParameters,
    CustomerParameters,
    GroupParameters,
    LiveParameters,
    MemberParameters,
    NoteParameters,
    OrderParameters,
    Parameters,
)
from app.lists.people import CustomerFilters

PARAMETERS: Mapping[ListName, type[Parameters]] = {
    "orders": OrderParameters,
    "customers": CustomerParameters,
    "members": MemberParameters,
    "groups": GroupParameters,
    "notes": NoteParameters,
    "creators": CreatorParameters,
    "lives": LiveParameters,
}
LISTED: Mapping[ListName, Any] = {
    "orders": orders,
    "members": members,
    "groups": groups,
    "notes": notes,
    "creators": creators,
    "lives": lives,
}
"""Each list by its sheet and its statement; that of customers takes the brand's rules too."""


def check(asked: Asked) -> None:
    """Refuse filters that the list's own route would refuse.

    Raises:
        Problem: 422 with the field, as /filters/status.
    """
    if asked.list is not None:
        try:
            _parameters(asked).filters(Moments(ZoneInfo("UTC")))
        except BadParameter as error:
            raise _unfit(_at(error.field or ""), error.detail) from None
    elif asked.filters:
        raise _unfit("/filters", "Only an export of a list takes filters.")


async def check_there(connection: AsyncConnection, brand_id: int, asked: Asked) -> None:
    """Refuse a segment, or a group whose members are asked for, that the brand does not have.

    Raises:
        NotFound: 404, where it has none of that id.
    """
    if asked.segment_id is not None:
        await saved.find(connection, brand_id, asked.segment_id)
    elif asked.list == "members":
        group_id = asked.filters.get("group_id")
        if group_id is not None and not await group_list.one(connection, brand_id, group_id):
            raise NotFound("group")


async def list_frames(
    connection: AsyncConnection, brand: brands.Brand, run: Run, folder: Path
) -> dict[str, Frame]:
    """The rows of a list or segment, what was asked for, and what the columns mean.

    The connection is in the transaction of the snapshot; phones are opened only as a frame is read.

    Raises:
        NotFound: where the segment or group is gone.
        Problem: where a filter is none.
    """
    asked, language, brand_id = run.asked, run.language, brand.brand_id
    await check_there(connection, brand_id, asked)
    now = await connection.scalar(text("SELECT now()"))
    if asked.segment_id is not None:
        segment = await saved.find(connection, brand_id, asked.segment_id)
        said = await segment_asked(connection, brand_id, segment, language)
        listing = await _inside(connection, brand_id, segment)
        sheet, statement = await _customers(connection, brand_id, listing, now)
    else:
        said = await filters_asked(connection, brand_id, asked.filters, language)
        sheet, statement = await _list(connection, brand_id, asked, Moments(brand.zone, now))
    frame = await spool(connection, statement, {}, sheet.spec, folder / f"{sheet.name}.csv")
    phones = None
    if PHONE in sheet.columns:
        phones = asked.reveal
        opener = await phones_of_brand(connection, brand_id, in_full=phones)
        frame = opener.opened(frame)
    frames = (
        frame,
        asked_frame(sheet, said, language, phones=phones),
        definitions_frame(sheet, language),
    )
    return {each.spec.name: each for each in frames}


async def _list(
    connection: AsyncConnection, brand_id: int, asked: Asked, reader: Moments
) -> tuple[Sheet, Select[Any]]:
    assert asked.list is not None
    parameters = _parameters(asked)
    if isinstance(parameters, CustomerParameters):
        filters = parameters.filters(reader)
        listing = await customer_list.listing(connection, brand_id, filters)
        return await _customers(connection, brand_id, listing, reader.now)
    if isinstance(parameters, MemberParameters):
        listing = parameters.filters(reader).listing(brand_id, parameters.group_id)
    else:
        listing = parameters.filters(reader).listing(brand_id)
    listed = LISTED[asked.list]
    return listed.SHEET, listed.statement(brand_id, await listing.whole(connection))


async def _customers(
    connection: AsyncConnection, brand_id: int, listing: Listing, now: datetime
) -> tuple[Sheet, Select[Any]]:
    rules = await customers.rules_of(connection, brand_id, now)
    found = await listing.whole(connection)
    return CUSTOMERS, customers.statement(brand_id, found, rules)


async def _inside(connection: AsyncConnection, brand_id: int, segment: saved.Saved) -> Listing:
    """The members of a segment; where they are not counted up to date, whom its rule finds."""
    if segment.is_current:
        filters = CustomerFilters(segment_id=segment.segment_id)
        return await customer_list.listing(connection, brand_id, filters)
    await connection.execute(ROOM)
    holds = compiled(read(segment.rule), await clock_of(connection, brand_id))
    found = Filter(
        lambda t: t.c.customer_id == any_(func.array(holds.scalar_subquery())),
        "customer_id",
        holds,
    )
    return Listing(customer_list.CUSTOMER, (lambda t: t.c.brand_id == brand_id,), (found,))


def _parameters(asked: Asked) -> Parameters:
    """The filters as the list's route reads them.

    Raises:
        Problem: 422 with the field.
    """
    assert asked.list is not None
    kind = PARAMETERS[asked.list]
    known = kind.__struct_fields__
    for name, value in asked.filters.items():
        if name not in known:
            said = f"{asked.list} have no filter {name[:100]!r}, but {', '.join(known)}."
            raise _unfit(_at(name), said)
        if isinstance(value, str) and not _storable(value):
            raise _unfit(_at(name), "A text holds a NUL or a lone surrogate.")
    try:
        return msgspec.convert(asked.filters, kind)
    except msgspec.ValidationError as error:
        rejection = explain(str(error))
        raise _unfit(f"/filters{rejection.field or ''}", rejection.detail) from None


def _at(name: str) -> str:
    return "/filters/" + name[:100].replace("~", "~0").replace("/", "~1")


def _storable(value: str) -> bool:
    return "\0" not in value and not any("\ud800" <= each <= "\udfff" for each in value)


def _unfit(field: str, detail: str) -> Problem:
    return Problem(422, "invalid", detail, field=field)
