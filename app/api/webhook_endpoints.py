"""Webhook endpoints: where messages are sent, and the secrets that sign them."""

from typing import Annotated, Any

import msgspec
from litestar import Request, Response, delete, get, patch, post
from litestar.datastructures import State
from litestar.di import NamedDependency
from litestar.params import FromPath

from app.api.answers import answer
from app.api.bodies import decode_body, json_body
from app.api.params import Cursor, Limit
from app.api.rotation import Rotation
from app.api.sessions import NO_STORE
from app.core.db import transaction
from app.core.errors import Problem
from app.core.page import Sort, read_cursor, write_cursor
from app.crm import audit
from app.crm.caller import Caller
from app.models.outbound import WebhookEndpoint
from app.outbound import endpoints
from app.outbound.addresses import MOST_CHARACTERS, BadAddress, read_url
from app.outbound.endpoints import Endpoint
from app.outbound.messages import TYPES, Subscribed

Name = Annotated[str, msgspec.Meta(min_length=1, max_length=200, pattern=r"\S")]
Url = Annotated[
    str,
    msgspec.Meta(
        min_length=1,
        max_length=MOST_CHARACTERS,
        extra_json_schema={"format": "uri", "examples": ["https://example.com/hongqun"]},
    ),
]
Types = Annotated[list[Subscribed], msgspec.Meta(min_length=1, max_length=20)]
ORDER = (Sort(WebhookEndpoint.__table__.c.endpoint_id, str),)


class EndpointBody(msgspec.Struct, frozen=True, forbid_unknown_fields=True, omit_defaults=True):
    """An endpoint to make: an https URL, and the types of messages it gets; all by default."""

    url: Url
    name: Name
    types: Types | msgspec.UnsetType = msgspec.UNSET


class EndpointPatch(msgspec.Struct, frozen=True, forbid_unknown_fields=True, omit_defaults=True):
    """What to change of an endpoint; what is on its way goes to the new URL."""

    url: Url | msgspec.UnsetType = msgspec.UNSET
    name: Name | msgspec.UnsetType = msgspec.UNSET
    types: Types | msgspec.UnsetType = msgspec.UNSET


class EndpointPage(msgspec.Struct, frozen=True):
    """Endpoints; `next` is the cursor of the following page."""

    items: list[Endpoint]
    next: str | None


class EndpointSecret(msgspec.Struct, frozen=True):
    """What signs the messages of an endpoint, shown only now."""

    endpoint_id: str
    secret: str


def check_url(url: str, *, anywhere: bool) -> None:
    """Refuse a URL that no webhook may go to.

    Raises:
        Problem: 422.
    """
    try:
        read_url(url, anywhere=anywhere)
    except BadAddress as error:
        raise Problem(422, "bad_address", f"The URL {error}.", field="/url") from None


def _types(given: list[Subscribed] | msgspec.UnsetType) -> list[str]:
    return list(TYPES) if given is msgspec.UNSET else [each for each in TYPES if each in given]


@get(
    "/v1/webhook-endpoints",
    summary="List webhook endpoints",
    operation_id="listWebhookEndpoints",
    tags=["webhooks"],
    opt={"scope": "read"},
)
async def list_webhook_endpoints(
    caller: NamedDependency[Caller], state: State, limit: Limit = 50, cursor: Cursor = None
) -> Response[EndpointPage]:
    """List the endpoints of the brand, without their secrets."""
    after = None if cursor is None else read_cursor("webhook-endpoints", cursor, ORDER)[0]
    async with transaction(state.pool, caller.brand_id) as connection:
        found = await endpoints.page(connection, caller.brand_id, limit + 1, after)
    items = found[:limit]
    following = None
    if len(found) > limit:
        following = write_cursor("webhook-endpoints", [items[-1].endpoint_id])
    return answer(EndpointPage(items, following))


@post(
    "/v1/webhook-endpoints",
    summary="Make a webhook endpoint",
    operation_id="makeWebhookEndpoint",
    operation_class=json_body(EndpointBody),
    tags=["webhooks"],
    opt={"scope": "admin"},
)
async def make_webhook_endpoint(
    request: Request[Any, Any, Any], caller: NamedDependency[Caller], state: State
) -> Response[EndpointSecret]:
    """Make an endpoint; its secret shows only now."""
    body = await decode_body(request, EndpointBody)
    check_url(body.url, anywhere=state.webhooks_to_anywhere)
    types = _types(body.types)
    async with transaction(state.pool, caller.brand_id) as connection:
        endpoint_id, secret = await endpoints.make(
            connection,
            caller.brand_id,
            url=body.url,
            name=body.name,
            types=types,
            actor=caller.actor,
        )
        detail = {"url": body.url, "types": types}
        await audit.record(
            connection,
            caller.brand_id,
            caller.actor,
            "webhook_endpoint.create",
            endpoint_id,
            detail,
        )
    return answer(EndpointSecret(endpoint_id, secret), 201, NO_STORE)


