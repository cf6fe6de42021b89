"""A bench that erases as well."""

from datetime import UTC, datetime

import msgspec

from app.core.db import transaction
from app.derive.verify import verify
from app.events import AnyEvent
from app.ingest.decode import Sender
from app.ingest.inbox import take_in
from app.personal import persons, upkeep
from app.personal.erase import erase
from app.projection.project import claim, project
from tests.properties.bench import Bench

_decoder = msgspec.json.Decoder(AnyEvent)


class Eraser(Bench):
    """Erases, goes by the clock, and looks at stored events."""

    def erase(self, brand_id: int, customer_id: str) -> dict[tuple[str, str], str]:
        """Erase; gives the surrogate of each id."""
        return self.runner.run(self._erase(brand_id, customer_id))

    def work_some(self, brand_id: int, rested: bool) -> None:
        """Work until all is done, or let most events wait."""
        if rested:
            self.work(brand_id)
        else:
            self.runner.run(self._project(brand_id))

    def tend(self, brand_id: int) -> None:
        self.runner.run(self._tend(brand_id))

    def take_in_raw(self, brand_id: int, raws: list[bytes]) -> None:
        self.runner.run(self._take_in_raw(brand_id, raws))

    def events(self, brand_id: int) -> list[AnyEvent]:
        """The stored events."""
        rows = self.runner.run(
            self._rows("SELECT raw FROM event WHERE brand_id = :brand", brand_id)
        )
        return [_decoder.decode(raw) for (raw,) in rows]

    def verify(self, brand_id: int) -> None:
        """Compare derived rows with the facts."""
        self.runner.run(self._verify(brand_id))

    async def _erase(self, brand_id: int, customer_id: str) -> dict[tuple[str, str], str]:
        async with transaction(self.pool, brand_id) as connection:
            ids = await persons.find(connection, brand_id, customer_id)
            erased = await erase(connection, brand_id, "key:test", customer_id, "a test")
            after = await persons.find(connection, brand_id, erased.customer_id)
        assert ids is not None and after is not None
        # Surrogates are in the order of the ids.
        before, names = (sorted({*i.members, *i.buyers}, key=str.encode) for i in (ids, after))
        surrogates = dict(zip(before, names, strict=True))
        return {(space, id_): surrogates[id_] for space, id_ in ids.people}

    async def _project(self, brand_id: int) -> None:
        async with transaction(self.pool, brand_id) as connection:
            if claimed := await claim(connection, brand_id, 7):
                await project(connection, brand_id, claimed)

    async def _tend(self, brand_id: int) -> None:
        async with transaction(self.pool, brand_id) as connection:
            await upkeep.begin_at_once(connection, brand_id)
        await upkeep.tend(self.pool, brand_id, datetime.now(UTC))

    async def _take_in_raw(self, brand_id: int, raws: list[bytes]) -> None:
        async with transaction(self.pool, brand_id) as connection:
            receipt = await take_in(
                connection, brand_id, Sender("bot", "CNY"), raws, datetime.now(UTC)
            )
        assert receipt.accepted == len(raws)

    async def _verify(self, brand_id: int) -> None:
        async with self.pool.connect() as connection:
            report = await verify(connection, brand_id, lambda *_: None)
            await connection.rollback()
        assert [each.sentence() for each in report.first] == []
