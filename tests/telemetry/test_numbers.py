"""What web and worker tell after they have done what a test knows."""

import asyncio
import random
import socket
from contextlib import suppress
from functools import partial

import asyncpg
import httpx
import pytest

from app.core.settings import Settings
from tests.conftest import free_port
from tests.make import Brand
from tests.metrics.told import events
from tests.sheets.files import XLSX, csv, imported
from tests.stack import Stack
from tests.telemetry.conftest import Told
from tests.telemetry.scrape import Scrape, scrape, scrape_until

DAY = """
    03-01 09:00 member.joined group_id=g1 member_id=ann
    03-01 10:00 message.sent group_id=g1 message_id=m1 member_id=ann
    03-02 12:00 order.paid order_id=o1 buyer_id=ann amount=1000
"""

LABELS = {
    *("method", "route", "status", "outcome", "code", "pool", "sqlstate", "stage", "kind", "use"),
    *(
        "queue",
        "table",
        "process",
        "version",
        "le",
        "implementation",
        "major",
        "minor",
        "patchlevel",
    ),
}
"""Every label there is. None may name what clients make up: brands, sources, groups, people."""


def gained(before: Scrape, after: Scrape, name: str, **labels: str) -> float:
    return after.value(name, **labels) - before.value(name, **labels)


@pytest.fixture
def brand(told: Told) -> Brand:
    return told.service.brand()


def test_events_are_counted_by_what_became_of_them(told: Told, brand: Brand) -> None:
    before, worked = scrape(told.web), scrape(told.worker)
    wrong = {"id": "x", "type": "order.paid", "time": "2025-03-01T00:00:00Z", "data": {}}
    brand.post([*events(DAY), events(DAY)[0]])
    brand.post([*events(DAY)[:2], wrong])
    with brand.client as client:
        assert client.post("/v1/events", json=[wrong]).status_code == 422
        refused = client.post(
            "/v1/events", content=b"{", headers={"content-type": "application/json"}
        )
    assert refused.status_code == 400
    brand.drain()
    after = scrape(told.web)
    counted = {
        outcome: gained(before, after, "hongqun_intake_events_total", outcome=outcome)
        for outcome in ("accepted", "duplicate", "rejected")
    }
    assert counted == {"accepted": 3, "duplicate": 3, "rejected": 2}
    assert gained(before, after, "hongqun_intake_batch_events_count") == 3
    assert gained(before, after, "hongqun_intake_batch_events_sum") == 8
    assert gained(before, after, "hongqun_dead_letters_total", code="invalid_json") == 1
    assert gained(before, after, "hongqun_dead_letters_total") == 3
    assert gained(before, after, "hongqun_database_commit_seconds_count", pool="hongqun web") >= 3
    # The queues are empty, so all of it was projected, and the one customer derived.
    rows = gained(worked, scrape(told.worker), "hongqun_pump_batch_rows_sum", stage="project")
    assert rows == 3
    worked_off = scrape(told.worker)
    assert gained(worked, worked_off, "hongqun_pump_batch_rows_sum", stage="derive") >= 1
    assert gained(worked, worked_off, "hongqun_pump_batch_rows_sum", stage="count_sums") >= 1
    assert gained(worked, worked_off, "hongqun_pump_turns_total", outcome="served") >= 1


def test_requests_are_counted_by_the_template_of_their_route(told: Told, brand: Brand) -> None:
    before = scrape(told.web)
    with brand.client as client:
        for order_id in ("a", "b"):
            assert client.get(f"/v1/orders/{order_id}").status_code == 404
        assert client.get("/v1/status").status_code == 200
        assert client.get("/v1/nothing/of/the/kind").status_code == 404
        assert client.request("BREW", "/v1/status").status_code == 405
    after = scrape(told.web)

    def requests(**labels: str) -> float:
        return gained(before, after, "hongqun_http_requests_total", **labels)

    assert requests(method="GET", route="/v1/orders/{order_id}", status="404") == 2
    assert requests(method="GET", route="/v1/status", status="200") == 1
    assert requests(method="GET", route="none", status="404") == 1
    assert requests(method="other", route="none", status="405") == 1
    seconds = "hongqun_http_request_seconds_count"
    assert gained(before, after, seconds, method="GET", route="/v1/orders/{order_id}") == 2
    assert after.value("hongqun_http_requests_in_flight") == 0


def test_the_port_of_the_api_tells_none_of_it(told: Told, brand: Brand) -> None:
    """Its numbers are of all brands, and an administrator is one of a brand."""
    with brand.client as client:
        assert client.get("/metrics").status_code == 404
    assert httpx.get(f"{told.service.base}/metrics", trust_env=False).status_code == 404


