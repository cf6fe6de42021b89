"""The yardstick of single requests: the intake's handler without a database.

Two applications, served as the real one is. `same` has the real one's middleware, guard and
error handlers around it; `bare` has nothing but the handler. Both read the body, verify its
signature, split, decode, check and hash its events, and answer the receipt.
"""

import os
from datetime import UTC, datetime
from typing import Any

from litestar import Litestar, Request, Response, post
from litestar.datastructures import State
from litestar.params import FromPath

from app.api.answers import answer
from app.api.idempotency import Idempotent, claim_key
from app.api.intake import read_delivery
from app.api.requests import RequestContext
from app.auth import require_scope
from app.core.logs import configure
from app.core.settings import read
from app.ingest import body as bodies
from app.ingest.decode import Accepted, Sender, read_event
from app.ingest.inbox import Receipt
from app.ingest.lanes import Lanes, Reading
from app.ingest.signature import refusal

SECRET = "HONGQUN_BENCH_SECRET"
ROOM = Lanes(50_000, 2**26, 1)


@post("/v1/webhooks/{source_id:str}", opt={"public": True}, status_code=202)
async def take_nothing_in(
    request: Request[Any, Any, Any], source_id: FromPath[str]
) -> Response[Receipt]:
    """All that the webhook does before it asks the database."""
    reading = Reading(ROOM)
    raw, kind = await read_delivery(request, reading)
    reading.end()
    webhook_id = request.headers.get("webhook-id")
    now = datetime.now(UTC)
    refused = refusal(
        [os.environ[SECRET]],
        webhook_id,
        request.headers.get("webhook-timestamp"),
        request.headers.get("webhook-signature"),
        raw,
        now,
    )
    assert refused is None, refused
    sender = Sender(source_id, "CNY", webhook_id)
    read_all = [read_event(each, sender, now) for each in bodies.split(raw, kind)]
    accepted = sum(isinstance(each, Accepted) for each in read_all)
    assert accepted == len(read_all)
    return answer(Receipt(accepted, 0, []), 202)


def bare() -> Litestar:
    """The handler alone."""
    return Litestar([take_nothing_in], openapi_config=None)


def same() -> Litestar:
    """The handler within what surrounds every handler of the service."""
    configure(read().log_level)
    return Litestar(
        [take_nothing_in],
        state=State({"pool": None}),
        guards=[require_scope],
        middleware=[RequestContext(()), Idempotent()],
        before_request=claim_key,
        request_max_body_size=None,
        openapi_config=None,
    )
