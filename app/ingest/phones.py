"""Phones in stored events: sealed when they come, readable again for who may have all of it."""

from collections.abc import Sequence

import msgspec
from sqlalchemy.ext.asyncio import AsyncConnection

from app.core.brand_secret import BrandSecret, secret_of
from app.core.phone import parts, token
from app.ingest.decode import Accepted

_object = msgspec.json.Decoder(dict[str, msgspec.Raw])


async def conceal(
    connection: AsyncConnection, brand_id: int, events: Sequence[Accepted]
) -> list[Accepted]:
    """The events as they are stored: with sealed phones, and keyed hashes where there are some.

    A plain hash would tell a phone to whoever tries all there are.
    """
    if not any(event.has_phone for event in events):
        return list(events)
    secret = await secret_of(connection, brand_id)
    stored = []
    for event in events:
        raw = sealed(event.raw, secret) if event.has_phone else None
        if raw is not None:
            event = msgspec.structs.replace(
                event, raw=raw, content_hash=secret.keyed(event.content_hash)
            )
        stored.append(event)
    return stored


def suspect(raw: str) -> bool:
    """Whether there may be a phone in an event; a key can be written in escapes."""
    return '"phone"' in raw or "\\u" in raw


def sealed(raw: str, secret: BrandSecret) -> str | None:
    """An event with its phone sealed, else as it is; None where it has none, or a sealed one."""
    event, data = _opened(raw)
    phone = data.get("phone")
    if phone is None or bytes(phone) == b"null":
        return None
    try:
        text: str | None = msgspec.json.decode(phone, type=str)
    except msgspec.ValidationError:
        text = None
    if text is not None and parts(text) is not None:
        return None
    return _closed(event, data, token(secret, bytes(phone), text))


def revealed(raw: str, secret: BrandSecret) -> str:
    """An event as it was sent: what `sealed` put away, put back.

    Whoever takes events out of a brand, to keep or to move them, needs this: another brand cannot
    read what this one has sealed.
    """
    if not suspect(raw):
        return raw
    event, data = _opened(raw)
    try:
        text = msgspec.json.decode(data.get("phone", b"null"), type=str)
    except msgspec.ValidationError:
        return raw
    found = parts(text)
    return raw if found is None else _closed(event, data, msgspec.Raw(secret.open(found[0])))


def _opened(raw: str) -> tuple[dict[str, msgspec.Raw], dict[str, msgspec.Raw]]:
    event = _object.decode(raw)
    return event, _object.decode(event["data"])


def _closed(
    event: dict[str, msgspec.Raw], data: dict[str, msgspec.Raw], phone: str | msgspec.Raw
) -> str:
    inner = msgspec.json.encode({**data, "phone": phone})
    return msgspec.json.encode({**event, "data": msgspec.Raw(inner)}).decode()
