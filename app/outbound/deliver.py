"""One try: sign, connect, post, and read a little of what is answered."""

import asyncio
import ssl
from collections.abc import Sequence
from importlib.metadata import version
from typing import Any

import httpcore
import msgspec

from app.ingest.signature import sign
from app.outbound.addresses import BadAddress, Target, read_url
from app.outbound.connect import Checked, RefusedAddress, Resolve, Unresolved, resolve
from app.outbound.outcome import Code, Outcome

TIMEOUT_SECONDS = 15.0
"""For all of it: name, connection, request and answer."""

MOST_READ = 65_536
MOST_KEPT = 1_000
"""Characters of an answer."""

AGENT = f"Hongqun-Webhooks/{version('hongqun')}"

FAILED: dict[str, tuple[Code, str]] = {
    "connect_tcp": ("connect", "no connection could be made"),
    "start_tls": ("tls", "no trusted TLS connection could be made"),
}
BROKEN: tuple[Code, str] = ("broken", "the connection broke, or what was answered is not HTTP")


class Post(msgspec.Struct, frozen=True):
    """What is sent: the body signed by each live secret, the newest first."""

    url: str
    secrets: Sequence[str]
    message_id: str
    timestamp: int
    body: bytes


class Sender:
    """What all tries of a process share.

    anywhere: http and private addresses too. trusted: a file of certificates to trust beside those
    of the system.
    """

    def __init__(
        self,
        *,
        anywhere: bool = False,
        trusted: str | None = None,
        timeout: float = TIMEOUT_SECONDS,
        resolve: Resolve = resolve,
    ) -> None:
        self._anywhere = anywhere
        self._timeout = timeout
        self._backend = Checked(anywhere=anywhere, resolve=resolve)
        self._tls = ssl.create_default_context()
        if trusted is not None:
            self._tls.load_verify_locations(trusted)

    async def send(self, post: Post) -> Outcome:
        """Try once; whatever goes wrong on the way is an outcome too."""
        try:
            target = read_url(post.url, anywhere=self._anywhere)
        except BadAddress as error:
            return Outcome("refused_address", f"the URL {error}")
        answer = _Answer()
        try:
            async with asyncio.timeout(self._timeout):
                await self._ask(target, post, answer)
        except TimeoutError:
            # Who has said 2xx has it, however slowly the rest comes.
            if answer.status is None:
                return Outcome("timeout", f"nothing within {self._timeout:g} seconds")
        except (Unresolved, RefusedAddress) as error:
            code: Code = "dns" if isinstance(error, Unresolved) else "refused_address"
            return Outcome(code, str(error)[:MOST_KEPT])
        except (httpcore.NetworkError, httpcore.ProtocolError, httpcore.TimeoutException) as error:
            if answer.status is None:
                code, why = FAILED.get(answer.phase, BROKEN)
                return Outcome(code, f"{why}: {error}"[:MOST_KEPT])
        return answer.outcome()

    async def _ask(self, target: Target, post: Post, answer: "_Answer") -> None:
        url = httpcore.URL(
            scheme=b"https" if target.tls else b"http",
            host=target.host.encode(),
            port=target.port,
            target=target.path.encode(),
        )
        pool = httpcore.AsyncConnectionPool(
            ssl_context=self._tls, max_connections=1, network_backend=self._backend
        )
        async with pool:
            asked = pool.stream(
                "POST",
                url,
                headers=headers(target, post),
                content=post.body,
                extensions={"trace": answer.trace},
            )
            async with asked as response:
                answer.begin(response)
                async for part in response.aiter_stream():
                    answer.body += part[: MOST_READ - len(answer.body)]
                    if len(answer.body) >= MOST_READ:
                        break


def headers(target: Target, post: Post) -> list[tuple[bytes, bytes]]:
    """Those of the request, with a signature by each secret."""
    signatures = [sign(each, post.message_id, post.timestamp, post.body) for each in post.secrets]
    host = f"[{target.host}]" if ":" in target.host else target.host
    usual = target.port == (443 if target.tls else 80)
    given = {
        "host": host if usual else f"{host}:{target.port}",
        "user-agent": AGENT,
        "accept": "*/*",
        "connection": "close",
        "content-type": "application/json",
        "content-length": str(len(post.body)),
        "webhook-id": post.message_id,
        "webhook-timestamp": str(post.timestamp),
        "webhook-signature": " ".join(signatures),
    }
    return [(name.encode(), value.encode()) for name, value in given.items()]


class _Answer:
    """What has come of an answer so far, and which step is under way."""

    def __init__(self) -> None:
        self.phase = "connect_tcp"
        self.status: int | None = None
        self.retry_after: str | None = None
        self.body = b""

    async def trace(self, event: str, info: Any) -> None:
        """Note where the connection is, as httpcore tells it."""
        step, _, state = event.rpartition(".")
        if state == "started":
            self.phase = step.rpartition(".")[2]

    def begin(self, response: httpcore.Response) -> None:
        self.status = response.status
        for name, value in response.headers:
            if name.lower() == b"retry-after":
                self.retry_after = value.decode("latin-1")[:100]

    def outcome(self) -> Outcome:
        assert self.status is not None
        text = self.body.decode("utf-8", "replace").replace("\0", "\ufffd")[:MOST_KEPT] or None
        if 200 <= self.status < 300:
            return Outcome("delivered", None, self.status, text)
        code: Code = "gone" if self.status == 410 else "status"
        detail = "redirects are not followed" if 300 <= self.status < 400 else None
        return Outcome(code, detail, self.status, text, self.retry_after)
