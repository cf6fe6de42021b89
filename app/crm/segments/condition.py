"""What conditions are made of: windows of local days, bounds of counts, and whom a statement finds.

A condition finds customers by a SELECT of their ids. Customers of whom it has no rows count as 0,
so a condition that holds at 0 finds those of whom it does not hold, and is turned round.
"""

from collections.abc import Sequence
from datetime import date, datetime, timedelta
from typing import Annotated, Any, Literal

import msgspec
from msgspec import UNSET, Meta, UnsetType
from sqlalchemy import (
    ARRAY,
    BigInteger,
    ColumnElement,
    Date,
    DateTime,
    Select,
    String,
    and_,
    any_,
    bindparam,
    literal,
    not_,
    select,
)

from app.core.clock import day_start
from app.core.errors import Problem
from app.derive.touched import Touched
from app.metrics import lifecycle, rfm
from app.models.customer import Customer
from app.models.people import Identity
from app.payloads import Key

MOST_COUNT = 10**15
ONE_DAY = timedelta(days=1)

Keys = Annotated[list[Key], Meta(min_length=1, max_length=100)]
"""Ids, of which any will do."""

Reads = Touched | Literal["rfm", "lifecycle"]
"""What a condition reads beside what is derived; the last two are told by the clock."""

Bound = Annotated[int, Meta(ge=0, le=MOST_COUNT)]
Days = Annotated[int, Meta(ge=0, le=3650)]
LocalDate = Annotated[str, Meta(pattern=r"^(19|20|21)\d\d-\d\d-\d\d$")]


class Clock(msgspec.Struct, frozen=True, kw_only=True):
    """What a rule is read under beside the facts: the brand, its time zone, the local day.

    among: the customers that are asked about; everybody where it is None.
    """

    brand_id: int
    zone: Any
    day: date
    cuts: rfm.Cuts = rfm.NONE
    days: lifecycle.Days = lifecycle.Days(30, 90, 180)
    among: Sequence[str] | None = None

    @property
    def starts_at(self) -> datetime:
        """When the local day began: scores and stages are of this instant."""
        return day_start(self.zone, self.day)

    def start_of(self, day: date) -> ColumnElement[datetime]:
        """The instant at which a local day begins."""
        return literal(day_start(self.zone, day), DateTime(timezone=True))

    def asked(self, column: Any) -> list[ColumnElement[bool]]:
        """The condition that a customer is among those who are asked about."""
        if self.among is None:
            return []
        return [column == any_(bindparam("among", list(self.among), type_=ARRAY(String)))]

    def identities(self, space: str) -> list[ColumnElement[bool]]:
        """The conditions on `identity`, to which what hangs on ids is joined."""
        return [
            Identity.brand_id == self.brand_id,
            Identity.space == space,
            *self.asked(Identity.customer_id),
        ]


class Found(msgspec.Struct, frozen=True):
    """The customers that a condition finds, in a column `customer_id`, maybe several times.

    turned: the condition holds for all others.
    """

    customers: Select[Any]
    turned: bool = False


class When(
    msgspec.Struct,
    frozen=True,
    forbid_unknown_fields=True,
    omit_defaults=True,
    rename={"from_": "from"},
):
    """Local days: `from` (included), `until` (excluded), or today and the `last_days` before it."""

    from_: LocalDate | UnsetType = UNSET
    until: LocalDate | UnsetType = UNSET
    last_days: Days | UnsetType = UNSET

    def check(self, path: str) -> None:
        """Refuse a window that says nothing or too much.

        Raises:
            Problem: 422 with the field.
        """
        if self.last_days is not UNSET:
            if self.from_ is not UNSET or self.until is not UNSET:
                raise unfit(f"{path}/last_days", "last_days stands alone, without from and until.")
            return
        first, last = date_of(self.from_, f"{path}/from"), date_of(self.until, f"{path}/until")
        if first is None and last is None:
            raise unfit(path, "A window has from, until or both, or last_days.")
        if first is not None and last is not None and last < first:
            raise unfit(f"{path}/until", "until must not lie before from.")

    def bounds(self, clock: Clock) -> tuple[date | None, date | None]:
        """First local day, and the one after the last; None where it is open."""
        if self.last_days is not UNSET:
            return clock.day - self.last_days * ONE_DAY, None
        return date_of(self.from_, ""), date_of(self.until, "")

    def of_days(self, clock: Clock, column: Any) -> list[ColumnElement[bool]]:
        """The conditions that a local date lies in it."""
        first, last = self.bounds(clock)
        return [
            *([] if first is None else [column >= literal(first, Date)]),
            *([] if last is None else [column < literal(last, Date)]),
        ]

    def of_instants(self, clock: Clock, column: Any) -> list[ColumnElement[bool]]:
        """The conditions that an instant lies in it."""
        first, last = self.bounds(clock)
        return [
            *([] if first is None else [column >= clock.start_of(first)]),
            *([] if last is None else [column < clock.start_of(last)]),
        ]


