"""What goes wrong, as RFC 9457 says it: a status, a stable code, the field, a sentence."""

from collections.abc import Mapping
from typing import Any


class Problem(Exception):
    """An answer that is not the one that was asked for.

    `code` is stable and for programs, `detail` is for people, `field` is a JSON Pointer into
    the body or the name of a query parameter. `members` become extension members.
    """

    def __init__(
        self,
        status: int,
        code: str,
        detail: str,
        *,
        field: str | None = None,
        headers: Mapping[str, str] | None = None,
        members: Mapping[str, Any] | None = None,
    ) -> None:
        super().__init__(detail)
        self.status = status
        self.code = code
        self.detail = detail
        self.field = field
        self.headers = dict(headers or {})
        self.members = dict(members or {})


class BadParameter(Problem):
    """A query parameter is missing or malformed."""

    def __init__(self, field: str, detail: str) -> None:
        super().__init__(400, "invalid", f"{field}: {detail}", field=field)


class NotFound(Problem):
    """No such thing, or not of this brand: the two are not told apart."""

    def __init__(self, what: str) -> None:
        super().__init__(404, "not_found", f"There is no such {what}.")


class Unavailable(Problem):
    """The database cannot take it now; the same request may be sent again."""

    def __init__(self) -> None:
        super().__init__(
            503,
            "unavailable",
            "The database cannot be reached now; send the same again later.",
            headers={"Retry-After": "5"},
        )