@get(
    "/v1/webhook-endpoints/{endpoint_id:str}",
    summary="Read a webhook endpoint",
    operation_id="getWebhookEndpoint",
    tags=["webhooks"],
    opt={"scope": "read"},
)
async def get_webhook_endpoint(
    caller: NamedDependency[Caller], state: State, endpoint_id: FromPath[str]
) -> Response[Endpoint]:
    """An endpoint, without its secrets; `off` says why nothing is sent to it, if so."""
    async with transaction(state.pool, caller.brand_id) as connection:
        return answer(await endpoints.find(connection, caller.brand_id, endpoint_id))


@patch(
    "/v1/webhook-endpoints/{endpoint_id:str}",
    summary="Change a webhook endpoint",
    operation_id="patchWebhookEndpoint",
    operation_class=json_body(EndpointPatch),
    tags=["webhooks"],
    opt={"scope": "admin"},
)
async def patch_webhook_endpoint(
    request: Request[Any, Any, Any],
    caller: NamedDependency[Caller],
    state: State,
    endpoint_id: FromPath[str],
) -> Response[Endpoint]:
    """Change where messages go, or which."""
    body = await decode_body(request, EndpointPatch)
    changes = {k: v for k, v in msgspec.structs.asdict(body).items() if v is not msgspec.UNSET}
    if body.url is not msgspec.UNSET:
        check_url(body.url, anywhere=state.webhooks_to_anywhere)
    if body.types is not msgspec.UNSET:
        changes["types"] = _types(body.types)
    async with transaction(state.pool, caller.brand_id) as connection:
        before = await endpoints.hold(connection, caller.brand_id, endpoint_id)
        await endpoints.change(connection, caller.brand_id, endpoint_id, changes)
        detail = {
            name: {"before": getattr(before, name), "after": value}
            for name, value in changes.items()
            if value != getattr(before, name)
        }
        after = await endpoints.find(connection, caller.brand_id, endpoint_id)
        if detail:
            await audit.record(
                connection,
                caller.brand_id,
                caller.actor,
                "webhook_endpoint.change",
                endpoint_id,
                detail,
            )
    return answer(after)


@delete(
    "/v1/webhook-endpoints/{endpoint_id:str}",
    summary="Remove a webhook endpoint",
    operation_id="removeWebhookEndpoint",
    tags=["webhooks"],
    opt={"scope": "admin"},
)
async def remove_webhook_endpoint(
    caller: NamedDependency[Caller], state: State, endpoint_id: FromPath[str]
) -> None:
    """Remove an endpoint with its log; what is on its way to it is not sent."""
    async with transaction(state.pool, caller.brand_id) as connection:
        await endpoints.remove(connection, caller.brand_id, endpoint_id)
        await audit.record(
            connection, caller.brand_id, caller.actor, "webhook_endpoint.remove", endpoint_id
        )


@post(
    "/v1/webhook-endpoints/{endpoint_id:str}/secret/rotate",
    summary="Give a webhook endpoint a new secret",
    operation_id="rotateWebhookEndpoint",
    operation_class=json_body(Rotation, required=False),
    tags=["webhooks"],
    opt={"scope": "admin"},
)
async def rotate_webhook_endpoint(
    request: Request[Any, Any, Any],
    caller: NamedDependency[Caller],
    state: State,
    endpoint_id: FromPath[str],
) -> Response[EndpointSecret]:
    """Make a new secret; for the overlap messages are signed by both, the new one first."""
    asked = await decode_body(request, Rotation, empty=Rotation())
    async with transaction(state.pool, caller.brand_id) as connection:
        secret = await endpoints.rotate(connection, caller.brand_id, endpoint_id, asked.hours)
        await audit.record(
            connection,
            caller.brand_id,
            caller.actor,
            "webhook_endpoint.rotate",
            endpoint_id,
            {"overlap_hours": asked.hours},
        )
    return answer(EndpointSecret(endpoint_id, secret), 201, NO_STORE)


@post(
    "/v1/webhook-endpoints/{endpoint_id:str}/enable",
    summary="Switch a webhook endpoint on again",
    operation_id="enableWebhookEndpoint",
    tags=["webhooks"],
    opt={"scope": "admin"},
    status_code=200,
)
async def enable_webhook_endpoint(
    caller: NamedDependency[Caller], state: State, endpoint_id: FromPath[str]
) -> Response[Endpoint]:
    """Send to it again, from the next message on; what was stopped can be replayed."""
    async with transaction(state.pool, caller.brand_id) as connection:
        before = await endpoints.hold(connection, caller.brand_id, endpoint_id)
        await endpoints.enable(connection, caller.brand_id, endpoint_id)
        after = await endpoints.find(connection, caller.brand_id, endpoint_id)
        if before.off is not None:
            await audit.record(
                connection,
                caller.brand_id,
                caller.actor,
                "webhook_endpoint.enable",
                endpoint_id,
                {"was_off": before.off.code},
            )
    return answer(after)
