"""The web application: every route, dependency and error handler on one page."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from importlib.metadata import version

from litestar import Litestar, Router
from litestar.di import Provide
from litestar.exceptions import HTTPException
from litestar.openapi import OpenAPIConfig
from litestar.openapi.plugins import JsonRenderPlugin
from litestar.openapi.spec import Components, SecurityScheme

from app.api import (
    activity,
    audit,
    brand,
    catalog,
    dead_letters,
    funnel,
    health,
    history,
    intake,
    joinings,
    keys,
    metrics,
    operators,
    orders,
    problems,
    sessions,
    sources,
    status,
)
from app.api.document import ExactNumbers, Problems
from app.api.reply import provide_reply
from app.api.requests import RequestContext
from app.auth import provide_caller, require_scope
from app.core.db import open_pool
from app.core.errors import Problem
from app.core.jobs import Waker
from app.core.logs import configure
from app.core.proxies import networks
from app.core.settings import Settings, read

ROUTES = [
    intake.post_webhook,
    intake.post_events,
    dead_letters.list_dead_letters,
    dead_letters.retry_dead_letter,
    catalog.list_metrics,
    metrics.get_gmv_share,
    metrics.get_repurchase,
    funnel.get_funnel,
    joinings.get_retention,
    activity.get_activity,
    activity.get_lives,
    joinings.get_before_after,
    history.get_history,
    orders.explain_order,
    brand.get_brand,
    brand.patch_brand,
    sessions.open_session,
    sessions.get_session,
    sessions.close_session,
    sessions.change_password,
    operators.list_operators,
    operators.get_operator,
    operators.make_operator,
    operators.patch_operator,
    operators.remove_operator,
    operators.reset_password,
    keys.list_keys,
    keys.get_key,
    keys.make_key,
    keys.rotate_key,
    keys.revoke_key,
    sources.list_sources,
    sources.get_source,
    sources.make_source,
    sources.patch_source,
    sources.rotate_source,
    sources.remove_source,
    audit.list_audit,
    status.get_status,
    health.get_health,
    health.get_readiness,
]


def create_app(settings: Settings | None = None) -> Litestar:
    """Make the application; its pool opens connections when the first request needs one."""
    settings = settings or read()
    configure(settings.log_level)

    @asynccontextmanager
    async def lifespan(app: Litestar) -> AsyncIterator[None]:
        app.state.pool = open_pool(settings, "hongqun web", walled=True)
        app.state.waker = Waker(settings.redis_url)
        app.state.waker.start()
        try:
            yield
        finally:
            await app.state.waker.stop()
            await app.state.pool.dispose()

    return Litestar(
        ROUTES,
        lifespan=[lifespan],
        guards=[require_scope],
        middleware=[RequestContext(networks(settings.trusted_proxies))],
        dependencies={"caller": Provide(provide_caller), "reply": Provide(provide_reply)},
        exception_handlers={
            Problem: problems.on_problem,
            HTTPException: problems.on_http_error,
            Exception: problems.on_any_error,
        },
        request_max_body_size=None,
        plugins=[Problems(), ExactNumbers()],
        openapi_config=OpenAPIConfig(
            title="Hongqun",
            version=version("hongqun"),
            openapi_router=Router(
                "/schema", route_handlers=[], include_in_schema=False, opt={"public": True}
            ),
            render_plugins=[JsonRenderPlugin(path=["/", "/openapi.json"])],
            security=[{"apiKey": []}],
            components=Components(
                security_schemes={
                    "apiKey": SecurityScheme(
                        type="http",
                        scheme="bearer",
                        bearer_format="API key, or token of a session",
                        description="Browsers may send the session's cookie instead.",
                    )
                }
            ),
        ),
    )
