"""The benchmark of lists: first and hundredth page of each, filters, and search, over HTTP."""

import asyncio
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import asyncpg
import click
import httpx
import msgspec
from rich.console import Console
from rich.table import Table

from app.embedded.servers import Servers, running
from bench.brand import create_key
from bench.figures import Figure, write
from bench.metrics import given, kept, say
from bench.processes import web
from bench.size import SMALL, Size
from bench.timing import once, percentile

LARGE = (
    *("customer", "identity", "joining", "member", "membership", "message"),
    *("order_credit", "purchase_day", "shop_order"),
)
PAGE = 100


class Case(msgspec.Struct, frozen=True):
    """A list, and how it is asked."""

    path: str
    asked: dict[str, str] = {}

    @property
    def name(self) -> str:
        said = " ".join(f"{name}={value}" for name, value in self.asked.items())
        return f"{self.path} {said}".strip()


FLOOR = Case("brand")
"""No list: what any request costs, its key, one row and HTTP, on a machine that may be busy."""


class Timed(msgspec.Struct, frozen=True):
    """Milliseconds: the median of the first page, of the hundredth or else the last, and worst."""

    name: str
    first: float
    far: float
    page: int
    worst: float
    rows: int


def cases(group: str, note: str, creator: str, customer: str) -> list[Case]:
    """What operators ask: each order, each filter, common and rare."""
    c, m, o = "customers", "messages", "orders"
    return [
        FLOOR,
        Case("groups"),
        Case(f"groups/{group}/members"),
        Case(f"groups/{group}/members", {"at": "ever"}),
        Case(f"groups/{group}/members", {"at": "2025-06-01T00:00:00+08:00"}),
        Case("notes"),
        Case("notes", {"sort": "-views"}),
        Case("notes", {"creator_id": creator}),
        Case("creators"),
        Case("lives"),
        *(
            Case(c, {"sort": sign + name})
            for name in ("last_paid_at", "first_joined_at", "first_paid_at", "net", "purchase_days")
            for sign in ("-", "")
        ),
        Case(c, {"group_id": group}),
        Case(c, {"note_id": note}),
        Case(c, {"tag_id": "vip"}),
        Case(c, {"tag_id": "rare", "sort": "-net"}),
        Case(c, {"segment_id": "big", "sort": "first_joined_at"}),
        Case(c, {"min_net": "100000", "silent_days": "30"}),
        Case(c, {"silent_days": "30", "group_id": group, "sort": "-net"}),
        Case(m),
        Case(m, {"sort": "sent_at"}),
        Case(m, {"group_id": group}),
        Case(m, {"recalled": "true"}),
        *(
            Case(m, {"q": q})
            for q in ("回购", "珍珠耳环", "Dior", "P123", "好", "优惠券 99号", "不存在的词")
        ),
        Case(m, {"q": "回购", "group_id": group}),
        Case(c, {"q": "昵称"}),
        Case(c, {"q": "abc12"}),
        *(
            Case(o, {"sort": sign + name})
            for name in ("paid_at", "placed_at", "amount")
            for sign in ("-", "")
        ),
        Case(o, {"cell": "member_and_touch"}),
        Case(o, {"refunded": "full"}),
        Case(o, {"group_id": group}),
        Case(o, {"note_id": note}),
        Case(o, {"creator_id": creator}),
        Case(o, {"status": "placed"}),
        Case(o, {"customer_id": customer}),
        Case(o, {"group_id": group, "refunded": "full", "sort": "-amount"}),
    ]


def measure(client: httpx.Client, case: Case, times: int, pages: int) -> Timed:
    """Time the first page and the hundredth (`pages`), or the last where there are fewer."""
    rows, worst = 0, 0.0

    def ask(cursor: str | None) -> dict[str, Any]:
        more = {} if cursor is None else {"cursor": cursor}
        answer = client.get(f"/v1/{case.path}", params=case.asked | more)
        assert answer.status_code == 200, answer.text
        found: dict[str, Any] = answer.json()
        return found

    def median(cursor: str | None) -> float:
        seconds = [once(lambda: ask(cursor))[0] for _ in range(times)]
        return percentile(seconds, 0.5) * 1000

    first, cursor, number = median(None), None, 1
    while True:
        seconds, answer = once(lambda at=cursor: ask(at))  # type: ignore[misc]
        worst = max(worst, seconds * 1000)
        rows += len(answer.get("items", ()))
        if answer.get("next") is None or number == pages:
            break
        cursor, number = answer["next"], number + 1
    return Timed(case.name, first, median(cursor), number, worst, rows)


async def scans(url: str) -> dict[str, int]:
    """How often each large table was read from end to end, ever."""
    connection = await asyncpg.connect(url)
    try:
        await asyncio.sleep(2)  # a session tells its counts about once a second
        rows = await connection.fetch(
            "SELECT relname, seq_scan FROM pg_stat_user_tables WHERE relname = ANY($1)", LARGE
        )
    finally:
        await connection.close()
    return {row["relname"]: row["seq_scan"] for row in rows}


