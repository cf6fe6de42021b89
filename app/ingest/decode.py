"""From the raw bytes of one event to a typed event, or to the reason why not."""

import re
from datetime import UTC, datetime, timedelta

import msgspec

from app.core.clock import parse_instant
from app.events import AnyEvent
from app.ingest.content import content_hash, data_of
from app.ingest.text import NotJson, UnfitText, check_json, check_storable

EARLIEST = datetime(2000, 1, 1, tzinfo=UTC)
FUTURE = timedelta(minutes=10)
LONGEST_REASON = 300

_decoder = msgspec.json.Decoder(AnyEvent)
_missing = re.compile(r"Object missing required field `(.*)`")


class Rejection(msgspec.Struct, frozen=True):
    """Why an event is not accepted; `field` is a JSON Pointer into the event."""

    code: str
    detail: str
    field: str | None = None


class Accepted(msgspec.Struct, frozen=True, gc=False):
    """An event that can be stored, with its identity and the hash of its content.

    `has_phone`: its data has a `phone`, of whatever kind, which is not stored as it is.
    """

    source: str
    event_id: str
    content_hash: bytes
    raw: str
    has_phone: bool


class Sender(msgspec.Struct, frozen=True):
    """Who delivers: the source and id of events that name none, and the brand's currency."""

    source: str
    currency: str
    fallback_id: str | None = None


class Base64Data(msgspec.Struct):
    """An event's binary payload, not looked into."""

    data_base64: msgspec.Raw = msgspec.Raw(b"null")


BINARY = Rejection(
    "invalid", "data_base64 is not supported: send data as a JSON object.", "/data_base64"
)


def read_event(raw: bytes, sender: Sender, now: datetime) -> Accepted | Rejection:
    """Decode and check one event strictly; nothing raises for what the bytes contain."""
    try:
        event = _decoder.decode(raw)
        text = raw.decode()
        check_storable(text, raw)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError, NotJson, UnfitText):
        return _fault(raw)
    if event.data_base64 is not None:
        return BINARY
    event_id = event.id or sender.fallback_id
    if not event_id:
        return Rejection("invalid", "id is required: there is no webhook-id to take.", "/id")
    if len(event_id) > 128:
        return Rejection("invalid", "webhook-id has more than 128 characters.", "/id")
    time = read_time(event.time, now)
    if not isinstance(time, datetime):
        return time
    currency: str | None = getattr(event.data, "currency", None)
    if currency is not None and currency != sender.currency:
        return Rejection(
            "currency_mismatch",
            f"The brand's currency is {sender.currency}, not {currency[:8]!r}.",
            "/data/currency",
        )
    data = data_of(raw)
    digest = content_hash(data, str(event.__struct_config__.tag), time)
    return Accepted(event.source or sender.source, event_id, digest, text, "phone" in data)


def _fault(raw: bytes) -> Rejection:
    """Why an event cannot be read: first as JSON, then as a text to store, then as an event."""
    try:
        check_storable(check_json(raw), raw)
        _decoder.decode(raw)
    except NotJson as error:
        return Rejection("invalid_json", str(error))
    except UnfitText as error:
        return Rejection("invalid", str(error), error.field)
    except msgspec.ValidationError as error:
        why = explain(str(error))
        return BINARY if why.field == "/data" and is_binary(raw) else why
    raise AssertionError("an event that was refused can be read")


def read_time(text: str, now: datetime) -> datetime | Rejection:
    """The instant of an event, where it is one that can be stored."""
    try:
        time = parse_instant(text)
    except OverflowError:
        return Rejection("time_out_of_range", "time lies outside of the calendar.", "/time")
    except ValueError as error:
        return Rejection("invalid", f"time {error}.", "/time")
    if time < EARLIEST:
        return Rejection("time_out_of_range", "time lies before 2000-01-01.", "/time")
    if time > now + FUTURE:
        return Rejection(
            "time_out_of_range", "time lies more than 10 minutes in the future.", "/time"
        )
    return time


def explain(message: str) -> Rejection:
    """Turn the decoder's message, as "Expected `int` - at `$.data.amount`", into a rejection."""
    # The reason may quote what was sent, the path never does.
    before, _, after = message.rpartition(" - at `$")
    reason, path = (before, after.removesuffix("`")) if before else (message, "")
    missing = _missing.fullmatch(reason)
    if missing is not None:
        path = f"{path}.{missing.group(1)}"
    field = re.sub(r"\[(\d+)\]", r".\1", path.replace("[...]", "")).replace(".", "/")
    detail = f"{reason[:LONGEST_REASON]}."
    if field == "/type" and reason.startswith("Invalid value"):
        return Rejection("unknown_type", detail.replace("value", "type", 1), field)
    bounded = ">=" in reason or "<=" in reason or "out of range" in reason
    if field.endswith("/amount") and bounded:
        return Rejection("amount_out_of_range", "An amount lies between 0 and 10^13.", field)
    return Rejection("invalid", detail, field or None)


def is_binary(raw: bytes) -> bool:
    """Whether an event, sent as a JSON object, carries its data in base64."""
    return bytes(msgspec.json.decode(raw, type=Base64Data).data_base64) != b"null"
