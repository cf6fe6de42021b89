"""A receiver of webhooks: HTTPS with a certificate of the test's own, told by path what to do."""

import contextlib
import datetime as dt
import ipaddress
import socket
import socketserver
import ssl
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID
from standardwebhooks import Webhook

Talk = Callable[[socket.socket], object]
"""What is done with a connection once the request has been read."""


@dataclass
class Got:
    """A request as it came."""

    path: str
    headers: dict[str, str]
    body: bytes

    @property
    def id(self) -> str:
        return self.headers["webhook-id"]

    def verified(self, secret: str) -> None:
        """Hold it against the verifier of Standard Webhooks, which raises where it does not fit."""
        Webhook(secret).verify(self.body, self.headers)


class Receiver:
    """What came, and what is answered by path: a status, raw bytes, or whatever a function does."""

    def __init__(self, port: int, certificate: Path) -> None:
        self.port = port
        self.certificate = certificate
        self.got: list[Got] = []
        self.answers: dict[str, int | bytes | Talk] = {}

    def url(self, path: str) -> str:
        return f"https://localhost:{self.port}{path}"

    def at(self, path: str) -> list[Got]:
        return [each for each in self.got if each.path == path]

    def wait(self, path: str, count: int = 1, seconds: float = 60) -> list[Got]:
        """What came at a path, once there is so much of it."""
        until = time.monotonic() + seconds
        while len(self.at(path)) < count:
            assert time.monotonic() < until, f"{len(self.at(path))} of {count} at {path}"
            time.sleep(0.02)
        return self.at(path)

    def take(self, connection: socket.socket) -> None:
        with connection.makefile("rb") as file:
            line = file.readline().decode()
            if not line:
                return
            headers = {}
            while (header := file.readline().decode().strip()) != "":
                name, _, value = header.partition(":")
                headers[name.lower()] = value.strip()
            body = file.read(int(headers.get("content-length", "0")))
        path = line.split(" ")[1]
        self.got.append(Got(path, headers, body))
        answer = self.answers.get(path, 204)
        if isinstance(answer, int):
            answer = f"HTTP/1.1 {answer} X\r\ncontent-length: 2\r\n\r\nok".encode()
        if isinstance(answer, bytes):
            connection.sendall(answer)
        else:
            answer(connection)


def certificate(folder: Path) -> tuple[Path, Path]:
    """A certificate of localhost that signs itself, and its key."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "localhost")])
    now = dt.datetime.now(dt.UTC)
    names: list[x509.GeneralName] = [
        x509.DNSName("localhost"),
        x509.IPAddress(ipaddress.ip_address("127.0.0.1")),
    ]
    made = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - dt.timedelta(days=1))
        .not_valid_after(now + dt.timedelta(days=30))
        .add_extension(x509.SubjectAlternativeName(names), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .sign(key, hashes.SHA256())
    )
    cert, secret = folder / "cert.pem", folder / "key.pem"
    cert.write_bytes(made.public_bytes(serialization.Encoding.PEM))
    secret.write_bytes(
        key.private_bytes(
            serialization.Encoding.PEM,
            serialization.PrivateFormat.PKCS8,
            serialization.NoEncryption(),
        )
    )
    return cert, secret


@contextmanager
def receiving(folder: Path, *, tls: bool = True) -> Iterator[Receiver]:
    """Receive at a port of localhost while the block runs."""
    cert, key = certificate(folder)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(cert, key)

    class Handler(socketserver.BaseRequestHandler):
        def handle(self) -> None:
            with contextlib.suppress(OSError):
                connection = self.request
                connection.settimeout(60)
                if tls:
                    connection = context.wrap_socket(connection, server_side=True)
                with connection:
                    receiver.take(connection)

    class Server(socketserver.ThreadingTCPServer):
        daemon_threads = True
        request_queue_size = 64

    with Server(("127.0.0.1", 0), Handler) as server:
        receiver = Receiver(server.server_address[1], cert)
        thread = threading.Thread(target=server.serve_forever, args=(0.05,), daemon=True)
        thread.start()
        yield receiver
        server.shutdown()
