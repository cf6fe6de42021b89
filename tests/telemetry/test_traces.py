"""Traces: sent where a collector is named, and nothing of them loaded elsewhere."""

import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import pytest
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest

from app.core.settings import Settings
from app.telemetry import traces
from tests.metrics.told import events
from tests.stack import Stack, migrated_database, stack_on

TRACE = "0af7651916cd43dd8448eb211c80319c"
PARENT = f"00-{TRACE}-b7ad6b7169203331-01"


class Collector:
    """Takes spans by OTLP over HTTP, as a collector does."""

    def __init__(self) -> None:
        self.spans: list[dict[str, Any]] = []
        collector = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                assert self.path == "/v1/traces"
                assert self.headers["content-type"] == "application/x-protobuf"
                collector.take(self.rfile.read(int(self.headers["content-length"])))
                self.send_response(200)
                self.end_headers()

            def log_message(self, *args: Any) -> None:
                pass

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.base = f"http://127.0.0.1:{self.server.server_port}"
        threading.Thread(target=self.server.serve_forever, daemon=True).start()

    def take(self, body: bytes) -> None:
        for resource in ExportTraceServiceRequest.FromString(body).resource_spans:
            service = {a.key: a.value.string_value for a in resource.resource.attributes}
            for scope in resource.scope_spans:
                for span in scope.spans:
                    self.spans.append(
                        {
                            "service": service["service.name"],
                            "name": span.name,
                            "trace": span.trace_id.hex(),
                            "id": span.span_id.hex(),
                            "parent": span.parent_span_id.hex(),
                            "error": span.status.code == span.status.STATUS_CODE_ERROR,
                            "events": len(span.events),
                            "told": {
                                a.key: a.value.string_value or a.value.int_value
                                for a in span.attributes
                            },
                        }
                    )

    def span(self, name: str, **told: Any) -> dict[str, Any]:
        """The first span of that name that tells this, once it is there."""
        until = time.monotonic() + 60
        while True:
            for span in list(self.spans):
                if span["name"] == name and told.items() <= span["told"].items():
                    return span
            assert time.monotonic() < until, (name, told, [each["name"] for each in self.spans])
            time.sleep(0.05)


@pytest.fixture
def alone(settings: Settings) -> Iterator[Stack]:
    """Servers whose work no other worker does."""
    with migrated_database(settings) as own, stack_on(own) as stack:
        yield stack


@pytest.fixture
def collector() -> Iterator[Collector]:
    made = Collector()
    yield made
    made.server.shutdown()
    made.server.server_close()


def test_a_request_and_what_follows_from_it(alone: Stack, collector: Collector) -> None:
    service = alone.web(OTEL_EXPORTER_OTLP_ENDPOINT=collector.base, OTEL_BSP_SCHEDULE_DELAY="100")
    worker = alone.worker(OTEL_EXPORTER_OTLP_ENDPOINT=collector.base, OTEL_BSP_SCHEDULE_DELAY="100")
    brand = service.brand()
    order = events("03-01 10:00 order.paid order_id=o1 buyer_id=ann amount=1000")
    with brand.client as client:
        answer = client.post("/v1/events", json=order, headers={"traceparent": PARENT})
        assert answer.status_code == 202
        assert client.get("/v1/orders/secret-id").status_code == 404
        made = client.post("/v1/exports", json={"list": "orders"})
        assert made.status_code == 202, made.text
    request = collector.span("POST /v1/events")
    assert request["trace"] == TRACE
    assert request["parent"] == PARENT.split("-")[2]
    assert request["service"] == "hongqun-web"
    assert request["told"] == {
        "http.request.method": "POST",
        "http.route": "/v1/events",
        "http.response.status_code": 202,
    }
    intake = collector.span("intake")
    assert (intake["trace"], intake["parent"]) == (TRACE, request["id"])
    assert intake["told"] == {"accepted": 1, "duplicates": 0, "rejected": 0}
    refused = collector.span("GET /v1/orders/{order_id}")
    assert refused["told"]["http.response.status_code"] == 404
    assert not refused["error"]
    assert refused["trace"] != TRACE
    mine = {"brand_id": brand.brand_id}
    assert collector.span("project", **mine)["told"] == {**mine, "events": 1}
    assert collector.span("derive", **mine, rows=1)["service"] == "hongqun-worker"
    collector.span("export", **mine)
    worker.terminate()
    worker.wait(30)
    assert not [span for span in collector.spans if "secret-id" in str(span)]


def test_an_error_is_told_by_its_kind_alone(collector: Collector) -> None:
    """Its words may quote what people wrote."""
    program = (
        "from app.telemetry import traces\n"
        f"traces.start('test', '{collector.base}')\n"
        "try:\n"
        "    with traces.span('inner', brand_id=1):\n"
        "        raise ValueError('13800138000')\n"
        "except ValueError:\n"
        "    pass\n"
        "traces.stop()\n"
    )
    env = {"OTEL_EXPORTER_OTLP_ENDPOINT": collector.base, "OTEL_SERVICE_NAME": "mine"}
    subprocess.run([sys.executable, "-c", program], env=env, check=True, timeout=60)
    span = collector.span("inner")
    assert span["error"]
    assert span["events"] == 0
    assert span["service"] == "mine"
    assert "13800138000" not in str(collector.spans)


def test_nothing_of_it_is_loaded_where_no_collector_is_named() -> None:
    program = (
        "import sys\n"
        "import app.main, app.cli.main, workers.__main__\n"
        "from app.telemetry import traces\n"
        "traces.start('test', None)\n"
        "with traces.span('x'), traces.request_span('GET', '/', {}) as span:\n"
        "    assert span is None\n"
        "traces.stop()\n"
        "sys.exit(any(name.startswith('opentelemetry') for name in sys.modules))\n"
    )
    assert subprocess.run([sys.executable, "-c", program], env={}, timeout=60).returncode == 0


def test_without_the_packages_it_says_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "opentelemetry.sdk.trace.export", None)
    with pytest.raises(traces.NoTraces, match=r"install hongqun\[otel\]"):
        traces.start("web", "http://127.0.0.1:1")
    traces.start("web", None)
