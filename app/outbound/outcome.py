"""What came of a try: one of a few stable codes, and what the receiver said."""

from typing import Literal

import msgspec

Code = Literal[
    "delivered",
    "status",
    "gone",
    "dns",
    "refused_address",
    "connect",
    "tls",
    "timeout",
    "broken",
    "interrupted",
]
"""`status`: an answer other than 2xx; `gone`: 410. `refused_address`: the name leads nowhere that
a webhook may go. `broken`: the connection broke, or what came was not HTTP. `interrupted`: a worker
ended in the middle, and whether it arrived is not known.
"""


class Outcome(msgspec.Struct, frozen=True):
    """How a try ended; `answer` has the first characters of the body of the answer."""

    code: Code
    detail: str | None = None
    status: int | None = None
    answer: str | None = None
    retry_after: str | None = None
