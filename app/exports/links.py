"""Links to a file that work for an hour without a key; they are signed, and kept nowhere.

A link's token reads `<what>.<signature>`, both base64url. `what` names the brand, the export, the
file, who made the link, and until when it works.
"""

import base64
import hmac
from datetime import datetime, timedelta

import msgspec
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection

from app.core.brand_secret import secret_of
from app.core.errors import NotFound, Problem

LASTS = timedelta(hours=1)
MOST = 2_000
"""Characters of a token."""


class Link(msgspec.Struct, frozen=True, array_like=True):
    """What a link is for."""

    brand_id: int
    export_id: str
    file: str
    actor: str
    expires_at: datetime


_decoder = msgspec.json.Decoder(Link)


async def sign(connection: AsyncConnection, link: Link) -> str:
    """The token of a link."""
    content = msgspec.json.encode(link)
    secret = await secret_of(connection, link.brand_id)
    return f"{_written(content)}.{_written(secret.signed(content))}"


def claimed(token: str) -> tuple[Link, bytes, bytes]:
    """What a token claims to be for, its content and its signature, which is not looked at yet.

    Raises:
        NotFound: where it is none.
    """
    content, point, signature = token.partition(".")
    try:
        if not point or len(token) > MOST:
            raise ValueError
        read = _read(content)
        link = _decoder.decode(read)
        if not 0 < link.brand_id < 2**63:
            raise ValueError
        return link, read, _read(signature)
    except (ValueError, msgspec.DecodeError, RecursionError):
        raise NotFound("link") from None


async def check(
    connection: AsyncConnection, link: Link, content: bytes, signature: bytes, now: datetime
) -> None:
    """See that we signed a link; the transaction is of the brand that it claims.

    Raises:
        NotFound: where we did not.
        Problem: 410 where it is over.
    """
    # A brand that is none must not be given a secret by whoever asks.
    known = await connection.scalar(
        text("SELECT EXISTS (SELECT FROM brand_secret WHERE brand_id = :brand)"),
        {"brand": link.brand_id},
    )
    if not known:
        raise NotFound("link")
    secret = await secret_of(connection, link.brand_id)
    if not hmac.compare_digest(secret.signed(content), signature):
        raise NotFound("link")
    if link.expires_at <= now:
        raise Problem(410, "link_expired", "A link works for an hour: make another one.")


def _written(content: bytes) -> str:
    return base64.urlsafe_b64encode(content).rstrip(b"=").decode()


def _read(written: str) -> bytes:
    raw = written.encode("ascii")
    return base64.b64decode(raw + b"=" * (-len(raw) % 4), altchars=b"-_", validate=True)
