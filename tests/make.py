"""Builders: brands, deliveries, and what a test asks of the service."""

import asyncio
import time
from collections.abc import Awaitable, Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Any, TypeVar

import httpx
import msgspec
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection

from app.core.db import open_pool, transaction
from app.core.roles import address_of
from app.core.settings import Settings
from app.crm import brands, keys, sources
from app.ingest.signature import sign

T = TypeVar("T")

PLAIN = httpx.create_ssl_context(verify=False)
"""For clients that speak no TLS: to read the authorities would take each of them 15 ms."""


@dataclass
class Brand:
    """A brand of a test with its keys; `client` speaks with a key of all scopes."""

    base: str
    brand_id: int
    key: str
    source_id: str
    secret: str

    @property
    def client(self) -> httpx.Client:
        return httpx.Client(
            base_url=self.base,
            headers={"authorization": f"Bearer {self.key}"},
            timeout=60,
            trust_env=False,
            verify=PLAIN,
        )

    def post(self, events: Sequence[dict[str, Any]], size: int = 1000) -> list[dict[str, Any]]:
        """Post events to /v1/events in batches; gives the receipts."""
        receipts = []
        with self.client as client:
            for start in range(0, len(events), size):
                answer = client.post("/v1/events", json=events[start : start + size])
                assert answer.status_code == 202, answer.text
                receipts.append(answer.json())
        return receipts

    def post_lines(self, lines: Sequence[bytes], size: int = 1000) -> None:
        """Post raw NDJSON lines to /v1/events in batches; all must be taken in."""
        with self.client as client:
            for start in range(0, len(lines), size):
                answer = client.post(
                    "/v1/events",
                    content=b"\n".join(lines[start : start + size]),
                    headers={"content-type": "application/x-ndjson"},
                )
                assert answer.status_code == 202, answer.text
                assert answer.json()["rejected"] == []

    def deliver(self, body: bytes, **headers: str) -> httpx.Response:
        """Post a body to the webhook, signed unless the headers say otherwise."""
        now = int(time.time())
        given = {
            "content-type": "application/json",
            "webhook-id": "delivery-1",
            "webhook-timestamp": str(now),
            "webhook-signature": sign(self.secret, "delivery-1", now, body),
        } | {name.replace("_", "-"): value for name, value in headers.items()}
        with self.client as client:
            client.headers.pop("authorization")
            return client.post(f"/v1/webhooks/{self.source_id}", content=body, headers=given)

    def drain(self, seconds: float = 120) -> None:
        """Wait until nothing is pending."""
        until = time.monotonic() + seconds
        with self.client as client:
            while True:
                status = client.get("/v1/status").json()
                if not status["pending_events"] and not status["pending_recomputes"]:
                    return
                assert time.monotonic() < until, status
                time.sleep(0.05)

    def ask(self, path: str, **params: Any) -> Any:
        """The answer to a question; None for 404."""
        with self.client as client:
            answer = client.get(path, params=params)
        if answer.status_code == 404:
            return None
        assert answer.status_code == 200, answer.text
        return answer.json()


@dataclass
class Service:
    """A running service and the servers behind it."""

    base: str
    settings: Settings

    def as_role(self, process: str) -> Settings:
        """The settings of the web or worker process: those of the owner are in `settings`."""
        return msgspec.structs.replace(
            self.settings, database_url=address_of(self.settings, process)
        )

    def within(self, act: Callable[[AsyncConnection], Awaitable[T]]) -> T:
        """Act in one transaction on its database."""

        async def go() -> T:
            pool = open_pool(self.settings, "hongqun test")
            try:
                async with transaction(pool) as connection:
                    return await act(connection)
            finally:
                await pool.dispose()

        return asyncio.run(go())

    def sql(self, statement: str, **given: Any) -> list[Any]:
        """The rows of a statement."""

        async def act(connection: AsyncConnection) -> list[Any]:
            found = await connection.execute(text(statement), given)
            return list(found.all()) if found.returns_rows else []

        return self.within(act)

    def brand(self, **settings: Any) -> Brand:
        """A new brand with these settings."""

        async def act(connection: AsyncConnection) -> Brand:
            brand_id = await brands.create(
                connection,
                settings.get("name", "测试品牌"),
                settings.get("timezone", "Asia/Shanghai"),
                settings.get("currency", "CNY"),
            )
            before = await brands.find(connection, brand_id)
            assert before is not None
            names = ("identity_mode", "touch_hours", "live_grace_hours")
            await brands.change(
                connection, before, {n: settings[n] for n in names if n in settings}
            )
            key = await keys.create(connection, brand_id, "test")
            source_id, secret = await sources.create(connection, brand_id, "test")
            return Brand(self.base, brand_id, key, source_id, secret)

        return self.within(act)


def lines(events: Iterable[dict[str, Any]]) -> list[bytes]:
    """Events as NDJSON lines."""
    return [msgspec.json.encode(event) for event in events]
