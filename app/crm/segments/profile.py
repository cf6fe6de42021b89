"""What is known of a customer's members: nickname and attributes."""

from typing import Annotated, Any

from msgspec import UNSET, Meta, UnsetType
from sqlalchemy import (
    ColumnElement,
    Numeric,
    and_,
    case,
    cast,
    func,
    literal,
    or_,
    select,
    true,
)
from sqlalchemy.dialects.postgresql import JSONB

from app.crm.segments.condition import Clock, Condition, Found, Reads, unfit
from app.models.people import Identity, Member

Words = Annotated[str, Meta(min_length=1, max_length=256)]
Number = Annotated[int, Meta(ge=-(10**15), le=10**15)] | Annotated[float, Meta(ge=-1e15, le=1e15)]
Scalar = Words | Number | bool


class Profile(Condition, frozen=True, kw_only=True):
    """A condition on what is known of members."""

    @property
    def reads(self) -> set[Reads]:
        """Profiles."""
        return {"profile"}


class Nickname(Profile, frozen=True, kw_only=True, rename={"is_": "is"}):
    """One of the customer's members has this nickname, or one that contains it (in any case)."""

    is_: Words | UnsetType = UNSET
    contains: Words | UnsetType = UNSET

    def check(self, path: str) -> None:
        """As above; one of the two."""
        if (self.is_ is UNSET) == (self.contains is UNSET):
            raise unfit(path, "A nickname is asked for by one of `is` and `contains`.")

    def find(self, clock: Clock) -> Found:
        """The customers of whom it holds."""
        if self.is_ is not UNSET:
            return _members(clock, Member.nickname == self.is_)
        return _members(clock, _contains(Member.nickname, str(self.contains)))


class Attribute(Profile, frozen=True, kw_only=True):
    """One of the customer's members has the attribute: at all, or with such a value."""

    key: Words
    any_of: Annotated[list[Scalar], Meta(min_length=1, max_length=100)] | UnsetType = UNSET
    contains: Words | UnsetType = UNSET
    at_least: Number | UnsetType = UNSET
    at_most: Number | UnsetType = UNSET

    def check(self, path: str) -> None:
        """As above; one way of asking."""
        bounded = self.at_least is not UNSET or self.at_most is not UNSET
        if (self.any_of is not UNSET) + (self.contains is not UNSET) + bounded > 1:
            raise unfit(path, "Ask by any_of, by contains, or by at_least and at_most.")

    def find(self, clock: Clock) -> Found:
        """The customers of whom it holds."""
        column: ColumnElement[Any] = cast(Member.attributes, JSONB)
        value = column[self.key]
        text = column[self.key].astext
        if self.any_of is not UNSET:
            return _members(clock, or_(*(column.contains({self.key: v}) for v in self.any_of)))
        if self.contains is not UNSET:
            is_text = func.jsonb_typeof(value) == "string"
            return _members(clock, and_(is_text, _contains(text, self.contains)))
        if self.at_least is not UNSET or self.at_most is not UNSET:
            number = case((func.jsonb_typeof(value) == "number", cast(text, Numeric)))
            low = true() if self.at_least is UNSET else number >= _number(self.at_least)
            high = true() if self.at_most is UNSET else number <= _number(self.at_most)
            return _members(clock, and_(low, high))
        return _members(clock, func.jsonb_typeof(value) != "null")


def _members(clock: Clock, condition: ColumnElement[bool]) -> Found:
    return Found(
        select(Identity.customer_id.label("customer_id"))
        .join(Member, Member.member_id == Identity.id)
        .where(*clock.identities("member"), Member.brand_id == clock.brand_id, condition)
    )


def _contains(column: Any, words: str) -> ColumnElement[bool]:
    return func.strpos(func.lower(column), func.lower(words)) > 0


def _number(value: Any) -> ColumnElement[Any]:
    return cast(literal(str(value)), Numeric)
