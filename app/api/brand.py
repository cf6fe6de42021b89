"""The brand of the key: its name and the settings its numbers depend on."""

from typing import Annotated, Any, Literal

import msgspec
from litestar import Request, Response, get, patch
from litestar.datastructures import State
from litestar.di import NamedDependency

from app.api.answers import answer
from app.api.bodies import decode_body, json_body
from app.core.db import transaction
from app.crm import audit, brands
from app.crm.caller import Caller
from app.metrics.words import Language

Hours = Annotated[int, msgspec.Meta(ge=0, le=8760)]
LifeDays = Annotated[int, msgspec.Meta(ge=1, le=3650)]
Days = Annotated[int, msgspec.Meta(ge=1, le=36500)]
Weekday = Annotated[int, msgspec.Meta(ge=1, le=7)]
TimeOfDay = Annotated[str, msgspec.Meta(pattern="^([01][0-9]|2[0-3]):[0-5][0-9]$")]
BasisPoints = Annotated[int, msgspec.Meta(ge=0, le=10_000)]


class BrandAnswer(msgspec.Struct, frozen=True):
    """A brand; `touch_hours` and `live_grace_hours` are whole hours.

    `lifecycle_…_days`: a customer is new for so long after the first purchase, then active for so
    long after the last one, and lapsed when the last one is so long ago; at risk in between.
    `message_text_days` and `raw_event_days`: how long texts of messages and payloads of events
    are kept; null for ever. `export_…`: whether each week is exported, on which weekday (1 is
    Monday) and at which local time (HH:MM) after it, in which language, how long the files are
    kept (null for ever), and by how much a number must move to make a new revision.
    """

    brand_id: str
    name: str
    timezone: str
    currency: str
    identity_mode: Literal["shared", "separate"]
    touch_hours: int
    live_grace_hours: int
    lifecycle_new_days: int
    lifecycle_active_days: int
    lifecycle_lapsed_days: int
    message_text_days: int | None
    raw_event_days: int | None
    export_weekly: bool
    export_weekday: int
    export_time: str
    export_language: Language
    export_days: int | None
    export_threshold_basis_points: int


class BrandPatch(msgspec.Struct, frozen=True, omit_defaults=True, forbid_unknown_fields=True):
    """The settings to change; those left out stay."""

    name: Annotated[str, msgspec.Meta(min_length=1, max_length=200)] | msgspec.UnsetType = (
        msgspec.UNSET
    )
    timezone: str | msgspec.UnsetType = msgspec.UNSET
    currency: str | msgspec.UnsetType = msgspec.UNSET
    identity_mode: Literal["shared", "separate"] | msgspec.UnsetType = msgspec.UNSET
    touch_hours: Hours | msgspec.UnsetType = msgspec.UNSET
    live_grace_hours: Hours | msgspec.UnsetType = msgspec.UNSET
    lifecycle_new_days: LifeDays | msgspec.UnsetType = msgspec.UNSET
    lifecycle_active_days: LifeDays | msgspec.UnsetType = msgspec.UNSET
    lifecycle_lapsed_days: LifeDays | msgspec.UnsetType = msgspec.UNSET
    message_text_days: Days | msgspec.UnsetType | None = msgspec.UNSET
    raw_event_days: Days | msgspec.UnsetType | None = msgspec.UNSET
    export_weekly: bool | msgspec.UnsetType = msgspec.UNSET
    export_weekday: Weekday | msgspec.UnsetType = msgspec.UNSET
    export_time: TimeOfDay | msgspec.UnsetType = msgspec.UNSET
    export_language: Language | msgspec.UnsetType = msgspec.UNSET
    export_days: Days | msgspec.UnsetType | None = msgspec.UNSET
    export_threshold_basis_points: BasisPoints | msgspec.UnsetType = msgspec.UNSET


def _answer(brand: brands.Brand) -> Response[BrandAnswer]:
    fields = msgspec.structs.asdict(brand)
    return answer(BrandAnswer(**fields | {"brand_id": str(brand.brand_id)}))


@get(
    "/v1/brand",
    summary="Read the brand",
    operation_id="getBrand",
    tags=["brand"],
    opt={"scope": "read"},
)
async def get_brand(caller: NamedDependency[Caller], state: State) -> Response[BrandAnswer]:
    """The brand of the key and its settings."""
    async with transaction(state.pool, caller.brand_id) as connection:
        brand = await brands.get(connection, caller.brand_id)
    return _answer(brand)


@patch(
    "/v1/brand",
    summary="Change the brand's settings",
    operation_id="patchBrand",
    operation_class=json_body(BrandPatch),
    tags=["brand"],
    opt={"scope": "admin", "problems": [409]},
)
async def patch_brand(
    request: Request[Any, Any, Any], caller: NamedDependency[Caller], state: State
) -> Response[BrandAnswer]:
    """Change settings; the numbers follow as soon as they are derived anew (see /v1/status)."""
    asked = await decode_body(request, BrandPatch)
    changes = {k: v for k, v in msgspec.structs.asdict(asked).items() if v is not msgspec.UNSET}
    async with transaction(state.pool, caller.brand_id) as connection:
        before = await brands.get(connection, caller.brand_id)
        changed = await brands.change(connection, before, changes)
        brand = await brands.get(connection, caller.brand_id)
        if changed:
            await audit.record(
                connection, caller.brand_id, caller.actor, "brand.change", detail=changed
            )
    state.waker.wake()
    return _answer(brand)
