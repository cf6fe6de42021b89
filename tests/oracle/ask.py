"""One question by its path, as in queries.json."""

from collections.abc import Mapping
from typing import Any

from . import activity, before_after, funnel, gmv_share, lives, repurchase, retention
from .credit import explain
from .window import as_of
from .world import World

METRICS = {
    "activity": activity.answer,
    "before-after": before_after.answer,
    "funnel": funnel.answer,
    "gmv-share": gmv_share.answer,
    "lives": lives.answer,
    "repurchase": repurchase.answer,
    "retention": retention.answer,
}


def ask(world: World, path: str, params: Mapping[str, Any], now: int) -> dict[str, Any] | None:
    """The answer, of the fields that the contract names; None is a 404. `now`: microseconds."""
    texts = {name: str(value) for name, value in params.items() if value is not None}
    if path.startswith("/v1/orders/") and path.endswith("/explain"):
        order_id = path.removeprefix("/v1/orders/").removesuffix("/explain")
        return explain(world, order_id, as_of(texts, now))
    metric = METRICS.get(path.removeprefix("/v1/metrics/"))
    return None if metric is None else metric(world, texts, now)
