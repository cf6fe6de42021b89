"""The catalog of metrics: what there is to ask, and what each number means."""

import msgspec
from litestar import Response, get

from app.api.answers import answer
from app.metrics.catalog import METRICS
from app.metrics.entries.entry import Metric


class Catalog(msgspec.Struct, frozen=True):
    """Every metric once."""

    metrics: tuple[Metric, ...]


@get(
    "/v1/metrics",
    summary="List the metrics",
    operation_id="listMetrics",
    tags=["metrics"],
    opt={"scope": "read"},
)
async def list_metrics() -> Response[Catalog]:
    """Name, labels, unit, numerator and denominator, and definition of every metric."""
    return answer(Catalog(METRICS))
