"""Who said something, where and when: when members last spoke is kept beside their messages, so
that silence is cheap to ask for.
"""

from collections.abc import Iterable, Mapping, Set

import msgspec
from sqlalchemy.ext.asyncio import AsyncConnection

from app.core.clock import microseconds
from app.core.columns import joined
from app.core.sql import sql
from app.projection.attributes import Change, Row
from app.projection.batch import Key, Saying

Said = tuple[str, str, int]
"""A group, a member who spoke in it, and when: microseconds since 1970."""


class Speech(msgspec.Struct):
    """What new and changed messages tell of who spoke.

    told: of messages that are new, or as they were. now, before: of those that were told of
    somebody else or of another time; who spoke `before` may have spoken last by that message.
    """

    told: list[Said] = []
    now: list[Said] = []
    before: list[Said] = []

    def by_new(self, new: Iterable[Saying]) -> None:
        """Messages of which nothing was known."""
        self.told += [
            (saying.sent.group_id, saying.sent.member_id, saying.stamp[0])
            for saying in new
            if saying.sent is not None
        ]

    def by_changes(self, changes: Mapping[Key, Change], gone: Set[Key]) -> None:
        """Messages that changed; of those that are gone nothing is told any more."""
        for key, change in changes.items():
            after = None if key in gone else _said(key[0], change.after)
            before = None if change.before is None else _said(key[0], change.before)
            if before is None or before == after:
                self.told += [] if after is None else [after]
            else:
                self.now += [] if after is None else [after]
                self.before.append(before)

    @property
    def speakers(self) -> set[str]:
        """All of whom something is told."""
        return {member_id for _, member_id, _ in (*self.told, *self.now, *self.before)}


def _said(group_id: str, message: Row) -> Said | None:
    member_id, at = message.values.get("member_id"), message.times.get("sent_at")
    return None if member_id is None or at is None else (group_id, member_id, microseconds(at))


async def put_speech(connection: AsyncConnection, brand_id: int, speech: Speech) -> None:
    """Follow changed messages, which are written already.

    Of who may have spoken last by a message that is another's, or later, all messages are asked.
    """
    said = speech.told + speech.now
    if said:
        _, members, ats = zip(*said, strict=True)
        separator, _, columns = joined(members, [str(at) for at in ats])
        await connection.execute(
            sql("projection", "put_speech"),
            {"brand": brand_id, "separator": separator, "members": columns[0], "ats": columns[1]},
        )
    if speech.before:
        mend = sorted({member_id for _, member_id, _ in speech.before})
        await connection.execute(
            sql("projection", "mend_speech"), {"brand": brand_id, "members": mend}
        )
