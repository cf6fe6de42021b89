"""What the rotation of a key's and of a source's secret have in common."""

from typing import Annotated

import msgspec


class Rotation(msgspec.Struct, frozen=True, omit_defaults=True, forbid_unknown_fields=True):
    """How long the old secret stays live; `at_once`: not at all, for one that has leaked."""

    overlap_hours: Annotated[int, msgspec.Meta(ge=1, le=72)] = 24
    at_once: bool = False

    @property
    def hours(self) -> int:
        return 0 if self.at_once else self.overlap_hours
