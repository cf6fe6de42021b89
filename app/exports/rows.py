"""The tables with a row an order, refund, membership or buyer: copied, since there may be many."""

from pathlib import Path

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection

from app.core.sql import sql
from app.exports.frame import Frame, Spec
from app.exports.periods import WITHIN_DAYS, Period
from app.exports.specs.rows import BUYERS, NEW_MEMBERS, ORDERS, REFUNDS
from app.exports.spool import spool
from app.metrics.question import Scope

ROWS: tuple[Spec, ...] = (NEW_MEMBERS, ORDERS, REFUNDS, BUYERS)


async def rows_of(connection: AsyncConnection, spec: Spec, period: Period, folder: Path) -> Frame:
    """One of these tables, of a period; `buyers` are those of its cohort."""
    scope = period.cohort if spec is BUYERS else period.scope
    given = given_of(scope) | ({"within_days": WITHIN_DAYS} if spec is BUYERS else {})
    path = folder / f"{spec.name}.spool"
    await connection.execute(text(f"SET LOCAL enable_nestloop = {spec is not ORDERS}"))
    frame = await spool(connection, sql("exports", spec.name), given, spec, path)
    await connection.execute(text("SET LOCAL enable_nestloop = on"))
    return frame


def given_of(scope: Scope) -> dict[str, object]:
    """The window and the instant as the parameters of statements."""
    return {
        "brand": scope.brand_id,
        "start": scope.window.starts_at,
        "end": scope.window.ends_at,
        "as_of": scope.as_of,
    }
