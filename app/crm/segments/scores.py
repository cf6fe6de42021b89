"""RFM scores and stages of life, as the customer page tells them, at the start of the local day."""

from typing import Annotated

from msgspec import UNSET, Meta, UnsetType
from sqlalchemy import ColumnElement, or_

from app.crm.segments.condition import Clock, Condition, Found, Reads, customers, unfit
from app.metrics import lifecycle, rfm
from app.models.customer import Customer

Score = Annotated[int, Meta(ge=1, le=5)]
Stages = Annotated[list[lifecycle.Stage], Meta(min_length=1)]


class Scores(Condition, frozen=True, kw_only=True):
    """Scores from `at_least` to `at_most`."""

    at_least: Score = 1
    at_most: Score = 5

    def check(self, path: str) -> None:
        """As above; bounds in their order."""
        if self.at_least > self.at_most:
            raise unfit(f"{path}/at_most", "at_most must not be less than at_least.")


class Rfm(Condition, frozen=True, kw_only=True):
    """The customer has bought, and each of its scores that is named lies in its range."""

    recency: Scores | UnsetType = UNSET
    frequency: Scores | UnsetType = UNSET
    monetary: Scores | UnsetType = UNSET

    def check(self, path: str) -> None:
        """As above; at least one of them."""
        named = [name for name in rfm.MEASURES if getattr(self, name) is not UNSET]
        if not named:
            raise unfit(path, "Name recency, frequency or monetary.")
        for name in named:
            getattr(self, name).check(f"{path}/{name}")

    @property
    def reads(self) -> set[Reads]:
        """The cut points."""
        return {"rfm"}

    def find(self, clock: Clock) -> Found:
        """The customers of whom it holds."""
        conditions: list[ColumnElement[bool]] = []
        for measure in rfm.MEASURES:
            asked = getattr(self, measure)
            if asked is not UNSET:
                table = Customer.__table__
                bounds = (asked.at_least, asked.at_most)
                conditions.append(rfm.scored(measure, table, clock.cuts, *bounds))
        return customers(clock, conditions)


class Lifecycle(Condition, frozen=True, kw_only=True):
    """The customer is in one of these stages; who never bought is in none."""

    any_of: Stages

    @property
    def reads(self) -> set[Reads]:
        """The brand's days."""
        return {"lifecycle"}

    def find(self, clock: Clock) -> Found:
        """The customers of whom it holds."""
        table = Customer.__table__
        stages = [
            lifecycle.in_stage(stage, table, clock.days, clock.starts_at) for stage in self.any_of
        ]
        return customers(clock, [or_(*stages)])
