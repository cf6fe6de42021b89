"""Traces by OpenTelemetry, where OTEL_EXPORTER_OTLP_ENDPOINT says who collects them.

Everywhere else nothing of it is imported, and a span is nothing. Spans carry names and counts, no
payloads; how many are kept, and what the service is called, the variables of OpenTelemetry say.
"""

from collections.abc import Awaitable, Callable, Iterator, Mapping
from contextlib import contextmanager
from functools import wraps
from typing import Any, ParamSpec, TypeVar

P = ParamSpec("P")
T = TypeVar("T")

_tracer: Any = None
_provider: Any = None


class NoTraces(Exception):
    """Traces are asked for, and what sends them is not installed."""


def check(endpoint: str | None) -> None:
    """See that what sends traces is there where they are asked for.

    Raises:
        NoTraces: where it is not.
    """
    if endpoint is None:
        return
    try:
        import opentelemetry.exporter.otlp.proto.http.trace_exporter
        import opentelemetry.sdk.trace.export  # noqa: F401
    except ImportError as error:
        raise NoTraces(
            "OTEL_EXPORTER_OTLP_ENDPOINT is set, and the packages that send traces are missing:"
            f" install hongqun[otel] ({error})"
        ) from None


def start(process: str, endpoint: str | None) -> None:
    """Begin to send spans; where to the SDK reads from the environment itself.

    Raises:
        NoTraces: where the packages are missing.
    """
    global _tracer, _provider
    check(endpoint)
    if endpoint is None:
        return
    from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
    from opentelemetry.sdk.resources import Resource
    from opentelemetry.sdk.trace import TracerProvider
    from opentelemetry.sdk.trace.export import BatchSpanProcessor

    named = Resource.create()
    if str(named.attributes["service.name"]).startswith("unknown_service"):
        named = named.merge(Resource({"service.name": f"hongqun-{process}"}))
    _provider = TracerProvider(resource=named)
    _provider.add_span_processor(BatchSpanProcessor(OTLPSpanExporter()))
    _tracer = _provider.get_tracer("hongqun")


def stop() -> None:
    """Send what is still to be sent."""
    if _provider is not None:
        _provider.shutdown()


@contextmanager
def span(name: str, **told: str | int) -> Iterator[Any]:
    """A part of the present trace, or the beginning of one."""
    if _tracer is None:
        yield None
        return
    with _begun(name, attributes=told) as one:
        yield one


@contextmanager
def request_span(method: str, route: str, headers: Mapping[bytes, bytes]) -> Iterator[Any]:
    """The span of a request, which goes on with the sender's trace where it names one."""
    if _tracer is None:
        yield None
        return
    from opentelemetry.trace import SpanKind
    from opentelemetry.trace.propagation.tracecontext import TraceContextTextMapPropagator

    carrier = {
        name: headers[name.encode()].decode("latin-1")
        for name in ("traceparent", "tracestate")
        if name.encode() in headers
    }
    context = TraceContextTextMapPropagator().extract(carrier)
    told = {"http.request.method": method, "http.route": route}
    name = f"{method} {route}"
    with _begun(name, context=context, kind=SpanKind.SERVER, attributes=told) as one:
        yield one


@contextmanager
def _begun(name: str, **given: Any) -> Iterator[Any]:
    """A span; of an error that leaves it the kind alone is told, as its words may quote data."""
    with _tracer.start_as_current_span(
        name, record_exception=False, set_status_on_exception=False, **given
    ) as one:
        try:
            yield one
        except BaseException as error:
            failed(one, type(error).__name__)
            raise


def answered(one: Any, status: int) -> None:
    """Say how a request was answered; what is the client's fault is no error of ours."""
    if one is not None:
        one.set_attribute("http.response.status_code", status)
        if status >= 500:
            failed(one, str(status))


def failed(one: Any, why: str) -> None:
    """Mark a span as one that went wrong."""
    if one is not None:
        from opentelemetry.trace import StatusCode

        one.set_status(StatusCode.ERROR, why)


def tell(**told: str | int) -> None:
    """Add to the present span."""
    if _tracer is not None:
        from opentelemetry.trace import get_current_span

        get_current_span().set_attributes(told)


def spanned(name: str) -> Callable[[Callable[P, Awaitable[T]]], Callable[P, Awaitable[T]]]:
    """Make a span of each call."""

    def around(act: Callable[P, Awaitable[T]]) -> Callable[P, Awaitable[T]]:
        @wraps(act)
        async def acting(*args: P.args, **kwargs: P.kwargs) -> T:
            with span(name):
                return await act(*args, **kwargs)

        return acting

    return around
