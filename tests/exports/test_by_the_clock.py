"""Weeks are asked for by the database's clock: once each, however many workers look."""

import time
from datetime import UTC, date, datetime, timedelta
from functools import partial
from typing import Any
from zoneinfo import ZoneInfo

from app.exports.weeks import newest_due
from tests.exports.running import OVER, ask, order, over, until, weeks_ago, worker_that
from tests.make import Brand, Service
from tests.stack import Stack

SHANGHAI = ZoneInfo("Asia/Shanghai")


def made_ago(web: Service, brand: Brand, **ago: int) -> None:
    """As if the brand had been made long ago, and its next week had just fallen due."""
    web.sql(
        "UPDATE brand SET export_since = now() - CAST(:ago AS interval) WHERE brand_id = :brand",
        brand=brand.brand_id,
        ago=timedelta(**ago),
    )
    web.sql("UPDATE schedule SET next_due_at = now() WHERE brand_id = :b", b=brand.brand_id)


def runs(web: Service, brand: Brand) -> list[Any]:
    return web.sql(
        "SELECT week, revision, state, scheduled_for, as_of, created_at, created_by FROM export"
        " WHERE brand_id = :brand ORDER BY week DESC, created_at",
        brand=brand.brand_id,
    )


def looked(web: Service, brand: Brand) -> datetime | None:
    """When the clock looks at the brand next; None before it has looked."""
    found = web.sql(
        "SELECT next_due_at FROM schedule WHERE brand_id = :brand AND job = 'export'"
        " AND next_due_at > now()",
        brand=brand.brand_id,
    )
    return found[0][0] if found else None


def due_weeks(weeks: int) -> list[str]:
    """The names of the newest weeks that are due in Shanghai at Monday 06:00."""
    newest, _ = newest_due(SHANGHAI, 1, "06:00", datetime.now(UTC))
    return [newest.plus(-n).name for n in range(weeks)]


def all_over(web: Service, brand: Brand) -> Any:
    def look() -> Any:
        found = runs(web, brand)
        return found if found and all(each.state in OVER for each in found) else None

    return until(look, 120)


def test_a_brand_that_is_new_has_nothing_due(workers: Stack, web: Service, mine: Brand) -> None:
    workers.worker()
    _, following = newest_due(SHANGHAI, 1, "06:00", datetime.now(UTC))
    assert until(lambda: looked(web, mine)) == following
    assert runs(web, mine) == []


def test_four_workers_export_a_week_once(workers: Stack, web: Service, mine: Brand) -> None:
    for by in (-45, -15, 15, 45):
        worker_that(workers, "--shift", str(by))
    until(lambda: looked(web, mine))
    made_ago(web, mine, days=7)
    (only,) = all_over(web, mine)
    (week,) = due_weeks(1)
    assert (only.week, only.revision, only.state, only.created_by) == (week, 1, "done", "system")
    first = date.fromisocalendar(int(week[:4]), int(week[6:]), 1)
    monday = datetime.combine(first + timedelta(days=7), datetime.min.time(), SHANGHAI)
    assert only.scheduled_for == only.as_of == monday + timedelta(hours=6)
    # They look again and again, and find that it is done.
    web.sql("UPDATE schedule SET next_due_at = now() WHERE brand_id = :b", b=mine.brand_id)
    until(lambda: looked(web, mine))
    assert len(runs(web, mine)) == 1


def test_no_clock_counts_but_the_database_s(workers: Stack, web: Service, mine: Brand) -> None:
    """One worker lives nine days ahead, where the next week is due; one nine days behind."""
    ahead = worker_that(workers, "--shift", str(9 * 86_400))
    until(lambda: looked(web, mine))
    made_ago(web, mine, days=7)
    assert [each.week for each in all_over(web, mine)] == due_weeks(1)
    ahead.kill()
    ahead.wait()
    web.sql("DELETE FROM export WHERE brand_id = :b", b=mine.brand_id)
    web.sql("UPDATE schedule SET next_due_at = now() WHERE brand_id = :b", b=mine.brand_id)
    worker_that(workers, "--shift", str(-9 * 86_400))
    assert [each.week for each in all_over(web, mine)] == due_weeks(1)


def test_what_fell_due_while_nobody_worked_is_made_up(
    workers: Stack, web: Service, mine: Brand
) -> None:
    made_ago(web, mine, weeks=4)
    workers.worker()
    began = time.monotonic()
    found = all_over(web, mine)
    assert time.monotonic() - began < 300
    assert [(each.week, each.revision, each.state) for each in found] == [
        (week, 1, "done") for week in due_weeks(4)
    ]


def test_weeks_with_files_are_looked_at_again(workers: Stack, web: Service, mine: Brand) -> None:
    """A week that is due has the eight before it looked at; what came late makes a revision."""
    older = weeks_ago(3)
    for weeks in (1, 2, 3, 10):
        mine.post([order(f"o{weeks}-{mine.brand_id}", f"{weeks_ago(weeks).first_day}T12:00:00Z")])
        worker_that(workers) if weeks == 1 else None
        over(mine, ask(mine, week=weeks_ago(weeks).name).json()["id"])
    late = f"{older.first_day}T13:00:00Z"
    mine.post([order(f"late-{mine.brand_id}", late)])
    mine.drain()
    before = runs(web, mine)
    made_ago(web, mine, days=7)
    (newest,) = due_weeks(1)
    until(lambda: len(runs(web, mine)) > len(before) or None)
    found: dict[str, list[Any]] = {}
    for each in all_over(web, mine):
        found.setdefault(each.week, []).append((each.revision, each.state))
    assert newest in found
    assert found[older.name] == [(1, "done"), (2, "done")]
    # Each export holds what was paid before its week, so those after the late order moved too.
    assert found[weeks_ago(10).name] == [(1, "done")], "too long ago to be looked at"


def test_weeks_are_made_up_when_they_are_switched_on_again(
    workers: Stack, web: Service, mine: Brand
) -> None:
    with mine.client as client:
        assert client.patch("/v1/brand", json={"export_weekly": False}).status_code == 200
    made_ago(web, mine, days=7)
    workers.worker()
    until(lambda: looked(web, mine))
    assert runs(web, mine) == []
    with mine.client as client:
        client.patch("/v1/brand", json={"export_weekly": True, "export_language": "en"})
    assert [each.week for each in all_over(web, mine)] == due_weeks(1)
    (export,) = mine.ask("/v1/exports")["items"]
    assert export["language"] == "en"


def test_a_change_of_the_time_is_heeded_at_once(workers: Stack, web: Service, mine: Brand) -> None:
    workers.worker()
    until(lambda: looked(web, mine))
    for change in (
        {"export_weekday": 3, "export_time": "23:30"},
        {"timezone": "America/New_York"},
    ):
        with mine.client as client:
            brand = client.patch("/v1/brand", json=change).json()
        _, following = newest_due(
            ZoneInfo(brand["timezone"]),
            brand["export_weekday"],
            brand["export_time"],
            datetime.now(UTC),
        )
        until(partial(_looks_at, web, mine, following))


def _looks_at(web: Service, brand: Brand, due: datetime) -> bool | None:
    return looked(web, brand) == due or None