async def chosen(url: str, brand: int) -> list[Case]:
    """The cases, with a busy group, note, creator and customer of the brand."""
    connection = await asyncpg.connect(url)
    try:
        await connection.execute(TAGS, timeout=600)
        found = [
            await connection.fetchval(f"SELECT {column} FROM {table} WHERE {condition}", brand)
            for column, table, condition in (
                ("group_id", "chat_group", "brand_id = $1 ORDER BY group_id LIMIT 1"),
                ("note_id", "note", "brand_id = $1 ORDER BY published_at OFFSET 1000 LIMIT 1"),
                ("creator_id", "note", "brand_id = $1 ORDER BY published_at OFFSET 1000 LIMIT 1"),
                ("customer_id", "customer", "brand_id = $1 ORDER BY purchase_days DESC LIMIT 1"),
            )
        ]
    finally:
        await connection.close()
    return cases(*found)


TAGS = """
INSERT INTO tag (brand_id, tag_id, name)
    SELECT brand_id, tag_id, tag_id FROM brand, unnest(ARRAY['vip', 'rare']) AS named (tag_id)
    ON CONFLICT DO NOTHING;
INSERT INTO tagging (brand_id, tag_id, space, id, tagged_by)
    SELECT brand_id, CASE hashtext(id) % 20 WHEN 0 THEN 'vip' ELSE 'rare' END, space, id, 'bench'
    FROM identity WHERE hashtext(id) % 20 = 0 OR hashtext(id) % 5000 = 1
    ON CONFLICT DO NOTHING;
INSERT INTO segment (brand_id, segment_id, name, rule, created_by)
    SELECT brand_id, 'big', 'big', '{}', 'bench' FROM brand ON CONFLICT DO NOTHING;
INSERT INTO segment_member (brand_id, segment_id, customer_id)
    SELECT brand_id, 'big', customer_id FROM customer WHERE net > 20000 ON CONFLICT DO NOTHING;
ANALYZE tagging; ANALYZE segment_member
"""
"""A tag that one in twenty has, one that one in 5,000 has, a segment of who spent 200 yuan."""


def ask_all(
    servers: Servers, brand: int, only: tuple[str, ...], times: int, pages: int
) -> list[Timed]:
    """Ask every case, and say which large table was read from end to end."""
    key = asyncio.run(create_key(servers, brand))
    asked = asyncio.run(chosen(servers.database_url, brand))
    before = asyncio.run(scans(servers.database_url))
    found = []
    with ExitStack() as ending:
        base, _ = ending.enter_context(web(servers))
        client = ending.enter_context(
            httpx.Client(
                base_url=base,
                headers={"authorization": f"Bearer {key}"},
                timeout=60,
                trust_env=False,
            )
        )
        for case in asked:
            if not only or any(part in case.name for part in only):
                found.append(measure(client, case, times, pages))
                one = found[-1]
                say(f"{one.name}: {one.first:.1f}, page {one.page}: {one.far:.1f}")
    after = asyncio.run(scans(servers.database_url))
    read = {name for name, count in after.items() if count > before[name]}
    say(f"read from end to end: {', '.join(sorted(read)) or 'no large table'}")
    return found


def show(found: list[Timed]) -> None:
    """The times as a table."""
    table = Table("list", "first ms", "page", "its ms", "worst ms", "rows seen")
    for one in found:
        table.add_row(
            one.name,
            f"{one.first:.0f}",
            str(one.page),
            f"{one.far:.0f}",
            f"{one.worst:.0f}",
            f"{one.rows:,}",
        )
    Console().print(table)


size_of = Size(customers=1_200_000)


@click.command(context_settings={"help_option_names": ["-h", "--help"], "show_default": True})
@click.option("--orders", default=size_of.orders, type=click.IntRange(100), help="Orders.")
@click.option("--customers", default=size_of.customers, type=click.IntRange(100), help="People.")
@click.option("--messages", default=size_of.messages, type=click.IntRange(100), help="Messages.")
@click.option(
    "--data",
    type=click.Path(path_type=Path, file_okay=False),
    help="Folder of the servers; it is kept, and used again by the next run of the same size.",
)
@click.option("--only", multiple=True, help="Only lists whose name has this part, as `orders`.")
@click.option("--times", default=15, type=click.IntRange(1), help="Repetitions.")
@click.option("--small", is_flag=True, help="A small brand, asked three times: it runs, no figure.")
@click.option(
    "--json", "json_", type=click.Path(path_type=Path), default="bench/lists.json",
    help="Where to write what was found.",
)  # fmt: skip
def main(
    orders: int,
    customers: int,
    messages: int,
    data: Path | None,
    only: tuple[str, ...],
    times: int,
    small: bool,
    json_: Path,
) -> None:
    """Load a brand of a million customers and page through its lists."""
    size, pages = Size(orders=orders, customers=customers, messages=messages), PAGE
    if small:
        size, times, pages = SMALL, 3, 10
    with kept(data) as folder:
        loaded = given(folder, size, False)
        with running(folder / "servers", say=say) as servers:
            found = ask_all(servers, loaded.brand, only, times, pages)
    slower = [max(one.first, one.far) for one in found]
    told = [
        Figure("a page, median of the lists", percentile(slower, 0.5), "ms"),
        Figure("a page of the slowest list", max(slower), "ms"),
    ]
    write(json_, {"lists": found}, told)
    show(found)


if __name__ == "__main__":
    main()
