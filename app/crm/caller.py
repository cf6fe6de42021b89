"""Who is asking, and what they may: scopes, and the roles that operators have them by."""

from collections.abc import Iterable
from typing import Literal, get_args

import msgspec

from app.core.errors import Problem

Scope = Literal["events:write", "read", "pii:read", "write", "export", "admin"]
SCOPES: tuple[Scope, ...] = get_args(Scope)

Role = Literal["owner", "operator", "analyst"]
ROLES: tuple[Role, ...] = get_args(Role)

OF_ROLE: dict[Role, frozenset[str]] = {
    "owner": frozenset(SCOPES),
    "operator": frozenset({"read", "write", "export", "events:write"}),
    "analyst": frozenset({"read", "export"}),
}


class Caller(msgspec.Struct, frozen=True):
    """Who a live key or session speaks for; `key_id` is the id of either."""

    brand_id: int
    key_id: str
    scopes: frozenset[str]
    role: Role | None = None
    operator_id: str | None = None

    @property
    def actor(self) -> str:
        """Who acts, as records of what was done name them."""
        return f"key:{self.key_id}" if self.operator_id is None else f"operator:{self.operator_id}"

    def must_hold(self, scopes: Iterable[str]) -> None:
        """Nobody hands on what they have not.

        Raises:
            Problem: 403 where a scope is not the caller's.
        """
        lacking = [scope for scope in SCOPES if scope in set(scopes) - self.scopes]
        if lacking:
            raise Problem(
                403, "forbidden", f"You would grant scopes that you lack: {', '.join(lacking)}."
            )


def scopes_of(role: Role, reads_pii: bool) -> frozenset[str]:
    """The scopes of an operator; `pii:read` comes with the role of owner or by a flag."""
    return OF_ROLE[role] | ({"pii:read"} if reads_pii else set())
