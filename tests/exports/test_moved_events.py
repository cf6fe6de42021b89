"""A week is read, late events and a merge come in, it is read again: what moved, and by what."""

import asyncio
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet
import pytest

from app.core.clock import parse_instant
from app.core.db import open_pool, transaction
from app.exports.asked import Asked, Run
from app.exports.content import Content
from app.exports.manifest import Manifest
from app.exports.moved import Moves, compare
from app.exports.read import read
from app.exports.revision.events import events_of
from app.exports.weeks import parse_week
from tests.exports.revisions import changes, numbers
from tests.make import Brand, Service
from tests.metrics.told import at, event, tell, told

WEEK = "2025-W10"
AS_OF = at("03-10", "06:00")
STORY = """
    01-20 09:00 group.created   group_id=g1 name=茶友群
    01-20 09:00 note.published  note_id=n1 title=早春 creator_id=c1
    02-20 10:00 member.joined   group_id=g1 member_id=ann source.kind=note source.note_id=n1
    03-04 10:00 member.joined   group_id=g1 member_id=bob source.kind=note source.note_id=n1
    03-03 12:00 order.paid      order_id=o1 buyer_id=ann-shop amount=1000
    03-04 12:00 order.paid      order_id=o2 buyer_id=bob-shop amount=2000
    03-05 12:00 order.paid      order_id=o3 buyer_id=cat-shop amount=3000
    03-01 09:00 identity.linked member_id=ann buyer_id=ann-shop
    02-01 12:00 order.paid      order_id=p1 buyer_id=dan-shop amount=100
"""
REFUND = "03-06 12:00 order.refunded order_id=o3 refund_id=r1 amount=400"
JOIN = "03-03 10:00 member.joined group_id=g1 member_id=eve source.kind=note source.note_id=n1"
LINK = "03-02 10:00 identity.linked member_id=eve buyer_id=cat-shop"
ORDER = "02-10 12:00 order.paid order_id=p2 buyer_id=dan-shop amount=50"
MESSAGE = "03-05 10:00 message.sent group_id=g1 message_id=x1 member_id=bob text=hi"
# What happens from as_of on is the next week's.
LATER = "03-10 06:00 order.refunded order_id=o1 refund_id=r9 amount=1000"


class Revisions:
    """Reads the week of a brand, again and again, and compares."""

    def __init__(self, service: Service, brand: Brand, folder: Path) -> None:
        self.service = service
        self.brand = brand
        self.folder = folder
        self.content: Content | None = None
        self.read()

    def read(self) -> tuple[Content | None, Content]:
        """The revision before, if any, and this one."""
        before = self.content
        self.folder = Path(f"{self.folder}x")
        self.folder.mkdir()
        found = parse_week(WEEK)
        run = Run(
            brand_id=self.brand.brand_id,
            export_id="e1",
            kind="weekly",
            week=WEEK,
            revision=1,
            first_day=found.first_day,
            end_day=found.end_day,
            as_of=parse_instant(AS_OF),
            language="en",
            asked=Asked(),
            previous_id=None,
            attempts=1,
        )

        async def hears(step: str, percent: int) -> None:
            pass

        async def go() -> Content:
            pool = open_pool(self.service.as_role("worker"), "hongqun test")
            try:
                return await read(pool, run, self.folder, hears)
            finally:
                await pool.dispose()

        self.content = asyncio.run(go())
        return before, self.content

    def moved(self) -> Moves | None:
        """Read again, compare with what was read last, and look the events up."""
        before, now = self.read()
        assert before is not None
        run = before.run
        manifest = Manifest(
            export_id="e1",
            kind="weekly",
            week=WEEK,
            revision=1,
            start=str(run.first_day),
            end=str(run.end_day),
            timezone=before.timezone,
            currency=before.currency,
            as_of=run.as_of,
            read_at=before.read_at,
            rule_version=before.rule_version,
            language="en",
            settings=before.settings,
            rows={name: frame.rows for name, frame in before.frames.items()},
            sums=before.sums,
            files=[],
        )
        files = {}
        for name, frame in before.frames.items():
            files[name] = self.folder / f"{name}.parquet"
            table = pa.Table.from_batches(frame.batches(), schema=frame.spec.schema)
            pyarrow.parquet.write_table(table, files[name])
        moves = compare(files, manifest, now, 0)
        if moves is not None:
            moves.told = asyncio.run(self._told(moves, manifest))
        return moves

    async def _told(self, moves: Moves, manifest: Manifest) -> dict[int, dict[str, Any]]:
        pool = open_pool(self.service.as_role("worker"), "hongqun test")
        try:
            async with transaction(pool, self.brand.brand_id) as connection:
                return await events_of(
                    connection, self.brand.brand_id, moves.changes, manifest.read_at
                )
        finally:
            await pool.dispose()


