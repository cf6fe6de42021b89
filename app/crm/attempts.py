"""Attempts to log in: counted before a password is looked at, so that many at once gain nothing.

Counts stand in the database, so they hold across processes. A window begins with the first attempt
of a login or an address, and lasts 15 minutes; who gets in is not counted.
"""

import ipaddress

import msgspec
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection

from app.core.sql import sql
from app.crm import audit

WINDOW_MINUTES = 15
MOST_OF_LOGIN = 10
MOST_OF_ADDRESS = 100
UNKNOWN = ""
"""The login under which attempts of logins that are none are counted for the audit log."""


class Attempt(msgspec.Struct, frozen=True):
    """How many there were in this window, and the seconds to wait where that is too many."""

    count: int
    wait: int | None


async def count(
    connection: AsyncConnection, brand_id: int, login: str, address: str, *, known_brand: bool
) -> Attempt:
    """Count an attempt; of an address that has to wait nothing is held against the login."""
    where = network(address)
    rows = await connection.execute(
        sql("crm", "count_address"), {"address": where, "minutes": WINDOW_MINUTES}
    )
    of_address = rows.one()
    if of_address.attempts > MOST_OF_ADDRESS:
        return Attempt(of_address.attempts, of_address.seconds)
    if not known_brand:
        return Attempt(of_address.attempts, None)
    return await count_login(connection, brand_id, login)


async def count_login(connection: AsyncConnection, brand_id: int, login: str) -> Attempt:
    """Count an attempt of a login alone."""
    rows = await connection.execute(
        sql("crm", "count_login"),
        {"brand": brand_id, "login": login, "minutes": WINDOW_MINUTES},
    )
    row = rows.one()
    if row.attempts == 1:
        await _forget_old(connection, brand_id)
    return Attempt(row.attempts, row.seconds if row.attempts > MOST_OF_LOGIN else None)


async def forgive(
    connection: AsyncConnection, brand_id: int, login: str, address: str | None
) -> None:
    """Forget a login's attempts, and of its address this one: somebody got in."""
    # Locked in the order in which they are counted.
    if address is not None:
        await connection.execute(
            text(
                "UPDATE login_address SET attempts = attempts - 1"
                " WHERE address = :address AND attempts > 0"
            ),
            {"address": network(address)},
        )
    await connection.execute(
        text("DELETE FROM login_attempt WHERE brand_id = :brand AND login = :login"),
        {"brand": brand_id, "login": login},
    )


async def tell(
    connection: AsyncConnection, brand_id: int, operator_id: str | None, attempt: Attempt
) -> None:
    """Record refused logins, within bounds: the first of a window, and the last that was let try.

    Those of logins that are none are counted together, and told at 1, 10, 100, …
    """
    if operator_id is None:
        attempt = await count_login(connection, brand_id, UNKNOWN)
        told = str(attempt.count).rstrip("0") == "1"
    else:
        told = attempt.count in (1, MOST_OF_LOGIN)
    if told:
        await audit.record(
            connection,
            brand_id,
            "system",
            "session.refuse",
            operator_id or "",
            {"attempts": attempt.count, "known": operator_id is not None},
        )


def network(address: str) -> str:
    """What one person has of addresses: an IPv4 address, or the first half of an IPv6 one."""
    try:
        read = ipaddress.ip_address(address)
    except ValueError:
        return address
    if isinstance(read, ipaddress.IPv4Address):
        return str(read)
    if read.ipv4_mapped is not None:
        return str(read.ipv4_mapped)
    return str(ipaddress.ip_network((read.packed[:8] + bytes(8), 64)))


async def _forget_old(connection: AsyncConnection, brand_id: int) -> None:
    given = {"minutes": WINDOW_MINUTES}
    await connection.execute(
        text(
            "DELETE FROM login_attempt WHERE brand_id = :brand AND login = ANY (ARRAY("
            " SELECT login FROM login_attempt WHERE brand_id = :brand"
            "  AND since < now() - make_interval(mins => :minutes)"
            " LIMIT 100 FOR UPDATE SKIP LOCKED))"
        ),
        given | {"brand": brand_id},
    )
    await connection.execute(
        text(
            "DELETE FROM login_address WHERE address = ANY (ARRAY("
            " SELECT address FROM login_address"
            "  WHERE since < now() - make_interval(mins => :minutes)"
            " LIMIT 100 FOR UPDATE SKIP LOCKED))"
        ),
        given,
    )
