"""Exports of lists as tests make them: the frames' rows, and the same rows by the list's route."""

import asyncio
import tempfile
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import msgspec

from app.core.db import open_pool, session
from app.crm import brands
from app.exports.asked import Asked, ListName, Run
from app.exports.frame import Frame
from app.exports.lists import PARAMETERS, list_frames
from app.metrics.words import Language
from tests.make import Brand, Service

Row = dict[str, Any]

KEYS: dict[ListName, tuple[str, ...]] = {
    "orders": ("order_id",),
    "customers": ("customer_id",),
    "members": ("group_id", "member_id", "joined_at"),
    "groups": ("group_id",),
    "notes": ("note_id",),
    "creators": ("creator_id",),
    "lives": ("live_id",),
}
"""What tells rows apart, and their order."""

LEFT_OUT = {"excerpt", "joins_at_least", "items", "refunds"}
"""Fields of routes that no export has."""


def run_of(brand: Brand, asked: Asked, language: Language = "zh-CN") -> Run:
    """A run, as a worker has it in hand."""
    return Run(
        brand_id=brand.brand_id,
        export_id="exp_1",
        kind="list" if asked.segment_id is None else "segment",
        week=None,
        revision=None,
        first_day=None,
        end_day=None,
        as_of=datetime.now(UTC),
        language=language,
        asked=asked,
        previous_id=None,
        attempts=1,
    )


def read(
    service: Service, brand: Brand, asked: Asked, language: Language = "zh-CN"
) -> dict[str, list[Row]]:
    """The rows of each table, as the worker reads them in one snapshot."""

    async def go() -> dict[str, list[Row]]:
        pool = open_pool(service.as_role("worker"), "hongqun test", walled=True)
        try:
            async with session(pool, brand.brand_id) as connection:
                await connection.execution_options(
                    isolation_level="REPEATABLE READ", postgresql_readonly=True
                )
                async with connection.begin():
                    theirs = await brands.get(connection, brand.brand_id)
                    with tempfile.TemporaryDirectory() as folder:
                        frames = await list_frames(
                            connection, theirs, run_of(brand, asked, language), Path(folder)
                        )
                        return {name: rows_of(frame) for name, frame in frames.items()}
        finally:
            await pool.dispose()

    return asyncio.run(go())


def rows_of(frame: Frame) -> list[Row]:
    """The rows of a frame, which may be read again and again."""
    first = [row for batch in frame.batches() for row in batch.to_pylist()]
    again = [row for batch in frame.batches() for row in batch.to_pylist()]
    assert first == again
    assert len(first) == frame.rows
    for batch in frame.batches():
        assert batch.schema == frame.spec.schema
    return first


def walked(brand: Brand, path: str, **params: Any) -> list[Row]:
    """All rows of a list, page by page."""
    items: list[Row] = []
    cursor: dict[str, Any] = {}
    while True:
        page = brand.ask(f"/v1/{path}", limit=3, **params, **cursor)
        items += page["items"]
        if page["next"] is None:
            return items
        cursor = {"cursor": page["next"]}


def by_route(brand: Brand, name: ListName, filters: dict[str, Any]) -> list[Row]:
    """The rows of the list by its route, in the order of exports, with what these can say."""
    params = {
        key: str(value).lower() if isinstance(value, bool) else value
        for key, value in filters.items()
    }
    if name != "members":
        items = walked(brand, name, **params)
    else:
        within = params.pop("group_id", None)
        groups = [within] if within else [row["group_id"] for row in walked(brand, "groups")]
        items = [
            {"group_id": group_id} | row
            for group_id in groups
            for row in walked(brand, f"groups/{group_id}/members", **params)
        ]
    rows = [
        {key: _told(key, value) for key, value in row.items() if key not in LEFT_OUT}
        for row in items
    ]
    return sorted(rows, key=lambda row: [_bytes(row[key]) for key in KEYS[name]])


def same_fields(exported: list[Row], routed: list[Row]) -> list[Row]:
    """The rows of an export with the fields that the route has."""
    fields = routed[0].keys() if routed else ()
    return [{field: row[field] for field in fields} for row in exported]


def typed(name: ListName, filters: dict[str, str]) -> dict[str, Any]:
    """Filters as they stand in a URL, as they stand in a body."""
    read_as = msgspec.convert(filters, PARAMETERS[name], strict=False)
    return {key: getattr(read_as, key) for key in filters}


def _told(key: str, value: Any) -> Any:
    if key.endswith("_at") and value is not None:
        return datetime.fromisoformat(value)
    if key == "tags":
        value = [each["name"] for each in value]
    if isinstance(value, list):
        return ";".join(value) or None
    return value


def _bytes(value: Any) -> Any:
    return value.encode() if isinstance(value, str) else value
