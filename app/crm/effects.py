"""What a merge would do to orders: it is done and derived for real, compared, and taken back."""

from collections.abc import Awaitable, Callable, Set

import msgspec
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection

from app.crm.merges import Outcome
from app.derive.customers import derive_customers

LISTED = 200


class Cell(msgspec.Struct, frozen=True):
    """Where an order counts, and to whom it is credited."""

    cell: str
    group_id: str | None
    note_id: str | None


class CellChange(msgspec.Struct, frozen=True):
    """An order that would count otherwise."""

    order_id: str
    before: Cell
    after: Cell


class Effect(msgspec.Struct, frozen=True):
    """Of the customers' GMV orders (`orders`) so many would count otherwise (`changed`).

    `items` has the first 200 of these, by order_id.
    """

    orders: int
    changed: int
    items: list[CellChange]


async def effect(
    connection: AsyncConnection,
    brand_id: int,
    customers: Set[str],
    act: Callable[[], Awaitable[Outcome]],
) -> tuple[Outcome, Effect]:
    """What becomes of some customers by an act, which is not done in the end.

    Both sides are derived here, so that nothing else that is pending shows as its effect. The
    caller holds the brand's lease.
    """
    attempt = await connection.begin_nested()
    before = await _derived(connection, brand_id, set(customers))
    outcome = await act()
    after = await _derived(
        connection, brand_id, customers | {each.customer_id for each in outcome.customers}
    )
    await attempt.rollback()
    changes = [
        CellChange(order_id, before[order_id], cell)
        for order_id, cell in sorted(after.items())
        if order_id in before and before[order_id] != cell
    ]
    return outcome, Effect(len(after), len(changes), changes[:LISTED])


async def _derived(
    connection: AsyncConnection, brand_id: int, customers: Set[str]
) -> dict[str, Cell]:
    """Where the orders of customers count, derived just now."""
    await derive_customers(connection, brand_id, dict.fromkeys(sorted(customers), "[]"), mark=False)
    rows = await connection.execute(
        text(
            "SELECT order_id, cell, group_id, note_id FROM order_credit"
            " WHERE brand_id = :brand AND customer_id = ANY(CAST(:customers AS text[]))"
        ),
        {"brand": brand_id, "customers": sorted(customers)},
    )
    return {row.order_id: Cell(row.cell, row.group_id, row.note_id) for row in rows}
