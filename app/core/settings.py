"""What the environment says: one frozen value, read once at the edge of each process."""

import os
import re
from collections.abc import Mapping
from pathlib import Path
from urllib.parse import urlsplit

import msgspec


class Settings(msgspec.Struct, frozen=True, kw_only=True):
    """The settings of a process; durations are in seconds unless the name says otherwise."""

    database_url: str | None = None
    app_url: str | None = None
    worker_url: str | None = None
    app_role: str = "hongqun_app"
    worker_role: str = "hongqun_worker"
    redis_url: str | None = None
    trusted_proxies: str = ""
    tls_cert: str | None = None
    tls_key: str | None = None
    data: Path = Path(".hongqun")
    log_level: str = "INFO"
    web_processes: int = 1
    workers: int = 1
    pool_size: int = 8
    statement_timeout_ms: int = 30_000
    sweep_seconds: int = 5
    batch_events: int = 4_000
    key_rate: int = 500
    source_rate: int = 2_000
    intake_events: int = 50_000
    intake_bytes: int = 67_108_864
    import_bytes: int = 209_715_200
    encryption_key: str | None = None
    export_url: str | None = None
    public_url: str | None = None
    webhooks_to_anywhere: bool = False
    webhooks_ca: str | None = None
    metrics_host: str = "127.0.0.1"
    metrics_port: int | None = None
    traces_endpoint: str | None = None
    event_months: int | None = None
    message_months: int | None = None

    @property
    def exports(self) -> str:
        """Where files of exports lie: a folder, or s3://bucket/prefix."""
        return self.export_url or str(self.data / "exports")

    def months_of(self, table: str) -> int | None:
        """For how many months a partitioned table keeps its rows; None for ever."""
        return {"event": self.event_months, "message": self.message_months}[table]

    @property
    def database(self) -> str:
        """The database's address.

        Raises:
            SettingsError: where DATABASE_URL is not set.
        """
        if self.database_url is None:
            raise SettingsError("DATABASE_URL is not set")
        return self.database_url


class SettingsError(Exception):
    """A setting is missing or malformed."""


NAMES = {
    "database_url": "DATABASE_URL",
    "app_url": "HONGQUN_APP_URL",
    "worker_url": "HONGQUN_WORKER_URL",
    "app_role": "HONGQUN_APP_ROLE",
    "worker_role": "HONGQUN_WORKER_ROLE",
    "redis_url": "REDIS_URL",
    "trusted_proxies": "HONGQUN_TRUSTED_PROXIES",
    "tls_cert": "HONGQUN_TLS_CERT",
    "tls_key": "HONGQUN_TLS_KEY",
    "data": "HONGQUN_DATA",
    "log_level": "HONGQUN_LOG_LEVEL",
    "web_processes": "HONGQUN_WEB_PROCESSES",
    "workers": "HONGQUN_WORKERS",
    "pool_size": "HONGQUN_POOL_SIZE",
    "statement_timeout_ms": "HONGQUN_STATEMENT_TIMEOUT_MS",
    "sweep_seconds": "HONGQUN_SWEEP_SECONDS",
    "batch_events": "HONGQUN_BATCH_EVENTS",
    "key_rate": "HONGQUN_KEY_RATE",
    "source_rate": "HONGQUN_SOURCE_RATE",
    "intake_events": "HONGQUN_INTAKE_EVENTS",
    "intake_bytes": "HONGQUN_INTAKE_BYTES",
    "import_bytes": "HONGQUN_IMPORT_BYTES",
    "encryption_key": "HONGQUN_ENCRYPTION_KEY",
    "export_url": "HONGQUN_EXPORT_URL",
    "public_url": "HONGQUN_PUBLIC_URL",
    "webhooks_to_anywhere": "HONGQUN_WEBHOOKS_TO_ANYWHERE",
    "webhooks_ca": "HONGQUN_WEBHOOKS_CA",
    "metrics_host": "HONGQUN_METRICS_HOST",
    "metrics_port": "HONGQUN_METRICS_PORT",
    "traces_endpoint": "OTEL_EXPORTER_OTLP_ENDPOINT",
    "event_months": "HONGQUN_EVENT_MONTHS",
    "message_months": "HONGQUN_MESSAGE_MONTHS",
}
S3 = re.compile(r"s3://(?P<bucket>[a-z0-9][a-z0-9.-]{1,61}[a-z0-9])(/(?P<prefix>[\w./ -]*))?")
"""An address in a bucket; its prefix may be empty."""

NUMBERS = (
    *("web_processes", "workers", "pool_size"),
    *("statement_timeout_ms", "sweep_seconds", "batch_events"),
    *("key_rate", "source_rate", "import_bytes"),
    *("intake_events", "intake_bytes"),
    *("metrics_port", "event_months", "message_months"),
)
LEAST_MONTHS = 3


def read(environment: Mapping[str, str] = os.environ) -> Settings:
    """Read the settings from environment variables; an empty one counts as unset.

    Raises:
        SettingsError: naming the variable that has a malformed value.
    """
    given = {field: environment[name] for field, name in NAMES.items() if environment.get(name)}
    for field in NUMBERS:
        value = given.get(field)
        if value is not None and not (value.isascii() and value.isdigit() and int(value) > 0):
            raise SettingsError(f"{NAMES[field]} must be a whole number above 0, not {value!r}")
    for field in ("event_months", "message_months"):
        if int(given.get(field, LEAST_MONTHS)) < LEAST_MONTHS:
            raise SettingsError(f"{NAMES[field]} must be at least {LEAST_MONTHS}")
    if given.get("webhooks_to_anywhere", "0") not in ("0", "1"):
        raise SettingsError("HONGQUN_WEBHOOKS_TO_ANYWHERE must be 0 or 1")
    if ("tls_cert" in given) != ("tls_key" in given):
        raise SettingsError("HONGQUN_TLS_CERT and HONGQUN_TLS_KEY go together")
    _check_addresses(given)
    if int(given.get("metrics_port", "1")) > 65_535:
        raise SettingsError("HONGQUN_METRICS_PORT must be a port, at most 65535")
    if int(given.get("sweep_seconds", "5")) > 10:
        raise SettingsError("HONGQUN_SWEEP_SECONDS may be at most 10")
    return msgspec.convert(
        {**given, "data": Path(given.get("data", ".hongqun"))}, Settings, strict=False
    )


def _check_addresses(given: Mapping[str, str]) -> None:
    """See that the addresses of exports are ones.

    Raises:
        SettingsError: where one is malformed.
    """
    where = given.get("export_url")
    if where is not None and "://" in where and not S3.fullmatch(where):
        raise SettingsError(
            f"HONGQUN_EXPORT_URL must be a folder or s3://bucket/prefix, not {where!r}"
        )
    public = given.get("public_url")
    if public is not None:
        parts = urlsplit(public)
        if parts.scheme not in ("http", "https") or not parts.netloc or parts.query:
            raise SettingsError(f"HONGQUN_PUBLIC_URL must be as https://host, not {public!r}")
