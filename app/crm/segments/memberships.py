"""Memberships: in which groups, since when, by which note, live or kind of source."""

from typing import Annotated, Any, Literal

from msgspec import UNSET, Meta, UnsetType
from sqlalchemy import ColumnElement, Date, Select, func, literal, or_, select

from app.crm.segments.condition import (
    Clock,
    Counted,
    Found,
    Keys,
    LocalDate,
    Reads,
    When,
    date_of,
)
from app.models.content import Note
from app.models.joining import Joining
from app.payloads import SourceKind

State = Literal["now", "ever", "left"]
SourceKinds = Annotated[list[SourceKind], Meta(min_length=1)]


class Memberships(Counted, frozen=True, kw_only=True):
    """In how many groups the customer has a membership that is so; those of no length are none.

    state: open now, ended, or either (ever, the default). on: open at some time of a local day.
    first: the customer's first of all. The others are of the membership: its group, when it
    began and ended, and the note (or that note's creator), live or kind of source that it came by.
    """

    state: State = "ever"
    on: LocalDate | UnsetType = UNSET
    first: bool = False
    group_ids: Keys | UnsetType = UNSET
    note_ids: Keys | UnsetType = UNSET
    creator_ids: Keys | UnsetType = UNSET
    live_ids: Keys | UnsetType = UNSET
    source_kinds: SourceKinds | UnsetType = UNSET
    joined: When | UnsetType = UNSET
    left: When | UnsetType = UNSET

    @property
    def reads(self) -> set[Reads]:
        """Notes have creators that can change."""
        return set() if self.creator_ids is UNSET else {"notes"}

    def check(self, path: str) -> None:
        """As above; `on` is a date that there is."""
        super().check(path)
        date_of(self.on, f"{path}/on")

    def find(self, clock: Clock) -> Found:
        """The customers of whom it holds."""
        key = Joining.customer_id
        conditions = [
            Joining.brand_id == clock.brand_id,
            *clock.asked(key),
            *self._of_time(clock),
            *self._of_source(clock),
        ]
        if self.asks_for_any:
            return Found(select(key.label("customer_id")).where(*conditions))
        return self.grouped(key, func.count(Joining.group_id.distinct()), conditions)

    def _of_time(self, clock: Clock) -> list[ColumnElement[bool]]:
        conditions: list[ColumnElement[bool]] = []
        if self.state != "ever":
            gone = Joining.left_at.is_not(None)
            conditions.append(gone if self.state == "left" else ~gone)
        if (day := date_of(self.on, "")) is not None:
            conditions += [
                Joining.joined_day <= literal(day, Date),
                or_(Joining.left_at.is_(None), Joining.left_at > clock.start_of(day)),
            ]
        if self.joined is not UNSET:
            conditions += self.joined.of_days(clock, Joining.joined_day)
        if self.left is not UNSET:
            conditions += self.left.of_days(clock, Joining.left_day)
        return conditions

    def _of_source(self, clock: Clock) -> list[ColumnElement[bool]]:
        conditions: list[ColumnElement[bool]] = []
        if self.first:
            conditions.append(Joining.is_first.is_(True))
        for column, values in (
            (Joining.group_id, self.group_ids),
            (Joining.note_id, self.note_ids),
            (Joining.live_id, self.live_ids),
            (Joining.source_kind, self.source_kinds),
        ):
            if values is not UNSET:
                conditions.append(column.in_(values))
        if self.creator_ids is not UNSET:
            conditions.append(Joining.note_id.in_(notes_of(clock, self.creator_ids)))
        return conditions


def notes_of(clock: Clock, creator_ids: list[str]) -> Select[Any]:
    """The notes of these creators, as known now."""
    return select(Note.note_id).where(
        Note.brand_id == clock.brand_id, Note.creator_id.in_(creator_ids)
    )
