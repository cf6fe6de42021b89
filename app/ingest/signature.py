"""Standard Webhooks signatures: https://www.standardwebhooks.com, symmetric scheme `v1`."""

import base64
import binascii
import hashlib
import hmac
from collections.abc import Iterable
from datetime import datetime

TOLERANCE_SECONDS = 300
MOST_SIGNATURES = 10
PREFIX = "whsec_"


def secret_key(secret: str) -> bytes:
    """The bytes of a secret written as `whsec_` and base64."""
    return base64.b64decode(secret.removeprefix(PREFIX))


def sign(secret: str, webhook_id: str, timestamp: int, body: bytes) -> str:
    """The value of the `webhook-signature` header for a body."""
    signed = b"%s.%d.%s" % (webhook_id.encode(), timestamp, body)
    digest = hmac.digest(secret_key(secret), signed, hashlib.sha256)
    return "v1," + base64.b64encode(digest).decode()


def refusal(
    secrets: Iterable[str],
    webhook_id: str | None,
    timestamp: str | None,
    signatures: str | None,
    body: bytes,
    now: datetime,
) -> str | None:
    """Why a delivery is not authentic, or None where one of the secrets signed it.

    Takes the three `webhook-*` headers as they came; any of them may be missing or malformed.
    Signatures are compared in constant time, at most MOST_SIGNATURES of them.
    """
    if not webhook_id or not timestamp or not signatures:
        return "webhook-id, webhook-timestamp and webhook-signature are required"
    if not (timestamp.isascii() and timestamp.isdigit() and len(timestamp) <= 12):
        return "webhook-timestamp must be a number of seconds since 1970"
    if abs(int(now.timestamp()) - int(timestamp)) > TOLERANCE_SECONDS:
        return "webhook-timestamp is more than 5 minutes away from now"
    signed = b"%s.%s.%s" % (webhook_id.encode("latin-1", "replace"), timestamp.encode(), body)
    expected = [hmac.digest(secret_key(s), signed, hashlib.sha256) for s in secrets]
    matched = False
    for entry in signatures.split(maxsplit=MOST_SIGNATURES)[:MOST_SIGNATURES]:
        version, _, encoded = entry.partition(",")
        if version != "v1":
            continue
        try:
            given = base64.b64decode(encoded, validate=True)
        except (binascii.Error, ValueError):
            continue
        for digest in expected:
            matched |= hmac.compare_digest(digest, given)
    return None if matched else "no signature matches a live secret of this source"
