"""The benchmark of segments: previews of rules, counting wholly and again, metrics by segment."""

import asyncio
import time
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import click
import httpx
import msgspec
from rich.console import Console
from rich.table import Table
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncEngine

from app.core.db import open_pool, transaction
from app.crm.segments import saved
from app.crm.segments.refresh import refresh
from app.crm.segments.rule import Rule
from app.derive.touched import touch
from app.embedded.servers import Servers, running
from bench.brand import create_key, settings_of
from bench.figures import Figure, write
from bench.metrics import given, kept
from bench.processes import web
from bench.size import SMALL, Size
from bench.timing import once, percentile

YEAR = {"last_days": 365}
QUARTER = {"last_days": 90}
MEMBERS: dict[str, Any] = {"memberships": {"state": "now"}}
RULES: dict[str, dict[str, Any]] = {
    "two purchases in 90 days, in a group now": {
        "all": [{"purchases": {"at_least": 2, "when": QUARTER}}, MEMBERS]
    },
    "two purchases ever, in a group now, not by a note": {
        "all": [
            {"purchases": {"at_least": 2}},
            MEMBERS,
            {"not": {"memberships": {"source_kinds": ["note"]}}},
        ]
    },
    "in a group now, never bought": {"all": [MEMBERS, {"purchases": {"at_most": 0}}]},
    "500 yuan net in a year": {"purchases": {"measure": "net", "at_least": 50_000, "when": YEAR}},
    "in a group, silent for 30 days, bought in 90": {
        "all": [
            MEMBERS,
            {"messages": {"at_most": 0, "when": {"last_days": 30}}},
            {"purchases": {"when": QUARTER}},
        ]
    },
    "ten messages in 90 days": {"messages": {"at_least": 10, "when": QUARTER}},
    "ten messages ever": {"messages": {"at_least": 10}},
    "bought one of 97 articles": {"purchases": {"skus": ["sku5"]}},
    "nickname contains 1": {"nickname": {"contains": "1"}},
    "at risk": {"lifecycle": {"any_of": ["at_risk"]}},
    "not in any group": {"not": {"memberships": {}}},
}
QUESTIONS = {
    "gmv-share": {},
    "repurchase": {},
    "repurchase cohort": {"kind": "cohort"},
    "funnel": {"by": "note"},
    "retention": {"kind": "stay"},
    "before-after": {},
}
TOUCHED = 500


def previews(client: httpx.Client, times: int) -> tuple[Table, list[float]]:
    """Seconds of the preview of each rule, and the medians by themselves."""
    medians = []
    shown = Table("rule", "customers", "p50", "slowest")
    for name, rule in RULES.items():
        seconds, count = [], 0
        for _ in range(times):
            took, answer = once(lambda: client.post("/v1/segments/preview", json={"rule": rule}))  # noqa: B023
            assert answer.status_code == 200, answer.text
            seconds.append(took)
            count = answer.json()["count"]
        medians.append(percentile(seconds, 0.5))
        shown.add_row(name, f"{count:,}", f"{medians[-1]:.2f} s", f"{max(seconds):.2f} s")
    return shown, medians


async def counted(pool: AsyncEngine, brand: int) -> tuple[Table, str]:
    """Seconds of counting each segment wholly, and of those whom something touched."""
    shown = Table("rule", "wholly")
    segment_id = ""
    for name, rule in RULES.items():
        async with transaction(pool, brand) as connection:
            made = await saved.create(connection, brand, "bench", name, msgspec.convert(rule, Rule))
        began = time.perf_counter()
        await refresh(pool, brand)
        shown.add_row(name, f"{time.perf_counter() - began:.2f} s")
        segment_id = segment_id or made
    async with transaction(pool, brand) as connection:
        rows = await connection.execute(
            text(
                "SELECT customer_id FROM customer WHERE brand_id = :brand"
                " ORDER BY last_paid_at DESC NULLS LAST LIMIT :most"
            ),
            {"brand": brand, "most": TOUCHED},
        )
        await touch(connection, brand, "facts", [row.customer_id for row in rows])
    began = time.perf_counter()
    await refresh(pool, brand)
    took = time.perf_counter() - began
    shown.add_row(f"{TOUCHED} touched customers, all segments", f"{took:.2f} s")
    return shown, segment_id


