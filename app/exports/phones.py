"""Phones in rows: opened batch by batch as files are written, and kept nowhere."""

from collections.abc import Iterator, Mapping

import msgspec
import pyarrow as pa
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection

from app.core.brand_secret import BrandSecret, secret_of
from app.core.phone import masked, shown
from app.exports.frame import Frame
from app.exports.listed.meant import PHONE


class Phones(msgspec.Struct, frozen=True):
    """Reads phones as statements give them (see PHONE); masked unless they may be seen in full.

    `unsealed` are those that the release before stored and no worker has sealed yet, by member.
    """

    secret: BrandSecret | None
    unsealed: Mapping[str, str]
    in_full: bool

    def read(self, stored: str | None) -> str | None:
        """A phone as it is shown."""
        if stored is None:
            return None
        if stored.startswith("m"):
            phone = self.unsealed[stored[1:]]
            return phone if self.in_full else masked(phone)
        assert self.secret is not None
        return shown(bytes.fromhex(stored[1:]), None, self.secret, in_full=self.in_full)

    def opened(self, frame: Frame) -> Frame:
        """The same rows with phones that can be read."""
        at = [column.key for column in frame.spec.columns].index(PHONE.column.key)

        def batches() -> Iterator[pa.RecordBatch]:
            for batch in frame.batches():
                read = [self.read(stored) for stored in batch.column(at).to_pylist()]
                yield batch.set_column(at, batch.schema.field(at), pa.array(read, pa.string()))

        return Frame(frame.spec, frame.rows, batches)


async def phones_of_brand(connection: AsyncConnection, brand_id: int, *, in_full: bool) -> Phones:
    """What opens the phones of a brand; it reads only."""
    given = {"brand": brand_id}
    rows = await connection.execute(
        text(
            "SELECT member_id, phone FROM member WHERE brand_id = :brand"
            " AND phone IS NOT NULL AND phone_cipher IS NULL"
        ),
        given,
    )
    unsealed = {row.member_id: row.phone for row in rows}
    # A brand without a secret has sealed nothing, and must not be given one by a reader.
    has_one = await connection.scalar(
        text("SELECT EXISTS (SELECT FROM brand_secret WHERE brand_id = :brand)"), given
    )
    secret = await secret_of(connection, brand_id) if has_one else None
    return Phones(secret, unsealed, in_full)
