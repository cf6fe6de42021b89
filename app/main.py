"""The web application: every route, dependency and error handler on one page."""

import asyncio
import gc
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from litestar import Litestar
from litestar.di import Provide
from litestar.exceptions import HTTPException

from app.api import (
    activity,
    alarms,
    audit,
    brand,
    catalog,
    creators,
    customer_list,
    customers,
    dead_letters,
    erasures,
    export_files,
    exports,
    funnel,
    groups,
    health,
    history,
    imports,
    intake,
    joinings,
    keys,
    lives,
    merges,
    messages,
    metrics,
    notes,
    operators,
    orders,
    personal,
    problems,
    remarks,
    rfm,
    segments,
    sessions,
    snapshots,
    sources,
    status,
    suggestions,
    taggings,
    tags,
    tasks,
    webhook_deliveries,
    webhook_endpoints,
)
from app.api.document import ExactNumbers, Problems
from app.api.idempotency import Idempotent, claim_key
from app.api.openapi import add_components, openapi_config
from app.api.paging import provide_paging
from app.api.reply import provide_reply
from app.api.requests import RequestContext
from app.auth import provide_caller, require_scope
from app.core.db import open_pool
from app.core.errors import Problem
from app.core.jobs import Waker
from app.core.limits import Limiter, Rate
from app.core.logs import configure
from app.core.proxies import networks
from app.core.settings import Settings, read
from app.crm.senders import Senders
from app.crm.sources import live
from app.exports.store import open_store
from app.ingest.group_commit import GroupCommit
from app.telemetry import traces
from app.telemetry.port import open_port

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
    groups.list_groups,
    groups.get_group,
    groups.list_members,
    customer_list.list_customers,
    notes.list_notes,
    notes.get_note,
    creators.list_creators,
    creators.get_creator,
    lives.list_lives,
    lives.get_live,
    messages.list_messages,
    messages.get_message,
    orders.list_orders,
    orders.get_order,
    segments.preview_segment,
    segments.create_segment,
    segments.list_segments,
    segments.get_segment,
    segments.patch_segment,
    segments.delete_segment,
    segments.refresh_segment,
    segments.list_segment_members,
    segments.list_segment_changes,
    merges.merge_identities,
    merges.link_identities,
    merges.undo_merge,
    merges.list_merges,
    merges.get_identities,
    suggestions.suggest_merges,
    suggestions.dismiss_suggestion,
    tags.list_tag_groups,
    tags.make_tag_group,
    tags.patch_tag_group,
    tags.delete_tag_group,
    tags.list_tags,
    tags.make_tag,
    tags.get_tag,
    tags.patch_tag,
    tags.delete_tag,
    taggings.tag_customers,
    taggings.untag_customers,
    taggings.get_customer_tags,
    taggings.tag_customer,
    taggings.untag_customer,
    remarks.list_remarks,
    remarks.make_remark,
    remarks.patch_remark,
    remarks.delete_remark,
    tasks.list_tasks,
    tasks.make_task,
    tasks.get_task,
    tasks.patch_task,
    tasks.delete_task,
    personal.lookup_customers,
    personal.export_personal_data,
    erasures.erase_customer,
    erasures.list_erasures,
    erasures.get_erasure,
    brand.get_brand,
    brand.patch_brand,
    customers.get_customer,
    customers.get_timeline,
    rfm.get_rfm,
    rfm.put_rfm,
    rfm.refresh_rfm,
    imports.post_import,
    imports.list_imports,
    imports.get_import,
    imports.list_import_problems,
    imports.cancel_import,
    export_files.get_export_file,
    export_files.head_export_file,
    export_files.link_export_file,
    export_files.get_download,
    export_files.head_download,
    exports.make_export,
    exports.list_exports,
    exports.get_export,
    exports.cancel_export,
    snapshots.post_snapshot,
    snapshots.list_snapshots,
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
    webhook_endpoints.list_webhook_endpoints,
    webhook_endpoints.make_webhook_endpoint,
    webhook_endpoints.get_webhook_endpoint,
    webhook_endpoints.patch_webhook_endpoint,
    webhook_endpoints.remove_webhook_endpoint,
    webhook_endpoints.rotate_webhook_endpoint,
    webhook_endpoints.enable_webhook_endpoint,
    webhook_deliveries.send_webhook_test,
    webhook_deliveries.list_webhook_deliveries,
    webhook_deliveries.get_webhook_delivery,
    webhook_deliveries.replay_webhook_delivery,
    alarms.list_alarms,
    alarms.make_alarm,
    alarms.get_alarm,
    alarms.patch_alarm,
    alarms.delete_alarm,
    alarms.list_firings,
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
        open_port("web", settings.metrics_host, settings.metrics_port)
        traces.start("web", settings.traces_endpoint)
        app.state.pool = open_pool(settings, "hongqun web", walled=True, shared=True)
        app.state.limiter = Limiter(settings.redis_url)
        app.state.key_rate = Rate("key", settings.key_rate)
        app.state.source_rate = Rate("source", settings.source_rate)
        app.state.import_bytes = settings.import_bytes
        app.state.store = open_store(settings)
        app.state.public_url = settings.public_url
        app.state.webhooks_to_anywhere = settings.webhooks_to_anywhere
        app.state.waker = Waker(settings.redis_url)
        app.state.waker.start()
        app.state.senders = Senders(app.state.pool)
        app.state.intake = GroupCommit(
            app.state.pool,
            live,
            app.state.waker.wake,
            events=settings.intake_events,
            size=settings.intake_bytes,
            running=settings.pool_size // 2,
        )
        # What was made until now stays: looking at it again and again is in the way of requests.
        gc.freeze()
        try:
            yield
        finally:
            await app.state.intake.stop()
            await app.state.waker.stop()
            await app.state.limiter.close()
            await app.state.pool.dispose()
            await asyncio.to_thread(traces.stop)

    app = Litestar(
        ROUTES,
        lifespan=[lifespan],
        guards=[require_scope],
        middleware=[RequestContext(networks(settings.trusted_proxies)), Idempotent()],
        before_request=claim_key,
        dependencies={
            "caller": Provide(provide_caller),
            "paging": Provide(provide_paging),
            "reply": Provide(provide_reply),
        },
        exception_handlers={
            Problem: problems.on_problem,
            HTTPException: problems.on_http_error,
            Exception: problems.on_any_error,
        },
        request_max_body_size=None,
        plugins=[Problems(), ExactNumbers()],
        openapi_config=openapi_config(),
    )
    add_components(app)
    return app
