"""Tags that operators gave."""

from msgspec import UNSET, UnsetType
from sqlalchemy import select

from app.crm.segments.condition import Clock, Condition, Found, Keys, Reads, When
from app.models.desk import Tagging
from app.models.people import Identity


class Tags(Condition, frozen=True, kw_only=True):
    """The customer has one of these tags; `when`: and was given it then."""

    any_of: Keys
    when: When | UnsetType = UNSET

    @property
    def reads(self) -> set[Reads]:
        """Tags."""
        return {"tags"}

    def find(self, clock: Clock) -> Found:
        """The customers of whom it holds."""
        given = [] if self.when is UNSET else self.when.of_instants(clock, Tagging.tagged_at)
        return Found(
            select(Identity.customer_id.label("customer_id"))
            .join(Tagging, (Tagging.space == Identity.space) & (Tagging.id == Identity.id))
            .where(
                Identity.brand_id == clock.brand_id,
                *clock.asked(Identity.customer_id),
                Tagging.brand_id == clock.brand_id,
                Tagging.tag_id.in_(self.any_of),
                *given,
            )
        )
