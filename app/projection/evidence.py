"""Facts that are kept one by one: clicks, arrivals in lives, ends of lives, readings of notes."""

from datetime import datetime

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection

from app.core.sql import sql
from app.projection.apply import TOTALS
from app.projection.batch import Click, Measurement, View


async def put_clicks(connection: AsyncConnection, brand_id: int, clicks: list[Click]) -> None:
    """Store clicks."""
    if clicks:
        await connection.execute(
            sql("projection", "put_clicks"),
            {
                "brand": brand_id,
                "event_ids": [c.event_id for c in clicks],
                "event_sources": [c.event_source for c in clicks],
                "group_ids": [c.group_id for c in clicks],
                "member_ids": [c.member_id for c in clicks],
                "ats": [c.clicked_at for c in clicks],
                "message_ids": [c.message_id for c in clicks],
                "note_ids": [c.card.note_id for c in clicks],
                "live_ids": [c.card.live_id for c in clicks],
                "skus": [c.card.sku for c in clicks],
            },
        )


async def put_views(connection: AsyncConnection, brand_id: int, views: list[View]) -> None:
    """Store arrivals in lives."""
    if views:
        await connection.execute(
            sql("projection", "put_views"),
            {
                "brand": brand_id,
                "event_ids": [v.event_id for v in views],
                "event_sources": [v.event_source for v in views],
                "live_ids": [v.live_id for v in views],
                "member_ids": [v.member_id for v in views],
                "group_ids": [v.group_id for v in views],
                "ats": [v.viewed_at for v in views],
            },
        )


async def put_live_ends(
    connection: AsyncConnection, brand_id: int, ends: set[tuple[str, datetime]]
) -> None:
    """Store the ends that lives were given."""
    if ends:
        await connection.execute(
            text(
                "INSERT INTO live_end (brand_id, live_id, ended_at) SELECT :brand, *"
                " FROM unnest(CAST(:live_ids AS text[]), CAST(:ats AS timestamptz[]))"
                " ON CONFLICT DO NOTHING"
            ),
            {
                "brand": brand_id,
                "live_ids": [live_id for live_id, _ in ends],
                "ats": [at for _, at in ends],
            },
        )


async def put_measurements(
    connection: AsyncConnection, brand_id: int, readings: list[Measurement]
) -> None:
    """Store readings of notes' totals."""
    if readings:
        await connection.execute(
            sql("projection", "put_measurements"),
            {
                "brand": brand_id,
                "event_ids": [r.event_id for r in readings],
                "event_sources": [r.event_source for r in readings],
                "note_ids": [r.note_id for r in readings],
                "ats": [r.measured_at for r in readings],
            }
            | {name: [r.totals[name] for r in readings] for name in TOTALS},
        )
