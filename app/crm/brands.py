"""Brands: making one, and changing the settings its numbers depend on."""

import re
from datetime import date, timedelta
from typing import Any, Literal
from zoneinfo import ZoneInfo, available_timezones

import msgspec
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection

from app.core import schedule
from app.core.clock import day_start
from app.core.db import enter
from app.core.errors import Problem
from app.derive.touched import ask_for_counting

FIRST_DAY = date(1999, 12, 30)
LAST_DAY = date(2100, 1, 1)

SETTINGS = (
    *("name", "timezone", "currency", "identity_mode", "touch_hours", "live_grace_hours"),
    *("lifecycle_new_days", "lifecycle_active_days", "lifecycle_lapsed_days"),
    *("message_text_days", "raw_event_days"),
    *("export_weekly", "export_weekday", "export_time", "export_language", "export_days"),
    "export_threshold_basis_points",
)
_clock = re.compile(r"([01][0-9]|2[0-3]):[0-5][0-9]", re.ASCII)

DERIVED_FROM = ("timezone", "identity_mode", "touch_hours", "live_grace_hours")
"""The settings that derived rows depend on."""

EXPORTED_BY = ("timezone", "export_weekly", "export_weekday", "export_time")
"""The settings that say when weeks are exported."""


class Brand(msgspec.Struct, frozen=True):
    """A brand and its settings; hours are whole, currency is ISO 4217, timezone IANA."""

    brand_id: int
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
    export_language: Literal["zh-CN", "en"]
    export_days: int | None
    export_threshold_basis_points: int

    @property
    def zone(self) -> ZoneInfo:
        return ZoneInfo(self.timezone)


async def find(connection: AsyncConnection, brand_id: int) -> Brand | None:
    """The brand with its settings of now."""
    rows = await connection.execute(
        text(f"SELECT brand_id, {', '.join(SETTINGS)} FROM brand WHERE brand_id = :brand"),
        {"brand": brand_id},
    )
    row = rows.one_or_none()
    return None if row is None else Brand(*row)


async def get(connection: AsyncConnection, brand_id: int) -> Brand:
    """The brand of somebody who is known.

    Raises:
        Problem: 401 where it was deleted just now, and nobody speaks for it any more.
    """
    found = await find(connection, brand_id)
    if found is None:
        raise Problem(401, "unauthenticated", "The brand is gone.")
    return found


async def create(
    connection: AsyncConnection, name: str, timezone: str = "Asia/Shanghai", currency: str = "CNY"
) -> int:
    """Make a brand and give its id.

    Raises:
        Problem: where a setting is not one.
    """
    check({"name": name, "timezone": timezone, "currency": currency})
    await fill_calendar(connection, timezone)
    brand_id: int = (
        await connection.execute(
            text("SELECT nextval(CAST(pg_get_serial_sequence('brand', 'brand_id') AS regclass))")
        )
    ).scalar_one()
    await enter(connection, brand_id)
    await connection.execute(
        text(
            "INSERT INTO brand (brand_id, name, timezone, currency)"
            " VALUES (:brand, :name, :timezone, :currency)"
        ),
        {"brand": brand_id, "name": name, "timezone": timezone, "currency": currency},
    )
    await connection.execute(
        text("INSERT INTO work_lease (brand_id) VALUES (:brand)"), {"brand": brand_id}
    )
    return brand_id


