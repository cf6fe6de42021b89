"""What every table shares: the metadata, naming, and column types with their units."""

from datetime import date, datetime
from decimal import Decimal
from typing import Annotated, Any, ClassVar

from sqlalchemy import (
    BigInteger,
    Date,
    DateTime,
    Index,
    LargeBinary,
    MetaData,
    Numeric,
    SmallInteger,
    Text,
    text,
)
from sqlalchemy.dialects.postgresql import ARRAY, JSONB
from sqlalchemy.orm import DeclarativeBase, mapped_column

BrandKey = Annotated[int, mapped_column(BigInteger, primary_key=True, autoincrement=False)]
"""The tenant, first in every key, so that the schema can be distributed by brand."""

IdKey = Annotated[str, mapped_column(Text(collation="C"), primary_key=True)]
"""An id that leads or follows in a primary key; compares by its UTF-8 bytes."""

Id = Annotated[str, mapped_column(Text(collation="C"))]
"""An id given by a platform; compares by its UTF-8 bytes."""

Instant = Annotated[datetime, mapped_column(DateTime(timezone=True))]
InstantKey = Annotated[datetime, mapped_column(DateTime(timezone=True), primary_key=True)]
Now = Annotated[datetime, mapped_column(DateTime(timezone=True), server_default=text("now()"))]

Money = Annotated[int, mapped_column(BigInteger)]
"""An amount in the currency's minor unit (fen for CNY)."""

Total = Annotated[Decimal, mapped_column(Numeric)]
"""A sum of amounts in the minor unit: a whole number of any size."""

DateKey = Annotated[date, mapped_column(Date, primary_key=True)]
"""A local date of the brand."""

BigInt = Annotated[int, mapped_column(BigInteger)]
SmallInt = Annotated[int, mapped_column(SmallInteger)]
Bytes = Annotated[bytes, mapped_column(LargeBinary)]
Json = Annotated[Any, mapped_column(JSONB)]
Texts = Annotated[list[str], mapped_column(ARRAY(Text))]


def search_index(
    table: str, text_: str, at: str = "NULL::timestamptz", where: str | None = None
) -> Index:
    """A GIN index of the words of a text; each word names the brand, since GIN has no order.

    `search_tokens` is made by the migrations; app/lists/search.py knows its words.
    """
    return Index(
        f"ix_{table}_search",
        text(f"search_tokens(brand_id, {at}, {text_})"),
        postgresql_using="gin",
        postgresql_where=text(where or f"{text_} IS NOT NULL"),
    )


class Base(DeclarativeBase):
    """All tables; constraint names follow one pattern so that migrations can name them."""

    metadata = MetaData(
        naming_convention={
            "ix": "ix_%(table_name)s_%(column_0_N_name)s",
            "uq": "uq_%(table_name)s_%(column_0_N_name)s",
            "ck": "ck_%(table_name)s_%(constraint_name)s",
            "fk": "fk_%(table_name)s_%(referred_table_name)s",
            "pk": "pk_%(table_name)s",
        }
    )
    type_annotation_map: ClassVar = {str: Text()}
