"""What all lists share: the page asked for, its form, and how it is answered."""

from collections.abc import Sequence
from typing import Annotated, Any, TypeVar
from urllib.parse import urlencode
from zoneinfo import ZoneInfo

import msgspec
from litestar import Request, Response
from litestar.datastructures import ResponseHeader
from litestar.params import Parameter
from sqlalchemy.ext.asyncio import AsyncConnection

from app.api.answers import answer
from app.core.errors import BadParameter
from app.core.page import MOST
from app.crm import brands
from app.lists.listing import Asked, Count
from app.lists.moments import DATE, Moments

LINK = ResponseHeader(
    name="Link",
    description="Where the following page is, as RFC 8288 says it: rel next.",
    documentation_only=True,
)

From = Annotated[
    str | None,
    Parameter(description="From this local date or instant (RFC 3339 with offset) on."),
]
Until = Annotated[
    str | None,
    Parameter(description="Before this local date or instant (RFC 3339 with offset)."),
]
Words = Annotated[
    str | None,
    Parameter(
        min_length=1,
        max_length=100,
        description="Words to look for, all of them: Chinese anywhere, latin words by how they "
        "begin. Each row then has an excerpt.",
    ),
]
Number = Annotated[int | None, Parameter(ge=-(2**53), le=2**53)]
Id = Annotated[str | None, Parameter(max_length=300)]

S = TypeVar("S", bound=msgspec.Struct)


class Paging(msgspec.Struct, frozen=True):
    """The page asked for; `fields` are the fields its rows shall have, all where left out."""

    limit: int
    cursor: str | None
    fields: tuple[str, ...] | None
    count: bool

    def of(self, sort: str) -> Asked:
        """The page in an order."""
        return Asked(sort, self.cursor, self.limit)

    def check(self, row: type[msgspec.Struct]) -> None:
        """Refuse fields that a row has not.

        Raises:
            BadParameter: with the first of them.
        """
        for name in self.fields or ():
            if name not in row.__struct_fields__:
                known = ", ".join(row.__struct_fields__)
                raise BadParameter("fields", f"there is no field {name[:100]!r}, but {known}")

    def cut(self, rows: Sequence[S]) -> list[S]:
        """The rows with the fields asked for alone."""
        if self.fields is None:
            return list(rows)
        names = set(self.fields)
        return [type(row)(**{name: getattr(row, name) for name in names}) for row in rows]


async def provide_paging(
    limit: Annotated[int, Parameter(ge=1, le=MOST, description="Rows a page.")] = 50,
    cursor: Annotated[str | None, Parameter(description="`next` of the page before.")] = None,
    fields: Annotated[
        str | None, Parameter(description="Only these fields, divided by commas.")
    ] = None,
    count: Annotated[
        bool, Parameter(description="Also count the rows of all pages, up to 10,000.")
    ] = False,
) -> Paging:
    """Read which page is asked for."""
    names = None if fields is None else tuple(filter(None, map(str.strip, fields.split(","))))
    return Paging(limit, cursor, names, count)


def listed(
    request: Request[Any, Any, Any],
    page: type[S],
    paging: Paging,
    items: Sequence[Any],
    following: str | None,
    count: Count | None,
) -> Response[S]:
    """A page as JSON, with a link to the one that follows it."""
    headers = None
    if following is not None:
        query = [(name, v) for name, v in request.query_params.multi_items() if name != "cursor"]
        where = f"{request.url.path}?{urlencode([*query, ('cursor', following)])}"
        headers = {"Link": f'<{where}>; rel="next"'}
    counted = {} if count is None else {"count": count}
    return answer(page(items=paging.cut(items), next=following, **counted), headers=headers)


async def moments(connection: AsyncConnection, brand_id: int, *given: str | None) -> Moments:
    """A reader of what was given; the brand is looked up where there is a date among it."""
    if not any(value is not None and len(value) <= DATE for value in given):
        return Moments(ZoneInfo("UTC"))
    brand = await brands.get(connection, brand_id)
    return Moments(brand.zone)
