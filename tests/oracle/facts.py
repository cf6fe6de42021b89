"""The facts as plain records. A customer is the smallest of its identities."""

from typing import Any, NamedTuple

Identity = tuple[str, str]
Customer = tuple[str, str]


class Membership(NamedTuple):
    joined_at: int
    group_id: str
    member_id: str
    customer: Customer
    left_at: int | None
    source: dict[str, Any]
    start_inferred: bool
    end_inferred: bool

    def open_at(self, at: int) -> bool:
        return self.joined_at <= at and (self.left_at is None or at < self.left_at)

    def open_during(self, start: int, end: int) -> bool:
        return self.joined_at < end and (self.left_at is None or self.left_at > start)


class Message(NamedTuple):
    at: int
    group_id: str
    message_id: str
    customer: Customer
    recalled_at: int | None


class Click(NamedTuple):
    at: int
    event_id: str
    source: str
    group_id: str
    customer: Customer


class View(NamedTuple):
    at: int
    live_id: str
    customer: Customer
    group_id: str | None


class Live(NamedTuple):
    live_id: str
    start: int
    ends: tuple[int, ...]  # every time that it was said to have ended

    @property
    def end(self) -> int | None:
        return max(self.ends, default=None)


class Refund(NamedTuple):
    at: int
    refund_id: str
    amount: int


class Order(NamedTuple):
    order_id: str
    customer: Customer
    kind: str
    amount: int
    paid_at: int
    touch: dict[str, Any]
    refunds: tuple[Refund, ...]

    def refunded(self) -> int:
        return min(sum(refund.amount for refund in self.refunds), self.amount)