def asked(client: httpx.Client, segment_id: str, window: dict[str, str], times: int) -> Table:
    """Milliseconds of metrics by segment: its members, everybody else, and all."""
    shown = Table("metric", "in", "out", "all")
    for name, more in QUESTIONS.items():
        cells = []
        for params in ({"segment": "in"}, {"segment": "out"}, None):
            given = window | more
            if params is not None:
                given |= params | {"segment_id": segment_id}
            path = f"/v1/metrics/{name.split()[0]}"
            seconds = []
            for _ in range(times):
                took, answer = once(lambda: client.get(path, params=given))  # noqa: B023
                assert answer.status_code == 200, answer.text
                seconds.append(took)
            cells.append(f"{percentile(seconds, 0.5) * 1000:.0f} ms")
        shown.add_row(name, *cells)
    return shown


async def forget(pool: AsyncEngine, brand: int) -> None:
    """Delete the segments that the benchmark saved."""
    async with transaction(pool, brand) as connection:
        for each in await saved.page(connection, brand, 200, None):
            if each.created_by == "bench":
                await saved.delete(connection, brand, each.segment_id)


async def work(servers: Servers, brand: int) -> tuple[Table, str]:
    """Count on a pool of its own, whose statements may take long."""
    settings = msgspec.structs.replace(
        settings_of(servers), pool_size=1, statement_timeout_ms=600_000
    )
    pool = open_pool(settings, "hongqun bench")
    try:
        await forget(pool, brand)
        return await counted(pool, brand)
    finally:
        await pool.dispose()


@click.command()
@click.option("--data", type=click.Path(path_type=Path), help="Keep the brand in this folder.")
@click.option("--orders", default=2_000_000, show_default=True)
@click.option("--customers", default=1_200_000, show_default=True)
@click.option("--messages", default=5_000_000, show_default=True)
@click.option("--days", default=1_096, show_default=True)
@click.option("--times", default=5, show_default=True, help="How often each is asked.")
@click.option("--small", is_flag=True, help="A small brand, asked twice: it runs, no figure.")
@click.option(
    "--json", "json_", type=click.Path(path_type=Path), default="bench/segments.json",
    help="Where to write what was found.",
)  # fmt: skip
def main(
    data: Path | None,
    orders: int,
    customers: int,
    messages: int,
    days: int,
    times: int,
    small: bool,
    json_: Path,
) -> None:
    """Measure segments over a brand of this size."""
    size = Size(orders=orders, customers=customers, messages=messages, days=days)
    if small:
        size, times = SMALL, 2
    console = Console()
    with ExitStack() as stack:
        folder = stack.enter_context(kept(data))
        loaded = given(folder, size, False)
        servers = stack.enter_context(running(folder / "servers"))
        counting, segment_id = asyncio.run(work(servers, loaded.brand))
        key = asyncio.run(create_key(servers, loaded.brand))
        base, _ = stack.enter_context(web(servers))
        client = stack.enter_context(
            httpx.Client(
                base_url=base,
                headers={"authorization": f"Bearer {key}"},
                timeout=120,
                trust_env=False,
            )
        )
        shown, medians = previews(client, times)
        console.print(shown)
        console.print(counting)
        window = {"start": "2026-10-01", "end": "2026-11-01"}
        console.print(asked(client, segment_id, window, times))
    told = [
        Figure("preview of a rule, median", percentile(medians, 0.5), "s"),
        Figure("preview of a rule, most", max(medians), "s"),
    ]
    write(json_, {"previews": dict(zip(RULES, medians, strict=True))}, told)


if __name__ == "__main__":
    main()
