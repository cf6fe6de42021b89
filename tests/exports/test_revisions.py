"""Revisions of a week: numbered in order, of one instant, and only where something moved."""

from concurrent.futures import ThreadPoolExecutor
from typing import Any

from tests.exports.running import ask, order, over, until, weeks_ago
from tests.make import Brand, Service
from tests.stack import Stack


def week_of(brand: Brand) -> Any:
    week = weeks_ago(1)
    brand.post([order(f"o1-{brand.brand_id}", f"{week.first_day}T12:00:00+08:00")])
    return week


def test_a_run_in_which_nothing_moved_is_no_revision(
    workers: Stack, web: Service, mine: Brand
) -> None:
    week = week_of(mine)
    workers.worker()
    mine.drain()
    first = over(mine, ask(mine, week=week.name).json()["id"])
    assert (first["state"], first["revision"], first["previous"]) == ("done", 1, None)
    same = over(mine, ask(mine, week=week.name).json()["id"])
    assert (same["state"], same["revision"], same["previous"]) == ("unchanged", None, first["id"])
    assert (same["files"], same["percent"]) == ([], 100)
    mine.post([order(f"late-{mine.brand_id}", f"{week.first_day}T13:00:00+08:00")])
    mine.drain()
    second = over(mine, ask(mine, week=week.name).json()["id"])
    assert (second["state"], second["revision"], second["previous"]) == ("done", 2, first["id"])
    assert second["moved"]["numbers"] >= 1
    assert first["as_of"] == second["as_of"]
    assert mine.ask(f"/v1/exports/{first['id']}") == first, "what was published stays as it was"
    # What happened after the instant of all revisions is the next week's.
    mine.post([order(f"next-{mine.brand_id}", f"{weeks_ago(0).first_day}T23:00:00+08:00")])
    mine.drain()
    third = over(mine, ask(mine, week=week.name).json()["id"])
    assert (third["state"], third["previous"]) == ("unchanged", second["id"])


def test_who_asks_at_once_gets_one(workers: Stack, web: Service, mine: Brand) -> None:
    week = weeks_ago(1)
    with ThreadPoolExecutor(8) as threads:
        answers = list(threads.map(lambda _: ask(mine, week=week.name).json(), range(16)))
    assert len({each["id"] for each in answers}) == 1
    assert {each["revision"] for each in answers} == {1}
    workers.worker()
    assert over(mine, answers[0]["id"])["state"] == "done"


def test_its_instant_stays_when_the_schedule_changes(
    workers: Stack, web: Service, mine: Brand
) -> None:
    week = week_of(mine)
    workers.worker()
    mine.drain()
    first = over(mine, ask(mine, week=week.name).json()["id"])
    with mine.client as client:
        client.patch("/v1/brand", json={"export_weekday": 7, "export_time": "23:59"})
    mine.post([order(f"late-{mine.brand_id}", f"{week.first_day}T13:00:00+08:00")])
    mine.drain()
    second = over(mine, ask(mine, week=week.name).json()["id"])
    assert (second["revision"], second["as_of"]) == (2, first["as_of"])


def test_a_brand_has_one_running_at_a_time(workers: Stack, web: Service, mine: Brand) -> None:
    ids = [ask(mine, week=weeks_ago(n).name).json()["id"] for n in range(1, 5)]
    for _ in range(4):
        workers.worker()
    most = 0

    def done() -> bool | None:
        nonlocal most
        states = [row[0] for row in web.sql(
            "SELECT state FROM export WHERE brand_id = :b", b=mine.brand_id
        )]  # fmt: skip
        most = max(most, states.count("running"))
        return True if states.count("done") == len(ids) else None

    until(done)
    assert most <= 1


def test_it_waits_for_what_was_accepted_before(workers: Stack, web: Service, mine: Brand) -> None:
    """An event that nobody projects keeps the run waiting; once it is counted it goes on."""
    week = week_of(mine)
    # As a worker sees it that has the brand in hand and does not get on.
    web.sql(
        "UPDATE work_lease SET leased_until = now() + interval '1 hour' WHERE brand_id = :b",
        b=mine.brand_id,
    )
    export_id = ask(mine, week=week.name).json()["id"]
    workers.worker()
    until(lambda: mine.ask(f"/v1/exports/{export_id}")["step"] == "waiting" or None)
    assert mine.ask(f"/v1/exports/{export_id}")["state"] in ("queued", "running")
    web.sql("UPDATE work_lease SET leased_until = now() WHERE brand_id = :b", b=mine.brand_id)
    found = over(mine, export_id)
    assert (found["state"], found["rows"] > 0) == ("done", True)


def test_it_does_not_wait_for_ever(workers: Stack, web: Service, mine: Brand) -> None:
    week = week_of(mine)
    web.sql(
        "UPDATE work_lease SET leased_until = now() + interval '1 hour' WHERE brand_id = :b",
        b=mine.brand_id,
    )
    export_id = ask(mine, week=week.name).json()["id"]
    workers.worker()
    until(lambda: mine.ask(f"/v1/exports/{export_id}")["step"] == "waiting" or None)
    web.sql(
        "UPDATE export SET created_at = created_at - interval '4 minutes' WHERE export_id = :id",
        id=export_id,
    )
    assert over(mine, export_id)["state"] == "done"
