"""What tests of personal data do: tell events, erase, and look for what is left."""

import asyncio
from datetime import UTC, datetime
from typing import Any

import httpx

from app.core.db import open_pool, transaction
from app.crm import keys
from app.models.tables import metadata
from app.personal import upkeep
from tests.make import Brand, Service

BRANDED = [table.name for table in metadata.sorted_tables if "brand_id" in table.columns]


def event(id_: str, kind: str, at: str, **data: Any) -> dict[str, Any]:
    """An event at a local time of 2025 (MM-DDTHH:MM) in Shanghai."""
    return {"id": id_, "type": kind, "time": f"2025-{at}:00+08:00", "data": data}


class Desk:
    """An operator at work on one brand."""

    def __init__(self, service: Service, brand: Brand) -> None:
        self.service = service
        self.brand = brand

    def key(self, *scopes: str) -> str:
        return self.service.within(lambda c: keys.create(c, self.brand.brand_id, "test", scopes))

    def post(self, path: str, body: Any = None, key: str | None = None) -> httpx.Response:
        with self.brand.client as client:
            if key is not None:
                client.headers["authorization"] = f"Bearer {key}"
            return client.post(path, json=body) if body is not None else client.post(path)

    def erase(self, customer_id: str, **more: Any) -> dict[str, Any]:
        """Erase, and go through the stored events."""
        answer = self.post(f"/v1/customers/{customer_id}/erase", {"reason": "asked for"} | more)
        assert answer.status_code == 200, answer.text
        self.tend()
        erased: dict[str, Any] = answer.json()
        return erased

    def tend(self) -> None:
        """Do what workers do by the clock, now; should one be at it, once more after it."""

        async def go() -> None:
            pool = open_pool(self.service.settings, "hongqun test")
            try:
                while True:
                    async with transaction(pool, self.brand.brand_id) as connection:
                        await upkeep.begin_at_once(connection, self.brand.brand_id)
                    if await upkeep.tend(pool, self.brand.brand_id, datetime.now(UTC), 120):
                        return
                    await asyncio.sleep(0.1)
            finally:
                await pool.dispose()

        asyncio.run(go())

    def sql(self, statement: str, **given: Any) -> list[Any]:
        return self.service.sql(statement, b=self.brand.brand_id, **given)

    def left_of(self, text: str) -> dict[str, list[str]]:
        """The rows, by table, in which a text stands anywhere."""
        found = {}
        for table in BRANDED:
            rows = self.sql(
                f"SELECT CAST(to_jsonb(t) AS text) AS row FROM {table} AS t WHERE brand_id = :b"
                " AND (strpos(CAST(to_jsonb(t) AS text), :text) > 0"
                " OR strpos(CAST(to_jsonb(t) AS text), :hex) > 0)",
                text=text,
                hex=text.encode().hex(),
            )
            if rows:
                found[table] = [row.row for row in rows]
        return found
