"""The kept numbers: what was counted of each closed period, and what moved since."""

from datetime import date
from typing import Annotated

from litestar import Response, get
from litestar.datastructures import State
from litestar.di import NamedDependency
from litestar.openapi.spec import Example
from litestar.params import Parameter

from app.api.answers import answer
from app.api.params import MOST_BUCKETS
from app.core.db import transaction
from app.core.errors import BadParameter
from app.core.moments import local_date
from app.crm import brands
from app.crm.caller import Caller
from app.derive.stale import Grain
from app.kept.history import LATEST, Asked, History, history
from app.kept.series import NAMES
from app.metrics.question import RULE_VERSION

MOST_VERSION = 2**31 - 1


@get(
    "/v1/metrics/history",
    summary="Kept numbers",
    operation_id="getHistory",
    tags=["metrics"],
    opt={"scope": "read"},
)
async def get_history(
    caller: NamedDependency[Caller],
    state: State,
    series: Annotated[
        list[str] | None,
        Parameter(
            description="Names of series, repeated or with commas between them; all where left "
            f"out: {', '.join(NAMES)}.",
            examples=[Example(value=["group_share_touch_gross"])],
        ),
    ] = None,
    grain: Annotated[Grain, Parameter(description="Local days, ISO weeks or months.")] = "month",
    start: Annotated[
        str | None,
        Parameter(
            description="Local date, YYYY-MM-DD: periods that begin on it or later. Where left "
            f"out the latest {LATEST} periods."
        ),
    ] = None,
    end: Annotated[
        str | None,
        Parameter(description="Local date, YYYY-MM-DD: periods that end on it or earlier."),
    ] = None,
    rule_version: Annotated[
        int,
        Parameter(ge=1, le=MOST_VERSION, description="By which definitions; the present ones."),
    ] = RULE_VERSION,
    revisions: Annotated[
        bool, Parameter(description="Also what each number was before it moved, and why it did.")
    ] = False,
) -> Response[History]:
    """The headline numbers as they were kept when their period closed, by series and start."""
    asked = Asked(
        series=_names(series),
        grain=grain,
        start=None if start is None else local_date("start", start),
        end=None if end is None else local_date("end", end),
        rule_version=rule_version,
        revisions=revisions,
    )
    _check(asked.start, asked.end)
    async with transaction(state.pool, caller.brand_id) as connection:
        brand = await brands.get(connection, caller.brand_id)
        found = await history(connection, brand, asked)
    return answer(found)


def _names(series: list[str] | None) -> list[str]:
    if series is None:
        return list(NAMES)
    names = sorted({name.strip() for each in series for name in each.split(",")})
    for name in names:
        if name not in NAMES:
            raise BadParameter("series", f"{name!r} is none of {', '.join(NAMES)}")
    return names


def _check(start: date | None, end: date | None) -> None:
    if start is not None and end is not None and end < start:
        raise BadParameter("end", "must not lie before start")
    if start is not None and end is not None and (end - start).days > MOST_BUCKETS:
        raise BadParameter("start", f"a window may have at most {MOST_BUCKETS} days")
