"""Another brand's id is to every route as an id that nothing has: same answer, same statements."""

import asyncio
import re
from collections.abc import Iterator
from typing import Any, cast

import httpx
import pytest
from litestar import Litestar
from sqlalchemy import event

from app.main import create_app
from tests.make import Brand, Service
from tests.walls.world import ABSENT, BODIES, OPEN, QUERY, THINGS, furnish

Route = tuple[str, str, dict[str, Any]]


def routes() -> Iterator[Route]:
    """Every route of the served document: method, path, operation."""
    document = create_app().openapi_schema.to_schema()
    for path, item in document["paths"].items():
        for method, operation in item.items():
            if operation.get("operationId") not in OPEN:
                yield method, path, operation


def inside(route: Route, place: str) -> list[str]:
    return [p["name"] for p in route[2].get("parameters", []) if p["in"] == place]


WITH_ID = [route for route in routes() if inside(route, "path")]
FILTERED = [
    (route, name)
    for route in routes()
    if route[0] == "get"
    for name in inside(route, "query")
    if name.endswith("_id")
]


class Watched:
    """The application in this process, and the statements that an answer took."""

    def __init__(self, runner: asyncio.Runner, app: Litestar, statements: list[str]) -> None:
        self.runner = runner
        self.transport = httpx.ASGITransport(app=cast(Any, app))
        self.statements = statements

    def ask(self, brand: Brand, route: Route, ids: dict[str, str], **query: str) -> Any:
        """The answer to a brand, and the statements it took."""
        return self.runner.run(self._ask(brand, route, ids, query))

    async def _ask(
        self, brand: Brand, route: Route, ids: dict[str, str], query: dict[str, str]
    ) -> Any:
        method, path, operation = route
        asked = set(inside(route, "query"))
        body = BODIES.get(operation["operationId"])
        if callable(body):
            body = await asyncio.to_thread(body, brand)
        self.statements.clear()
        async with httpx.AsyncClient(transport=self.transport, base_url="http://walls") as client:
            answer = await client.request(
                method,
                path.format(**ids),
                params={k: v for k, v in QUERY.items() if k in asked} | query,
                json=body,
                headers={"authorization": f"Bearer {brand.key}"},
            )
        # That a key was used is noted once a minute, whatever it asked for.
        return answer, [each for each in self.statements if "last_used_at = now()" not in each]


@pytest.fixture(scope="module")
def watched(service: Service) -> Iterator[Watched]:
    app = create_app(service.as_role("web"))
    statements: list[str] = []
    with asyncio.Runner() as runner:
        started, stopping = asyncio.Event(), asyncio.Event()

        async def live() -> None:
            async with app.lifespan():
                started.set()
                await stopping.wait()

        living = runner.get_loop().create_task(live())
        runner.run(started.wait())
        engine = app.state.pool.sync_engine
        event.listen(engine, "before_cursor_execute", lambda *given: statements.append(given[2]))
        yield Watched(runner, app, statements)
        stopping.set()
        runner.run(asyncio.wait_for(living, 30))


@pytest.fixture(scope="module")
def brands(service: Service) -> tuple[Brand, Brand]:
    """Ours, which has an empty group, and theirs, which has everything."""
    ours, theirs = service.brand(), service.brand()
    furnish(theirs)
    group = {"group_id": f"g{ours.brand_id}"}
    created = {"id": "g", "type": "group.created", "time": "2025-03-01T08:00:00Z", "data": group}
    ours.post([created])
    ours.drain()
    return ours, theirs


def plain(answer: httpx.Response, *ids: str) -> str:
    """The body without what every answer has for itself."""
    body = answer.text
    for each in ids:
        body = body.replace(each, "ID")
    return re.sub(r'"(as_of|instance|request_id)":"[^"]*"', "", body)


@pytest.mark.parametrize("route", WITH_ID, ids=lambda r: f"{r[0]} {r[1]}")
def test_in_a_path(watched: Watched, brands: tuple[Brand, Brand], route: Route) -> None:
    ours, theirs = brands
    names = inside(route, "path")
    assert set(names) <= set(THINGS), "declare in world.py how to make one"
    foreign = {name: THINGS[name](theirs) for name in names}
    absent = {name: ABSENT.get(name, "nobody") for name in names}
    found, taken = watched.ask(ours, route, foreign)
    missing, needed = watched.ask(ours, route, absent)
    assert found.status_code == missing.status_code == 404, found.text
    assert found.json()["code"] == "not_found"
    assert plain(found, *foreign.values()) == plain(missing, *absent.values())
    assert taken == needed, "a foreign id must take the statements that an absent one does"
    real, _ = watched.ask(theirs, route, foreign)
    assert real.status_code != 404, "the id must be a real one of theirs"


@pytest.mark.parametrize("route,name", FILTERED, ids=lambda r: r if isinstance(r, str) else r[1])
def test_in_a_filter(
    watched: Watched, brands: tuple[Brand, Brand], route: Route, name: str
) -> None:
    ours, theirs = brands
    assert name in THINGS, "declare in world.py how to make one"
    foreign, absent = THINGS[name](theirs), ABSENT.get(name, "nobody")
    path = {each: THINGS[each](ours) for each in inside(route, "path")}
    found, taken = watched.ask(ours, route, path, **{name: foreign})
    missing, needed = watched.ask(ours, route, path, **{name: absent})
    assert found.status_code == missing.status_code == 200, found.text
    assert plain(found, foreign) == plain(missing, absent)
    assert taken == needed


def test_the_walk_finds_the_routes() -> None:
    assert "/v1/orders/{order_id}/explain" in {route[1] for route in WITH_ID}
    assert ("/v1/metrics/repurchase", "group_id") in {(r[1], name) for r, name in FILTERED}