class Condition(
    msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, omit_defaults=True
):
    """What a rule asks of customers: by a noun and its fields."""

    def check(self, path: str) -> None:
        """Refuse what the types of the fields let pass.

        Raises:
            Problem: 422 with the field.
        """
        for name in self.__struct_fields__:
            each = getattr(self, name)
            if isinstance(each, When):
                each.check(f"{path}/{name}")

    @property
    def reads(self) -> set[Reads]:
        """What it reads beside what is derived: whose change must be told of."""
        return set()

    def find(self, clock: Clock) -> Found:
        """The customers of whom it holds."""
        raise NotImplementedError


class Counted(Condition, frozen=True, kw_only=True):
    """A condition on a count or a sum: at least 1 where no bound is given."""

    at_least: Bound | UnsetType = UNSET
    at_most: Bound | UnsetType = UNSET

    def check(self, path: str) -> None:
        """As above; bounds in their order."""
        super().check(path)
        least, most = self.at_least, self.at_most
        if least is not UNSET and most is not UNSET and least > most:
            raise unfit(f"{path}/at_most", "at_most must not be less than at_least.")

    @property
    def holds_at_zero(self) -> bool:
        """Whether it holds of who has none."""
        least = self.at_least if self.at_least is not UNSET else int(self.at_most is UNSET)
        return least == 0

    @property
    def asks_for_any(self) -> bool:
        """Whether one is enough and none too many."""
        return self.at_most is UNSET and self.at_least in (UNSET, 1)

    def of(self, value: Any) -> ColumnElement[bool]:
        """The condition that a value lies within the bounds."""
        bounds: list[ColumnElement[bool]] = []
        if self.at_most is not UNSET:
            bounds.append(value <= literal(self.at_most, BigInteger))
        if self.at_least is not UNSET or not bounds:
            least = 1 if self.at_least is UNSET else self.at_least
            bounds.append(value >= literal(least, BigInteger))
        return and_(*bounds)

    def grouped(
        self,
        key: Any,
        value: Any,
        conditions: Sequence[Any],
        *joins: tuple[Any, ColumnElement[bool]],
    ) -> Found:
        """Those whose value over the rows that meet the conditions lies within the bounds."""
        rows = select(key.label("customer_id")).where(*conditions)
        for table, on in joins:
            rows = rows.join(table, on)
        within = self.of(value)
        turned = self.holds_at_zero
        return Found(rows.group_by(key).having(not_(within) if turned else within), turned)


def customers(clock: Clock, conditions: Sequence[ColumnElement[bool]]) -> Found:
    """Those whose row in `customer` meets the conditions."""
    return Found(
        select(Customer.customer_id.label("customer_id")).where(
            Customer.brand_id == clock.brand_id,
            *clock.asked(Customer.customer_id),
            *conditions,
        )
    )


def date_of(text: str | UnsetType, path: str) -> date | None:
    if text is UNSET:
        return None
    assert isinstance(text, str)
    try:
        return date.fromisoformat(text)
    except ValueError:
        raise unfit(path, "There is no such date.") from None


def unfit(path: str, detail: str) -> Problem:
    """A rule that cannot be read, and where."""
    return Problem(422, "invalid", detail, field=path)
