"""Late events: how long until one event of long ago shows in the numbers."""

import time
import uuid
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import asyncpg
import httpx

from app.embedded.servers import Servers
from bench.size import Loaded
from bench.timing import percentile

TIMES = 7
POLL_SECONDS = 0.01
PATIENCE_SECONDS = 60.0
Event = dict[str, Any]

JOINERS = """
SELECT m.member_id, g.group_id
FROM (
    SELECT DISTINCT member_id, md5(member_id || $3) AS turn FROM membership
    WHERE brand_id = $1 AND joined_at < $2 AND role = 'member'
    ORDER BY turn
    LIMIT 200
) AS m
CROSS JOIN LATERAL (
    SELECT group_id FROM chat_group AS g
    WHERE g.brand_id = $1 AND NOT EXISTS (
        SELECT FROM membership AS o
        WHERE o.brand_id = $1 AND o.group_id = g.group_id AND o.member_id = m.member_id
    )
    LIMIT 1
) AS g
WHERE EXISTS (
    SELECT FROM shop_order AS o
    WHERE o.brand_id = $1 AND o.buyer_id = m.member_id AND o.paid_at IS NOT NULL
)
ORDER BY m.turn
LIMIT $4"""

PAID = """
SELECT o.order_id, o.buyer_id, o.amount, o.paid_at
FROM shop_order AS o
WHERE o.brand_id = $1 AND o.paid_at BETWEEN $2 AND $2 + INTERVAL '1 day' AND o.amount > 0
    AND NOT EXISTS (SELECT FROM refund AS r WHERE r.brand_id = $1 AND r.order_id = o.order_id)
ORDER BY md5(o.order_id || $3)
LIMIT $4"""

STRANGERS = """
SELECT i.id AS buyer_id
FROM identity AS i
WHERE i.brand_id = $1 AND i.space = 'buyer' AND i.customer_id = 'b:' || i.id
ORDER BY md5(i.id || $2)
LIMIT $3"""

LURKERS = """
SELECT DISTINCT m.member_id, md5(m.member_id || $2)
FROM membership AS m
JOIN identity AS i ON i.brand_id = $1 AND i.space = 'member' AND i.id = m.member_id
WHERE m.brand_id = $1 AND m.role = 'member' AND NOT EXISTS (
    SELECT FROM identity AS b
    WHERE b.brand_id = $1 AND b.space = 'buyer' AND b.customer_id = i.customer_id
)
ORDER BY md5(m.member_id || $2)
LIMIT $3"""


async def invent(servers: Servers, loaded: Loaded) -> dict[str, list[Event]]:
    """Seven late events of each kind, dated a year ago or, in a shorter history, at its half."""
    last = datetime.fromisoformat(loaded.last)
    past = last - timedelta(days=min(365, loaded.size.days // 2))
    run, brand = uuid.uuid4().hex[:8], loaded.brand
    connection = await asyncpg.connect(servers.database_url)
    try:
        joiners = await connection.fetch(JOINERS, brand, past, run, TIMES)
        paid = await connection.fetch(PAID, brand, past, run, 2 * TIMES)
        strangers = await connection.fetch(STRANGERS, brand, run, TIMES)
        lurkers = await connection.fetch(LURKERS, brand, run, TIMES)
    finally:
        await connection.close()

    def event(kind: str, n: int, at: datetime, data: dict[str, Any]) -> Event:
        when = at.astimezone(UTC).isoformat().replace("+00:00", "Z")
        return {"id": f"late-{run}-{kind}-{n}", "type": kind, "time": when, "data": data}

    return {
        "join": [
            event(
                "member.joined",
                n,
                past,
                {"group_id": row["group_id"], "member_id": row["member_id"]},
            )
            for n, row in enumerate(joiners)
        ],
        "order": [
            event(
                "order.paid",
                n,
                past,
                {
                    "order_id": f"late-{run}-{n}",
                    "buyer_id": row["buyer_id"],
                    "amount": 9_900,
                    "currency": "CNY",
                },
            )
            for n, row in enumerate(paid[:TIMES])
        ],
        "refund": [
            event(
                "order.refunded",
                n,
                row["paid_at"] + timedelta(days=2),
                {
                    "order_id": row["order_id"],
                    "refund_id": f"late-{run}-{n}",
                    "amount": row["amount"],
                },
            )
            for n, row in enumerate(paid[TIMES:])
        ],
        "link": [
            event(
                "identity.linked",
                n,
                past,
                {"member_id": lurker["member_id"], "buyer_id": stranger["buyer_id"]},
            )
            for n, (lurker, stranger) in enumerate(zip(lurkers, strangers, strict=True))
        ],
    }


def measure(
    client: httpx.Client, events: dict[str, list[Event]], say: Callable[[str], None]
) -> dict[str, float]:
    """For each kind the median of the seconds from posting one to nothing being pending."""
    buried = settle(client)
    found = {}
    for kind, each in events.items():
        times = []
        say(f"late events: {kind}")
        for event in each:
            began = time.perf_counter()
            client.post("/v1/events", json=[event]).raise_for_status()
            now_buried = settle(client)
            times.append(time.perf_counter() - began)
            if now_buried != buried:
                raise RuntimeError(f"a late {kind} became a dead letter")
        found[kind] = percentile(times, 0.5)
    return found


def settle(client: httpx.Client) -> int:
    """Wait until nothing is pending; gives how many dead letters there are.

    Raises:
        TimeoutError: where that takes too long.
    """
    until = time.monotonic() + PATIENCE_SECONDS
    while time.monotonic() < until:
        answer = client.get("/v1/status")
        answer.raise_for_status()
        status = answer.json()
        if not status["pending_events"] and not status["pending_recomputes"]:
            return int(status["dead_letters"])
        time.sleep(POLL_SECONDS)
    raise TimeoutError("a late event was not worked off in a minute")
