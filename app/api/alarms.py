"""Alarms: rules over the numbers of closed periods, and when they fired."""

from datetime import date, datetime
from decimal import Decimal
from typing import Annotated, Any, Literal

import msgspec
from litestar import Request, Response, delete, get, patch, post
from litestar.datastructures import State
from litestar.di import NamedDependency
from litestar.params import FromPath

from app.api.answers import answer
from app.api.bodies import decode_body, json_body
from app.api.params import Cursor, Limit
from app.core.db import transaction
from app.core.errors import Problem
from app.core.moments import local_date
from app.core.page import Sort, read_cursor, write_cursor
from app.crm import audit
from app.crm.caller import Caller
from app.derive.stale import Grain
from app.kept import alarms
from app.kept.alarms import RELATIVE, Alarm, Condition, Firing
from app.kept.series import NAMES
from app.models.outbound import AlarmFiring, MetricAlarm

PLACES = Decimal("1e-12")
MOST = 1_000_000

Name = Annotated[str, msgspec.Meta(min_length=1, max_length=200, pattern=r"\S")]
Series = Literal[NAMES]  # type: ignore[valid-type]
Threshold = (
    Annotated[float, msgspec.Meta(ge=-MOST, le=MOST)]
    | Annotated[str, msgspec.Meta(pattern=r"^-?[0-9]{1,6}(\.[0-9]{1,12})?$")]
)
NEWEST = (
    Sort(MetricAlarm.__table__.c.created_at, datetime, descending=True),
    Sort(MetricAlarm.__table__.c.alarm_id, str, descending=True),
)
LATEST = (Sort(AlarmFiring.__table__.c.start, str, descending=True),)


class AlarmBody(msgspec.Struct, frozen=True, forbid_unknown_fields=True, omit_defaults=True):
    """An alarm to make, on a series of the history.

    threshold: a value of the series; of fell_by and rose_by a share of the period before, above 0.
    """

    name: Name
    series: Series
    grain: Grain
    condition: Condition
    threshold: Threshold
    enabled: bool = True


class AlarmPatch(msgspec.Struct, frozen=True, forbid_unknown_fields=True, omit_defaults=True):
    """What to change of an alarm; for another series or grain make another one."""

    name: Name | msgspec.UnsetType = msgspec.UNSET
    condition: Condition | msgspec.UnsetType = msgspec.UNSET
    threshold: Threshold | msgspec.UnsetType = msgspec.UNSET
    enabled: bool | msgspec.UnsetType = msgspec.UNSET


class AlarmPage(msgspec.Struct, frozen=True):
    """Alarms, newest first; `next` is the cursor of the following page."""

    items: list[Alarm]
    next: str | None


class FiringPage(msgspec.Struct, frozen=True):
    """When an alarm fired, the latest period first; `next` is the cursor of the following page."""

    items: list[Firing]
    next: str | None


def _exact(given: float | str) -> Decimal:
    """The decimal that was written; a number of JSON is the shortest one that reads as it."""
    return Decimal(given if isinstance(given, str) else repr(given)).quantize(PLACES).normalize()


def _check(condition: Condition, threshold: Decimal) -> None:
    if condition in RELATIVE and threshold <= 0:
        detail = f"threshold must be above 0 for {condition}: it is a share."
        raise Problem(422, "invalid", detail, field="/threshold")


@get(
    "/v1/alarms",
    summary="List alarms",
    operation_id="listAlarms",
    tags=["webhooks"],
    opt={"scope": "read"},
)
async def list_alarms(
    caller: NamedDependency[Caller], state: State, limit: Limit = 50, cursor: Cursor = None
) -> Response[AlarmPage]:
    """List the alarms of the brand, newest first."""
    after = None if cursor is None else read_cursor("alarms", cursor, NEWEST)
    async with transaction(state.pool, caller.brand_id) as connection:
        found = await alarms.page(
            connection,
            caller.brand_id,
            limit + 1,
            None if after is None else (after[0], after[1]),
        )
    items = found[:limit]
    following = None
    if len(found) > limit:
        following = write_cursor("alarms", [items[-1].created_at, items[-1].alarm_id])
    return answer(AlarmPage(items, following))


