"""What was said of identities: lists of merges, and all that speaks of one customer."""

from datetime import datetime
from typing import Literal

import msgspec
from sqlalchemy.ext.asyncio import AsyncConnection

from app.core.sql import sql
from app.crm.merges import Merge, event_link_id, read
from app.crm.people import Customer, Named, with_identities

MOST = 1_000


class Statement(msgspec.Struct, frozen=True, kw_only=True):
    """Why two identities are one person, or were until `undone_at`.

    kind: `event` for an `identity.linked`, which stands for good; `link` or `merge` for what an
    operator said, then with who, when and why.
    """

    statement_id: str
    kind: Literal["event", "link", "merge"]
    a: Named
    b: Named
    reason: str | None
    made_at: datetime | None
    made_by: str | None
    undone_at: datetime | None
    undone_by: str | None


class Identities(msgspec.Struct, frozen=True):
    """A customer, and what was said of its identities; 1,000 of both at most.

    With `identity_mode` shared equal ids in both spaces are one person without any statement.
    """

    customer_id: str
    identities: list[Named]
    statements: list[Statement]


async def page(
    connection: AsyncConnection,
    brand_id: int,
    most: int,
    before: tuple[datetime, str] | None,
    undone: bool | None,
) -> list[Merge]:
    """Merges by operators, latest first."""
    at, merge_id = before or (None, None)
    given = {"brand": brand_id, "undone": undone, "at": at, "merge": merge_id, "most": most}
    return [read(row) for row in await connection.execute(sql("crm", "merges"), given)]


async def of(connection: AsyncConnection, brand_id: int, customer_id: str) -> Identities:
    """The identities of a customer that exists, and the statements that name them."""
    customer: Customer
    (customer,) = await with_identities(connection, brand_id, [customer_id])
    rows = await connection.execute(
        sql("crm", "statements"), {"brand": brand_id, "customer": customer_id, "most": MOST}
    )
    statements = [
        Statement(
            statement_id=row.merge_id or event_link_id(row.one_id, row.other_id),
            kind=row.kind,
            a=Named(row.one_space, row.one_id),
            b=Named(row.other_space, row.other_id),
            reason=row.reason,
            made_at=row.made_at,
            made_by=row.made_by,
            undone_at=row.undone_at,
            undone_by=row.undone_by,
        )
        for row in rows
    ]
    return Identities(customer.customer_id, customer.identities, statements)