def test_errors_are_counted_by_sqlstate(stack: Stack) -> None:
    port = free_port()
    service = stack.web(HONGQUN_METRICS_PORT=str(port), HONGQUN_STATEMENT_TIMEOUT_MS="300")
    brand = service.brand()

    async def blocked() -> int:
        connection = await asyncpg.connect(stack.settings.database)
        try:
            async with connection.transaction():
                await connection.execute("LOCK TABLE shop_order IN ACCESS EXCLUSIVE MODE")
                return await asyncio.to_thread(ask)
        finally:
            await connection.close()

    def ask() -> int:
        with brand.client as client:
            return client.get("/v1/orders/o1").status_code

    assert asyncio.run(blocked()) == 503
    told = scrape(port)
    assert dict_of(told, "hongqun_database_errors_total", "sqlstate") == {"57014": 1}


def test_jobs_are_counted_by_their_outcome(told: Told, brand: Brand) -> None:
    before = scrape(told.worker)
    order = csv("order_id,buyer_id,amount,paid_at", "o1,b1,100,2025-03-01T12:00:00+08:00")
    assert imported(brand, order, kind="orders", amounts="fen")["state"] == "done"
    assert imported(brand, b"PK\3\4 none", XLSX, kind="orders", amounts="fen")["state"] == "failed"
    jobs = {"keep", "verify", "personal", "housekeeping", "import", "segments"}
    after = scrape_until(
        told.worker,
        lambda told: jobs <= {labels["kind"] for labels, _ in told.samples("hongqun_jobs_total")},
    )
    assert gained(before, after, "hongqun_jobs_total", kind="import", outcome="done") == 1
    assert gained(before, after, "hongqun_jobs_total", kind="import", outcome="failed") == 1
    assert gained(before, after, "hongqun_job_seconds_count", kind="import") == 2
    assert after.value("hongqun_verify_differences_total") == 0


def two_free_ports() -> int:
    """The first of two, where clients of this machine get none of theirs."""
    while True:
        first = random.randrange(10_000, 32_000)
        with suppress(OSError), socket.socket() as one, socket.socket() as other:
            one.bind(("127.0.0.1", first))
            other.bind(("127.0.0.1", first + 1))
            return first


def test_processes_of_a_host_take_one_port_after_the_other(stack: Stack) -> None:
    first = two_free_ports()
    service = stack.web(processes=2, HONGQUN_METRICS_PORT=str(first))
    with httpx.Client(trust_env=False) as client:
        for _ in range(20):
            client.get(f"{service.base}/v1/nothing")
    told = [scrape(port) for port in (first, first + 1)]
    assert sum(each.value("hongqun_http_requests_total", route="none") for each in told) == 20
    assert all(each.value("hongqun_build_info", process="web") == 1 for each in told)


def test_redis_is_up_or_not(settings: Settings, stack: Stack) -> None:
    """Seen from both sides, where there is one and where its address leads nowhere."""
    assert settings.redis_url is not None
    up, listening, down, deaf = (free_port() for _ in range(4))
    stack.web(REDIS_URL=settings.redis_url, HONGQUN_METRICS_PORT=str(up))
    workers = [stack.worker(REDIS_URL=settings.redis_url, HONGQUN_METRICS_PORT=str(listening))]
    away = "redis://127.0.0.1:1/0"
    stack.web(REDIS_URL=away, HONGQUN_METRICS_PORT=str(down))
    workers.append(stack.worker(REDIS_URL=away, HONGQUN_METRICS_PORT=str(deaf)))
    for port, use, wanted in (
        (up, "send", 1),
        (listening, "listen", 1),
        (down, "send", 0),
        (deaf, "listen", 0),
    ):
        scrape_until(port, partial(says, use, wanted))
    for worker in workers:  # what they would take is counted elsewhere
        worker.terminate()
        worker.wait(30)


def says(use: str, wanted: float, told: Scrape) -> bool:
    return told.samples("hongqun_redis_up") == [({"use": use}, wanted)]


def test_no_label_grows_with_what_clients_make_up(told: Told, brand: Brand) -> None:
    brand.post(events(DAY))
    for port in (told.web, told.worker):
        for family in scrape(port).families:
            for sample in family.samples:
                assert set(sample.labels) <= LABELS, sample
                if sample.name == "python_info":
                    continue  # its version may be as short as the id of a brand
                assert not {brand.source_id, str(brand.brand_id), "g1", "ann"} & set(
                    sample.labels.values()
                ), sample


def dict_of(told: Scrape, name: str, label: str) -> dict[str, float]:
    return {labels[label]: value for labels, value in told.samples(name)}
