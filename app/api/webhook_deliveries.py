"""The log of a webhook endpoint: what was sent, each try, sending again; and tests."""

from datetime import datetime
from typing import Annotated

import msgspec
from litestar import Response, get, post
from litestar.datastructures import State
from litestar.di import NamedDependency
from litestar.params import FromPath, Parameter

from app.api.answers import answer
from app.api.params import Cursor, Limit
from app.core.db import transaction
from app.core.errors import Problem
from app.core.page import Sort, read_cursor, write_cursor
from app.crm import audit
from app.crm.caller import Caller
from app.crm.tokens import random_text
from app.models.outbound import WebhookDelivery
from app.outbound import endpoints, log
from app.outbound.endpoints import Endpoint
from app.outbound.log import Delivery
from app.outbound.messages import tell_one

_table = WebhookDelivery.__table__.c
NEWEST = (
    Sort(_table.created_at, datetime, descending=True),
    Sort(_table.message_id, str, descending=True),
)


class DeliveryPage(msgspec.Struct, frozen=True):
    """Deliveries, newest first; `next` is the cursor of the following page."""

    items: list[Delivery]
    next: str | None


class Trial(msgspec.Struct, frozen=True):
    """What a test says."""

    endpoint_id: str
    name: str


def must_be_on(endpoint: Endpoint) -> None:
    """Refuse to send where nothing is sent.

    Raises:
        Problem: 409.
    """
    if endpoint.off is not None:
        raise Problem(
            409, "switched_off", "The endpoint was switched off; switch it on again first."
        )


@get(
    "/v1/webhook-endpoints/{endpoint_id:str}/deliveries",
    summary="List deliveries of a webhook endpoint",
    operation_id="listWebhookDeliveries",
    tags=["webhooks"],
    opt={"scope": "read"},
)
async def list_webhook_deliveries(
    caller: NamedDependency[Caller],
    state: State,
    endpoint_id: FromPath[str],
    limit: Limit = 50,
    cursor: Cursor = None,
    delivery_state: Annotated[
        log.State | None, Parameter(query="state", description="Only those in this state.")
    ] = None,
) -> Response[DeliveryPage]:
    """What was sent or is to be sent to an endpoint in the last 90 days, with each try."""
    after = None if cursor is None else read_cursor("webhook-deliveries", cursor, NEWEST)
    async with transaction(state.pool, caller.brand_id) as connection:
        await endpoints.find(connection, caller.brand_id, endpoint_id)
        found = await log.page(
            connection,
            caller.brand_id,
            endpoint_id,
            delivery_state,
            limit + 1,
            None if after is None else (after[0], after[1]),
        )
    items = found[:limit]
    following = None
    if len(found) > limit:
        last = items[-1]
        following = write_cursor("webhook-deliveries", [last.created_at, last.message_id])
    return answer(DeliveryPage(items, following))


@get(
    "/v1/webhook-endpoints/{endpoint_id:str}/deliveries/{webhook_message_id:str}",
    summary="Read a delivery of a webhook endpoint",
    operation_id="getWebhookDelivery",
    tags=["webhooks"],
    opt={"scope": "read"},
)
async def get_webhook_delivery(
    caller: NamedDependency[Caller],
    state: State,
    endpoint_id: FromPath[str],
    webhook_message_id: FromPath[str],
) -> Response[Delivery]:
    """A message to an endpoint and what became of it."""
    async with transaction(state.pool, caller.brand_id) as connection:
        return answer(await log.find(connection, caller.brand_id, endpoint_id, webhook_message_id))


@post(
    "/v1/webhook-endpoints/{endpoint_id:str}/deliveries/{webhook_message_id:str}/replay",
    summary="Send a message to a webhook endpoint again",
    operation_id="replayWebhookDelivery",
    tags=["webhooks"],
    opt={"scope": "admin"},
    status_code=202,
)
async def replay_webhook_delivery(
    caller: NamedDependency[Caller],
    state: State,
    endpoint_id: FromPath[str],
    webhook_message_id: FromPath[str],
) -> Response[Delivery]:
    """Send it again now, by its old id and with all tries, whatever became of it before."""
    async with transaction(state.pool, caller.brand_id) as connection:
        endpoint = await endpoints.hold(connection, caller.brand_id, endpoint_id)
        await log.replay(connection, caller.brand_id, endpoint_id, webhook_message_id)
        must_be_on(endpoint)
        found = await log.find(connection, caller.brand_id, endpoint_id, webhook_message_id)
        await audit.record(
            connection,
            caller.brand_id,
            caller.actor,
            "webhook_endpoint.replay",
            endpoint_id,
            {"message_id": webhook_message_id},
        )
    return answer(found, 202)


@post(
    "/v1/webhook-endpoints/{endpoint_id:str}/test",
    summary="Send a test to a webhook endpoint",
    operation_id="testWebhookEndpoint",
    tags=["webhooks"],
    opt={"scope": "admin"},
    status_code=202,
)
async def send_webhook_test(
    caller: NamedDependency[Caller], state: State, endpoint_id: FromPath[str]
) -> Response[Delivery]:
    """Send a `webhook.test` to it, once; the log tells what came of it."""
    message_id = f"msg_{random_text(24)}"
    async with transaction(state.pool, caller.brand_id) as connection:
        endpoint = await endpoints.hold(connection, caller.brand_id, endpoint_id)
        must_be_on(endpoint)
        said = Trial(endpoint_id, endpoint.name)
        await tell_one(connection, caller.brand_id, endpoint_id, message_id, "webhook.test", said)
        found = await log.find(connection, caller.brand_id, endpoint_id, message_id)
        await audit.record(
            connection,
            caller.brand_id,
            caller.actor,
            "webhook_endpoint.test",
            endpoint_id,
            {"message_id": message_id},
        )
    return answer(found, 202)
