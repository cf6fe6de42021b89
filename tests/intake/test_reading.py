"""Requests that are being read: they take room, and no longer than they may."""

import asyncio
from typing import Any

import pytest
from litestar import Litestar, Request, post

from app.api import intake
from app.core.errors import Problem
from app.ingest.lanes import Lanes, Reading


def test_all_that_are_being_read_have_half_of_the_room() -> None:
    lanes = Lanes(100, 1_000, 1)
    first, second, third = (Reading(lanes) for _ in range(3))
    assert first.keep(400)
    assert second.keep(100)
    assert not second.keep(1)
    assert lanes.read == 400
    assert not second.keep(1)
    assert third.keep(100)
    first.end()
    assert lanes.read == 100
    assert third.keep(5_000), "one that finds no other always has room"
    third.end()
    assert lanes.read == 0


def test_beside_what_waits_they_have_what_is_left() -> None:
    lanes = Lanes(100, 1_000, 1)
    lanes.bytes = 900
    reading = Reading(lanes)
    assert reading.keep(100)
    assert not reading.keep(1)


@pytest.mark.anyio
async def test_who_is_too_slow_is_told_so(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(intake, "READ_SECONDS", 0.05)
    parts = iter([{"type": "http.request", "body": b"[", "more_body": True}])

    async def receive() -> Any:
        part = next(parts, None)
        if part is None:
            await asyncio.Event().wait()
        return part

    told: list[Problem] = []

    @post("/")
    async def take(request: Request[Any, Any, Any]) -> None:
        try:
            await intake.read_delivery(request, Reading(Lanes(100, 1_000, 1)))
        except Problem as problem:
            told.append(problem)

    async def send(message: Any) -> None:
        pass

    scope: Any = {"type": "http", "method": "POST", "path": "/", "headers": [], "query_string": b""}
    await Litestar([take], openapi_config=None)(scope, receive, send)
    assert [(each.status, each.code) for each in told] == [(408, "too_slow")]
