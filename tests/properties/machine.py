"""The state machine: a brand whose events come in any way that the world may choose."""

from datetime import UTC, datetime
from typing import Any, ClassVar

from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, precondition, rule
from litestar.testing import TestClient

from app.core.clock import microseconds
from tests.oracle.ask import ask
from tests.oracle.compare import differences
from tests.oracle.world import World, build
from tests.properties.bench import Bench, Pair
from tests.properties.events import PEOPLE, Event, an_event, pick
from tests.properties.questions import ALWAYS, Question, questions

SETTINGS = st.fixed_dictionaries(
    {
        "identity_mode": pick("shared", "separate"),
        "touch_hours": pick(0, 24, 72),
        "live_grace_hours": pick(0, 2),
        "timezone": pick("Asia/Tokyo", "America/Havana"),
    }
)


IDENTITY = st.tuples(pick("member", "buyer"), pick(*PEOPLE))


class BrandMachine(RuleBasedStateMachine):
    """Delivers, repeats, contradicts, crashes, merges, undoes and changes settings; then
    everything must agree.

    The invariant: the tables equal those of a brand that got the same events once, in order,
    under the settings of now and with the merges that stand; and each answer equals a plain
    recount.
    """

    bench: ClassVar[Bench]
    client: ClassVar[TestClient[Any]]
    check_each_step: ClassVar[bool] = False

    @initialize(settings=SETTINGS)
    def begin(self, settings: dict[str, Any]) -> None:
        self.settings = settings
        self.brand_id = self.bench.brand(**settings)
        self.headers = {"authorization": f"Bearer {self.bench.key(self.brand_id)}"}
        self.said: dict[tuple[str, str], Event] = {}
        self.merges: dict[str, Pair] = {}

    @rule(events=st.lists(an_event(), min_size=1, max_size=6))
    def deliver(self, events: list[Event]) -> None:
        new: dict[tuple[str, str], Event] = {}
        for event in events:
            identity = (event["source"], event["id"])
            if identity not in self.said:
                new.setdefault(identity, event)
        if new:
            receipt = self.bench.take_in(self.brand_id, list(new.values()))
            assert (receipt.accepted, receipt.duplicates, receipt.rejected) == (len(new), 0, [])
            self.said |= new

    @precondition(lambda self: self.said)
    @rule(data=st.data())
    def repeat(self, data: st.DataObject) -> None:
        again = data.draw(st.lists(st.sampled_from(list(self.said.values())), min_size=1))
        receipt = self.bench.take_in(self.brand_id, again)
        assert (receipt.accepted, receipt.duplicates, receipt.rejected) == (0, len(again), [])

    @precondition(lambda self: self.said)
    @rule(data=st.data(), other=an_event())
    def contradict(self, data: st.DataObject, other: Event) -> None:
        event = data.draw(st.sampled_from(list(self.said.values())))
        changed = event | {"type": other["type"], "time": other["time"], "data": other["data"]}
        if changed != event:
            receipt = self.bench.take_in(self.brand_id, [changed])
            assert [each.code for each in receipt.rejected] == ["id_conflict"]

    @rule()
    def work(self) -> None:
        self.bench.work(self.brand_id)
        if self.check_each_step:
            self.check([])

    @rule()
    def crash(self) -> None:
        self.bench.crash(self.brand_id)

    @rule(settings=SETTINGS)
    def change_settings(self, settings: dict[str, Any]) -> None:
        self.bench.change(self.brand_id, **settings)
        self.settings = settings

    @rule(pair=st.tuples(IDENTITY, IDENTITY), dry_run=pick(False, False, True))
    def merge(self, pair: Pair, dry_run: bool) -> None:
        merge_id = self.bench.merge(self.brand_id, pair, dry_run)
        if merge_id is not None:
            self.merges[merge_id] = pair

    @precondition(lambda self: self.merges)
    @rule(data=st.data(), dry_run=pick(False, False, True))
    def undo(self, data: st.DataObject, dry_run: bool) -> None:
        merge_id = data.draw(st.sampled_from(sorted(self.merges)))
        self.bench.undo(self.brand_id, merge_id, dry_run)
        if not dry_run:
            del self.merges[merge_id]

    @rule(drawn=st.lists(questions, min_size=1, max_size=5))
    def ask(self, drawn: list[Question]) -> None:
        self.bench.work(self.brand_id)
        self.check(drawn)

    def teardown(self) -> None:
        if hasattr(self, "said"):
            self.bench.work(self.brand_id)
            self.check(ALWAYS)
            self.compare_with_once_in_order()

    def check(self, asked: list[Question]) -> None:
        """The facts, and the answers to questions, equal a recount."""
        config = {"source": "bot"} | self.settings
        world = build(self.said.values(), config, self.merges.values())
        assert self.bench.intervals(self.brand_id) == intervals(world)
        assert self.bench.suspects(self.brand_id) == {
            (event.id, event.source) for event in world.suspect_snapshots
        }
        now = microseconds(datetime.now(UTC))
        for path, params in asked:
            answer = self.client.get(path, params=params, headers=self.headers)
            assert answer.status_code in (200, 404), answer.text
            got = answer.json() if answer.status_code == 200 else None
            found = differences(ask(world, path, params, now), got)
            assert found == [], (path, params, got)

    def compare_with_once_in_order(self) -> None:
        """The tables equal those of a brand that got everything once and in order.

        There the merges come first, before anybody has a name.
        """
        other = self.bench.brand(**self.settings)
        self.bench.foretell(other, self.merges.values())
        events = sorted(self.said.values(), key=lambda e: (e["time"], e["id"], e["source"]))
        if events:
            self.bench.take_in(other, events)
            self.bench.work(other)
        expected, found = self.bench.tables(other), self.bench.tables(self.brand_id)
        for name, rows in expected.items():
            assert found[name] == rows, name


def intervals(world: World) -> list[tuple[Any, ...]]:
    """The recount's memberships, those of length 0 among them."""
    return sorted(
        (
            (
                m.group_id,
                m.member_id,
                m.joined_at,
                m.left_at,
                m.source.get("kind"),
                m.source.get("note_id"),
                m.start_inferred,
                m.end_inferred,
            )
            for m in world.memberships + world.empty_memberships
        ),
        key=repr,
    )