@post(
    "/v1/alarms",
    summary="Make an alarm",
    operation_id="makeAlarm",
    operation_class=json_body(AlarmBody),
    tags=["webhooks"],
    opt={"scope": "admin"},
)
async def make_alarm(
    request: Request[Any, Any, Any], caller: NamedDependency[Caller], state: State
) -> Response[Alarm]:
    """Make an alarm; it looks at periods that close, and at numbers that move, from now on."""
    body = await decode_body(request, AlarmBody)
    threshold = _exact(body.threshold)
    _check(body.condition, threshold)
    async with transaction(state.pool, caller.brand_id) as connection:
        made = await alarms.make(
            connection,
            caller.brand_id,
            name=body.name,
            series=body.series,
            grain=body.grain,
            condition=body.condition,
            threshold=threshold,
            enabled=body.enabled,
            actor=caller.actor,
        )
        await audit.record(
            connection,
            caller.brand_id,
            caller.actor,
            "alarm.create",
            made.alarm_id,
            {"series": body.series, "grain": body.grain, "condition": body.condition},
        )
    return answer(made, 201)


@get(
    "/v1/alarms/{alarm_id:str}",
    summary="Read an alarm",
    operation_id="getAlarm",
    tags=["webhooks"],
    opt={"scope": "read"},
)
async def get_alarm(
    caller: NamedDependency[Caller], state: State, alarm_id: FromPath[str]
) -> Response[Alarm]:
    """Read an alarm."""
    async with transaction(state.pool, caller.brand_id) as connection:
        return answer(await alarms.find(connection, caller.brand_id, alarm_id))


@patch(
    "/v1/alarms/{alarm_id:str}",
    summary="Change an alarm",
    operation_id="patchAlarm",
    operation_class=json_body(AlarmPatch),
    tags=["webhooks"],
    opt={"scope": "admin"},
)
async def patch_alarm(
    request: Request[Any, Any, Any],
    caller: NamedDependency[Caller],
    state: State,
    alarm_id: FromPath[str],
) -> Response[Alarm]:
    """Change an alarm, or switch it off and on; what it fired stays."""
    body = await decode_body(request, AlarmPatch)
    given = msgspec.structs.asdict(body)
    changes = {name: value for name, value in given.items() if value is not msgspec.UNSET}
    if body.threshold is not msgspec.UNSET:
        changes["threshold"] = _exact(body.threshold)
    async with transaction(state.pool, caller.brand_id) as connection:
        before = await alarms.find(connection, caller.brand_id, alarm_id, lock=True)
        _check(
            changes.get("condition", before.condition), changes.get("threshold", before.threshold)
        )
        after = await alarms.change(connection, caller.brand_id, alarm_id, changes)
        moved = [name for name in changes if getattr(before, name) != getattr(after, name)]
        if moved:
            detail = {
                name: {"before": str(getattr(before, name)), "after": str(getattr(after, name))}
                for name in moved
            }
            await audit.record(
                connection, caller.brand_id, caller.actor, "alarm.change", alarm_id, detail
            )
    return answer(after)


@delete(
    "/v1/alarms/{alarm_id:str}",
    summary="Delete an alarm",
    operation_id="deleteAlarm",
    tags=["webhooks"],
    opt={"scope": "admin"},
)
async def delete_alarm(
    caller: NamedDependency[Caller], state: State, alarm_id: FromPath[str]
) -> None:
    """Delete an alarm with the list of what it fired."""
    async with transaction(state.pool, caller.brand_id) as connection:
        await alarms.drop(connection, caller.brand_id, alarm_id)
        await audit.record(connection, caller.brand_id, caller.actor, "alarm.remove", alarm_id)


@get(
    "/v1/alarms/{alarm_id:str}/firings",
    summary="List when an alarm fired",
    operation_id="listAlarmFirings",
    tags=["webhooks"],
    opt={"scope": "read"},
)
async def list_firings(
    caller: NamedDependency[Caller],
    state: State,
    alarm_id: FromPath[str],
    limit: Limit = 50,
    cursor: Cursor = None,
) -> Response[FiringPage]:
    """The periods for which an alarm fired, the latest first."""
    after = None if cursor is None else _day(read_cursor("firings", cursor, LATEST)[0])
    async with transaction(state.pool, caller.brand_id) as connection:
        await alarms.find(connection, caller.brand_id, alarm_id)
        found = await alarms.firings(connection, caller.brand_id, alarm_id, limit + 1, after)
    items = found[:limit]
    following = None
    if len(found) > limit:
        following = write_cursor("firings", [items[-1].start.isoformat()])
    return answer(FiringPage(items, following))


def _day(value: str) -> date:
    return local_date("cursor", value)
