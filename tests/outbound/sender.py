"""What tests of webhooks do: make an endpoint, tell, look into the log, move the clock."""

import subprocess
import time
from collections.abc import Callable
from typing import Any

from app.outbound.messages import EventType, tell
from tests.make import Brand
from tests.outbound.receiver import Receiver
from tests.stack import Stack


class Outside:
    """A service whose webhooks may go to this machine, and a receiver there."""

    def __init__(self, stack: Stack, receiver: Receiver) -> None:
        self.stack = stack
        self.receiver = receiver
        self.web = stack.web(**self.trust)
        self.worker = self.start_worker()

    @property
    def trust(self) -> dict[str, Any]:
        return {
            "HONGQUN_WEBHOOKS_TO_ANYWHERE": "1",
            "HONGQUN_WEBHOOKS_CA": str(self.receiver.certificate),
        }

    def start_worker(self, **environment: str) -> subprocess.Popen[bytes]:
        return self.stack.worker(**(self.trust | environment))

    def endpoint(self, brand: Brand, path: str, **body: Any) -> tuple[str, str]:
        """Make an endpoint at a path of the receiver: its id and secret."""
        made = post(brand, "/v1/webhook-endpoints", url=self.receiver.url(path), name=path, **body)
        return made["endpoint_id"], made["secret"]

    def tell(
        self,
        brand: Brand,
        message_id: str,
        type: EventType = "export.ready",
        data: Any = None,
    ) -> None:
        self.web.within(lambda c: tell(c, brand.brand_id, message_id, type, data or {"n": 1}))

    def hurry(self, brand: Brand, message_id: str) -> None:
        """Move the clock to the next try of a message that nobody has in hand."""
        self.web.sql(
            "UPDATE webhook_delivery SET next_at = now() WHERE brand_id = :b"
            " AND message_id = :m AND state = 'pending'",
            b=brand.brand_id,
            m=message_id,
        )


def post(brand: Brand, path: str, **body: Any) -> Any:
    with brand.client as client:
        answer = client.post(path, json=body) if body else client.post(path)
    assert answer.is_success, answer.text
    return answer.json()


def delivery(brand: Brand, endpoint_id: str, message_id: str) -> Any:
    return brand.ask(f"/v1/webhook-endpoints/{endpoint_id}/deliveries/{message_id}")


def wait_for(
    brand: Brand,
    endpoint_id: str,
    message_id: str,
    fits: Callable[[Any], bool],
    seconds: float = 60,
) -> Any:
    """A delivery, once it is as wanted."""
    until = time.monotonic() + seconds
    while not fits(found := delivery(brand, endpoint_id, message_id)):
        assert time.monotonic() < until, found
        time.sleep(0.05)
    return found


def tried(times: int) -> Callable[[Any], bool]:
    """So many tries, the last of which has ended."""
    return lambda d: d["attempts"] == times and d["tries"][0]["code"] is not None