async def change(
    connection: AsyncConnection, before: Brand, changes: dict[str, Any]
) -> dict[str, dict[str, Any]]:
    """Change settings; what was derived from them is derived anew by a worker.

    Gives what really changed, before and after.

    Raises:
        Problem: 422 where a value does not fit, 409 for the currency of a brand with orders.
    """
    check(changes)
    # The row lock makes concurrent changes wait for each other; each compares with the one before.
    await connection.execute(
        text("SELECT 1 FROM brand WHERE brand_id = :brand FOR UPDATE"), {"brand": before.brand_id}
    )
    before = await find(connection, before.brand_id) or before
    if changes.get("currency", before.currency) != before.currency and await connection.scalar(
        text(
            "SELECT EXISTS (SELECT FROM shop_order WHERE brand_id = :brand) OR EXISTS"
            " (SELECT FROM pending_event WHERE brand_id = :brand)"
        ),
        {"brand": before.brand_id},
    ):
        raise Problem(
            409,
            "currency_in_use",
            "The currency can change only while the brand has no orders.",
            field="/currency",
        )
    days = msgspec.structs.asdict(before) | changes
    if days["lifecycle_active_days"] >= days["lifecycle_lapsed_days"]:
        field = "active" if "lifecycle_active_days" in changes else "lapsed"
        raise Problem(
            422,
            "invalid",
            "Who lapses must have been silent for longer than who is active:"
            " lifecycle_active_days must be less than lifecycle_lapsed_days.",
            field=f"/lifecycle_{field}_days",
        )
    if "timezone" in changes:
        await fill_calendar(connection, changes["timezone"])
    if not changes:
        return {}
    assignments = ", ".join(f"{name} = :{name}" for name in changes)
    await connection.execute(
        text(f"UPDATE brand SET {assignments} WHERE brand_id = :brand"),
        {"brand": before.brand_id} | changes,
    )
    # The days of lifecycles, and a time zone, are what segments are counted under.
    await ask_for_counting(connection, before.brand_id)
    if any(name in changes and changes[name] != getattr(before, name) for name in DERIVED_FROM):
        await connection.execute(
            text("INSERT INTO dirty_brand (brand_id) VALUES (:brand)"), {"brand": before.brand_id}
        )
    if any(name in changes and changes[name] != getattr(before, name) for name in EXPORTED_BY):
        await schedule.look_again(connection, before.brand_id, "export")
    return {
        name: {"before": getattr(before, name), "after": value}
        for name, value in changes.items()
        if value != getattr(before, name)
    }


def check(changes: dict[str, Any]) -> None:
    """Refuse what no setting can be.

    Raises:
        Problem: 422 with the setting as its field.
    """
    name, currency = changes.get("name"), changes.get("currency")
    if name is not None and not name.strip():
        raise Problem(422, "invalid", "A name cannot be empty.", field="/name")
    if "timezone" in changes and changes["timezone"] not in available_timezones():
        raise Problem(
            422,
            "invalid",
            "Not a time zone of the IANA database, as Asia/Shanghai.",
            field="/timezone",
        )
    if currency is not None and not (
        len(currency) == 3 and currency.isascii() and currency.isalpha() and currency.isupper()
    ):
        raise Problem(422, "invalid", "Not an ISO 4217 code, as CNY.", field="/currency")
    if "export_time" in changes and not _clock.fullmatch(changes["export_time"]):
        raise Problem(422, "invalid", "Not a time of day, as 06:00.", field="/export_time")


async def fill_calendar(connection: AsyncConnection, timezone: str) -> None:
    """Store when each local day of a zone begins, unless it is stored already."""
    filled = await connection.scalar(
        text("SELECT EXISTS (SELECT FROM calendar WHERE timezone = :zone)"), {"zone": timezone}
    )
    if filled:
        return
    zone = ZoneInfo(timezone)
    days = [FIRST_DAY + timedelta(days=n) for n in range((LAST_DAY - FIRST_DAY).days)]
    # Of days that begin at one instant all but the last were skipped, and have no instants.
    starts = {day_start(zone, day): day for day in days}
    await connection.execute(
        text(
            "INSERT INTO calendar (timezone, starts_at, day) SELECT :zone, * FROM"
            " unnest(CAST(:starts AS timestamptz[]), CAST(:days AS date[])) ON CONFLICT DO NOTHING"
        ),
        {"zone": timezone, "starts": list(starts), "days": list(starts.values())},
    )
