"""One person's ids, and the statements that find them in every place that names people."""

from typing import Any

import msgspec
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection

from app.personal.places import Place
from app.projection.people import Person


class Ids(msgspec.Struct, frozen=True):
    """The member ids and buyer ids of one customer."""

    members: list[str]
    buyers: list[str]

    @property
    def customers(self) -> list[str]:
        """Every customer id that the person has, or had before identities were merged."""
        return [f"m:{id_}" for id_ in self.members] + [f"b:{id_}" for id_ in self.buyers]

    @property
    def people(self) -> list[Person]:
        """The ids with their spaces."""
        return [("member", id_) for id_ in self.members] + [("buyer", i) for i in self.buyers]

    def parameters(self) -> dict[str, Any]:
        """As the parameters of conditions."""
        return {"members": self.members, "buyers": self.buyers, "customers": self.customers}


async def find(connection: AsyncConnection, brand_id: int, customer_id: str) -> Ids | None:
    """The ids of the customer that an id (`m:<member id>`, `b:<buyer id>`) belongs to now."""
    space = {"m:": "member", "b:": "buyer"}.get(customer_id[:2])
    if space is None:
        return None
    rows = await connection.execute(
        text(
            "SELECT space, id FROM identity WHERE brand_id = :brand AND customer_id = ("
            "  SELECT customer_id FROM identity"
            "  WHERE brand_id = :brand AND space = :space AND id = :id) ORDER BY space, id"
        ),
        {"brand": brand_id, "space": space, "id": customer_id[2:]},
    )
    found = rows.all()
    if not found:
        return None
    return Ids(
        [row.id for row in found if row.space == "member"],
        [row.id for row in found if row.space == "buyer"],
    )


def condition(place: Place) -> str:
    """That a row `x` of the place names one of :members, :buyers or :customers."""
    column = f"x.{place.column}"
    members, buyers, customers = (
        f"CAST(:{name} AS text[])" for name in ("members", "buyers", "customers")
    )
    names = {
        "member": f"{column} = ANY ({members})",
        "buyer": f"{column} = ANY ({buyers})",
        "customer": f"{column} = ANY ({customers})",
        "members": f"{column} && {members}",
        "customers": f"{column} && {customers}",
        "identity": f"(x.{place.space} = 'member' AND {column} = ANY ({members})"
        f" OR x.{place.space} = 'buyer' AND {column} = ANY ({buyers}))",
    }[place.kind]
    return f"{place.within} AND {names}"
