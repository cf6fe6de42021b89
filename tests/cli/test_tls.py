"""TLS spoken by the service itself, and the client's address behind a proxy: real requests."""

import datetime
import ipaddress
import signal
import ssl
import subprocess
import time
from pathlib import Path

import httpx
import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from app.cli.serve import url, web_command
from tests.conftest import free_port
from tests.make import Service
from tests.stack import env


def certificate(folder: Path) -> tuple[Path, Path]:
    """A certificate of 127.0.0.1 that vouches for itself, and its key."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "127.0.0.1")])
    now = datetime.datetime.now(datetime.UTC)
    made = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - datetime.timedelta(days=1))
        .not_valid_after(now + datetime.timedelta(days=1))
        .add_extension(
            x509.SubjectAlternativeName([x509.IPAddress(ipaddress.ip_address("127.0.0.1"))]), False
        )
        .sign(key, hashes.SHA256())
    )
    files = folder / "cert.pem", folder / "key.pem"
    files[0].write_bytes(made.public_bytes(serialization.Encoding.PEM))
    files[1].write_bytes(
        key.private_bytes(
            serialization.Encoding.PEM,
            serialization.PrivateFormat.PKCS8,
            serialization.NoEncryption(),
        )
    )
    return files


def test_tls_and_a_trusted_proxy(
    service: Service, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    cert, key = certificate(tmp_path)
    port = free_port()
    monkeypatch.setenv("HONGQUN_TLS_CERT", str(cert))
    monkeypatch.setenv("HONGQUN_TLS_KEY", str(key))
    base = url("127.0.0.1", port)
    assert base == f"https://127.0.0.1:{port}"
    given = env(service.as_role("web")) | {
        "HONGQUN_TRUSTED_PROXIES": "127.0.0.0/8",
        "HONGQUN_LOG_LEVEL": "INFO",
    }
    log = tmp_path / "log"
    with log.open("wb") as written:
        process = subprocess.Popen(
            web_command("127.0.0.1", port, 1), env=given, stderr=written, stdout=written
        )
    try:
        context = ssl.create_default_context(cafile=str(cert))
        with httpx.Client(base_url=base, verify=context, trust_env=False) as client:
            until = time.monotonic() + 60
            while True:
                try:
                    if client.get("/readyz").status_code == 200:
                        break
                except httpx.HTTPError:
                    pass
                assert time.monotonic() < until
                time.sleep(0.1)
            client.get("/healthz", headers={"x-forwarded-for": "1.1.1.1, 192.0.2.77"})
        until = time.monotonic() + 20
        while '"client":"192.0.2.77"' not in log.read_text().replace('": "', '":"'):
            assert time.monotonic() < until, log.read_text()
            time.sleep(0.1)
        with pytest.raises(httpx.HTTPError):
            httpx.get(f"http://127.0.0.1:{port}/healthz", trust_env=False)
    finally:
        process.send_signal(signal.SIGTERM)
        process.wait(30)
