"""Working on deliveries: claimed under a lease, tried, and what came of it written down.

A worker that dies leaves its lease to lapse, and the message is sent again by the same id.
"""

import asyncio

import msgspec
import structlog
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from app.core.db import transaction
from app.core.sql import sql
from app.outbound.deliver import Post, Sender
from app.outbound.outcome import Outcome
from app.outbound.retry import next_try
from app.telemetry.numbers import doing

LEASE_SECONDS = 30
"""Twice what a try may take."""

MOST_OF_ENDPOINT = 2
"""Tries at once of one endpoint, by all workers together."""

log = structlog.get_logger()


class InHand(msgspec.Struct, frozen=True):
    """A try that this worker has in hand; it is the n-th, and the step-th of its round."""

    brand_id: int
    endpoint_id: str
    n: int
    step: int
    type: str
    post: Post


async def due(pool: AsyncEngine) -> list[int]:
    """The brands that have something to deliver, the one that waits longest first."""
    async with transaction(pool) as connection:
        rows = await connection.execute(
            text(
                "SELECT brand_id FROM webhook_delivery WHERE state = 'pending'"
                " AND next_at <= now() AND (leased_until IS NULL OR leased_until < now())"
                " GROUP BY brand_id ORDER BY min(next_at)"
            )
        )
        return [row.brand_id for row in rows]


async def claim(pool: AsyncEngine, brand_id: int, holder: str, most: int) -> list[InHand]:
    """Take some of a brand's deliveries in hand; endpoints that another claims from are left."""
    async with transaction(pool, brand_id) as connection:
        endpoints = await connection.execute(
            text(
                "SELECT endpoint_id FROM webhook_endpoint"
                " WHERE brand_id = :brand AND off_at IS NULL FOR UPDATE SKIP LOCKED"
            ),
            {"brand": brand_id},
        )
        rows = await connection.execute(
            sql("outbound", "claim"),
            {
                "brand": brand_id,
                "endpoints": [row.endpoint_id for row in endpoints],
                "holder": holder,
                "seconds": LEASE_SECONDS,
                "of_endpoint": MOST_OF_ENDPOINT,
                "most": most,
            },
        )
        return [
            InHand(
                brand_id=brand_id,
                endpoint_id=row.endpoint_id,
                n=row.attempts,
                step=row.step,
                type=row.type,
                post=Post(row.url, row.secrets, row.message_id, row.timestamp, bytes(row.body)),
            )
            for row in rows
        ]


async def work(pool: AsyncEngine, one: InHand, sender: Sender) -> None:
    """Try one delivery, and write down what came of it."""
    with doing("delivery") as job:
        job.outcome = await _work(pool, one, sender)


async def _work(pool: AsyncEngine, one: InHand, sender: Sender) -> str:
    began = asyncio.get_running_loop().time()
    try:
        outcome = await sender.send(one.post)
    except asyncio.CancelledError:
        await _release(pool, one)
        raise
    except Exception:
        log.exception("delivery_failed", brand_id=one.brand_id, message_id=one.post.message_id)
        outcome = Outcome("broken", "something went wrong on our side")
    took_ms = int((asyncio.get_running_loop().time() - began) * 1000)
    async with transaction(pool, one.brand_id) as connection:
        await end(connection, one, outcome, took_ms)
    return outcome.code


async def end(connection: AsyncConnection, one: InHand, outcome: Outcome, took_ms: int) -> None:
    """Write down how a try ended; nothing where it is not this worker's any more."""
    # In the order in which everybody else takes these locks: the endpoint first.
    now = await connection.scalar(
        text(
            "SELECT clock_timestamp() FROM webhook_endpoint"
            " WHERE brand_id = :brand AND endpoint_id = :endpoint FOR UPDATE"
        ),
        {"brand": one.brand_id, "endpoint": one.endpoint_id},
    )
    if now is None:
        return
    again = None
    if outcome.code not in ("delivered", "gone") and one.type != "webhook.test":
        again = next_try(one.step, now, outcome.retry_after)
    state = "delivered" if outcome.code == "delivered" else "failed" if again is None else "pending"
    given = {"brand": one.brand_id, "endpoint": one.endpoint_id, "message": one.post.message_id}
    written = await connection.execute(
        sql("outbound", "end"),
        given
        | {
            "n": one.n,
            "state": state,
            "next_at": again,
            "took_ms": took_ms,
            "code": outcome.code,
            "status": outcome.status,
            "detail": outcome.detail,
            "answer": outcome.answer,
        },
    )
    if written.scalar_one() == 0:
        log.info("delivery_lost", brand_id=one.brand_id, message_id=one.post.message_id)
    elif outcome.code == "gone":
        detail = "The receiver answered 410: it wants no more."
        await switch_off(connection, one.brand_id, one.endpoint_id, "gone", detail)
    elif state == "failed" and one.type != "webhook.test":
        said = outcome.code if outcome.status is None else f"status {outcome.status}"
        detail = f"Message {one.post.message_id} failed over three days; the last time: {said}."
        await switch_off(connection, one.brand_id, one.endpoint_id, "failing", detail)


async def switch_off(
    connection: AsyncConnection, brand_id: int, endpoint_id: str, code: str, detail: str
) -> None:
    """Send nothing more to an endpoint; what is still on its way stops, and can be replayed."""
    given = {"brand": brand_id, "endpoint": endpoint_id}
    await connection.execute(
        text(
            "UPDATE webhook_endpoint SET off_at = clock_timestamp(), off_code = :code,"
            " off_detail = :detail"
            " WHERE brand_id = :brand AND endpoint_id = :endpoint AND off_at IS NULL"
        ),
        given | {"code": code, "detail": detail},
    )
    await connection.execute(
        text(
            "UPDATE webhook_delivery SET state = 'stopped', next_at = NULL,"
            " ended_at = clock_timestamp()"
            " WHERE brand_id = :brand AND endpoint_id = :endpoint AND state = 'pending'"
        ),
        given,
    )
    log.warning("webhook_switched_off", brand_id=brand_id, endpoint_id=endpoint_id, code=code)


async def _release(pool: AsyncEngine, one: InHand) -> None:
    try:
        async with transaction(pool, one.brand_id) as connection:
            await connection.execute(
                text(
                    "UPDATE webhook_delivery SET leased_until = now() - interval '1 second'"
                    " WHERE brand_id = :brand AND endpoint_id = :endpoint"
                    " AND message_id = :message AND attempts = :n AND state = 'pending'"
                ),
                {
                    "brand": one.brand_id,
                    "endpoint": one.endpoint_id,
                    "message": one.post.message_id,
                    "n": one.n,
                },
            )
    except Exception as error:
        log.warning("delivery_lease", error=type(error).__name__)
