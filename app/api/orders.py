"""Orders: why each counts as it does."""

from typing import Any

from litestar import Request, Response, get
from litestar.datastructures import State
from litestar.di import NamedDependency
from litestar.params import FromPath

from app.api.answers import answer
from app.api.params import AsOf, Lang, instant
from app.core.db import transaction
from app.core.errors import NotFound
from app.crm import brands
from app.crm.keys import KeyOwner
from app.metrics.explain import Asked, Explanation, explain
from app.metrics.words import Language


@get(
    "/v1/orders/{order_id:str}/explain",
    summary="Explain an order",
    operation_id="explainOrder",
    tags=["orders"],
    opt={"scope": "read"},
)
async def explain_order(
    request: Request[Any, Any, Any],
    caller: NamedDependency[KeyOwner],
    state: State,
    order_id: FromPath[str],
    as_of: AsOf = None,
    lang: Lang = None,
) -> Response[Explanation]:
    """Which cell the order is in, whom it is credited to, on what evidence and by which rules."""
    at = instant("as_of", as_of)
    async with transaction(state.pool, caller.brand_id) as connection:
        brand = await brands.find(connection, caller.brand_id)
        assert brand is not None
        found = await explain(
            connection,
            Asked(
                brand_id=brand.brand_id,
                order_id=order_id,
                as_of=at,
                zone=brand.zone,
                touch_hours=brand.touch_hours,
                language=lang or preferred(request),
            ),
        )
    if found is None:
        raise NotFound("order")
    return answer(found)


def preferred(request: Request[Any, Any, Any]) -> Language:
    """English where Accept-Language asks for it first, else Chinese."""
    asked = request.headers.get("accept-language", "").strip().lower()
    return "en" if asked.startswith("en") else "zh-CN"