@pytest.fixture
def revisions(service: Service, tmp_path: Path) -> Revisions:
    brand = told(service, STORY, identity_mode="separate")
    return Revisions(service, brand, tmp_path / "r")


def told_by(moves: Moves | None, cause: str) -> set[str | None]:
    """The events that changed rows of a cause."""
    return {row["event_id"] for row in changes(moves) if row["cause"] == cause}


def ids(lines: Sequence[str]) -> set[str]:
    return {event(line)["id"] for line in lines}


def test_nothing_new(revisions: Revisions) -> None:
    tell(revisions.brand, LATER)
    assert revisions.moved() is None


def test_a_late_refund(revisions: Revisions) -> None:
    tell(revisions.brand, REFUND)
    moves = revisions.moved()
    found = numbers(moves)
    assert found["group_share", f"{WEEK}/net", "gmv"] == ("6000", "5600", "1 refund")
    assert found["group_share", f"{WEEK}/net_ledger", "neither_gmv"] == (
        *("5000", "4600", "1 refund"),
    )
    assert {said for _, _, said in found.values()} == {"1 refund"}
    assert told_by(moves, "refund") == ids([REFUND])
    assert moves is not None
    assert moves.summary["causes"] == {"refund": 1}


def test_a_late_join_and_a_link(revisions: Revisions) -> None:
    """eve joined before the order of cat-shop, whom a late event says she is."""
    tell(revisions.brand, JOIN)
    first = revisions.moved()
    assert numbers(first)["notes", "n1", "joins"] == ("1", "2", "1 late join")
    assert told_by(first, "late_join") == ids([JOIN])
    tell(revisions.brand, LINK)
    moves = revisions.moved()
    found = numbers(moves)
    assert found["group_share", f"{WEEK}/gross", "member_only_gmv"] == ("1000", "4000", "1 merge")
    assert found["group_share", f"{WEEK}/gross", "matched_orders"] == ("1", "2", "1 merge")
    assert found["notes", "n1", "buyers"] == ("0", "1", "1 merge")
    assert {said for _, _, said in found.values()} == {"1 merge"}
    assert told_by(moves, "people_joined") == ids([LINK])


def test_an_operators_merge(revisions: Revisions) -> None:
    """Bob is found to be bob-shop; and then he is not."""
    with revisions.brand.client as client:
        body = {"a": {"space": "member", "id": "bob"}, "b": {"space": "buyer", "id": "bob-shop"}}
        answer = client.post("/v1/identity-merges", json=body)
        assert answer.status_code == 200, answer.text
        merge_id = answer.json()["merge_id"]
    revisions.brand.drain()
    moves = revisions.moved()
    found = numbers(moves)
    assert found["groups", "g1", "credited_gmv"] == ("1000", "3000", "1 merge")
    assert {row["merge_id"] for row in changes(moves)} == {merge_id}
    with revisions.brand.client as client:
        undone = client.post(f"/v1/identity-merges/{merge_id}/undo", json={})
        assert undone.status_code == 200, undone.text
    revisions.brand.drain()
    moves = revisions.moved()
    assert numbers(moves)["groups", "g1", "credited_gmv"] == ("3000", "1000", "1 unmerge")
    assert {row["merge_id"] for row in changes(moves)} == {merge_id}


def test_a_late_order_of_the_cohort(revisions: Revisions) -> None:
    """Dan bought again on 02-10, long before the week, and within 30 days."""
    tell(revisions.brand, ORDER)
    moves = revisions.moved()
    found = numbers(moves)
    assert found["repurchase", f"{WEEK}/all", "repeat_buyers"] == ("0", "1", "1 late order")
    assert told_by(moves, "late_order") == ids([ORDER])


def test_a_late_message(revisions: Revisions) -> None:
    tell(revisions.brand, MESSAGE)
    moves = revisions.moved()
    found = numbers(moves)
    assert found["groups", "g1", "messages"] == ("0", "1", "1 late message")
    assert found["groups", "g1", "speakers"] == ("0", "1", "1 late message")
    assert moves is not None
    assert moves.summary["causes"]["late_message"] == 1


def test_a_setting(revisions: Revisions) -> None:
    """All equal ids are one person: bob and ann are no buyers by these names, so nothing moves.

    With touch_hours 0 no click counts; the one that did is no late click.
    """
    tell(revisions.brand, "03-05 11:00 card.clicked group_id=g1 member_id=eve card.note_id=n1")
    tell(revisions.brand, LINK)
    revisions.read()
    with revisions.brand.client as client:
        assert client.patch("/v1/brand", json={"touch_hours": 0}).status_code == 200
    revisions.brand.drain()
    moves = revisions.moved()
    found = numbers(moves)
    assert found["group_share", f"{WEEK}/gross", "touch_only_gmv"] == (
        *("3000", "0", "1 setting (touch_hours)"),
    )
    assert {said for _, _, said in found.values()} == {"1 setting (touch_hours)"}
