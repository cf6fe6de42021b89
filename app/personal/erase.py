"""Erasure: a person's ids become surrogates everywhere, and what is known of the person goes.

Nothing that is counted changes. The surrogates are new names for the same identities, and in the
order of the old ones, so that every tie between a customer's own ids is broken as before; ids of
different customers are never compared. Stored events are gone through afterwards (scrub.py).
"""

from typing import Any

import msgspec
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection

from app.core.brand_secret import secret_of
from app.core.errors import NotFound, Problem
from app.core.partitions import DETACHED
from app.crm.audit import record
from app.crm.tokens import random_text
from app.derive.beside import forget_dead
from app.personal.listed import mark
from app.personal.persons import Ids, condition, find
from app.personal.places import PLACES, Place
from app.personal.upkeep import begin_at_once

LETTERS = "abcdefghijkmnpqrstuvwxyz23456789"


def _either(side: str) -> str:
    """The condition that one side of two identities is the person's."""
    return (
        f"(x.{side}_space = 'member' AND x.{side}_id = ANY (CAST(:members AS text[]))"
        f" OR x.{side}_space = 'buyer' AND x.{side}_id = ANY (CAST(:buyers AS text[])))"
    )


def _texts(table: str) -> str:
    """The statement that empties what they wrote in groups."""
    return (
        f"UPDATE {table} AS x SET text = NULL, stamps = x.stamps - 'text'"
        " WHERE x.brand_id = :brand AND x.member_id = ANY (CAST(:members AS text[]))"
        " AND x.text IS NOT NULL"
    )


FORGET = {
    "member": "DELETE FROM member AS x WHERE x.brand_id = :brand"
    " AND x.member_id = ANY (CAST(:members AS text[]))",
    "message": _texts("message"),
    f"{DETACHED}.message": _texts(f"{DETACHED}.message"),
    "direct_message": "UPDATE direct_message AS x SET text = NULL, stamps = x.stamps - 'text'"
    " WHERE x.brand_id = :brand AND x.member_id = ANY (CAST(:members AS text[]))"
    " AND x.text IS NOT NULL",
    "refund": "UPDATE refund AS x SET reason = NULL, stamps = x.stamps - 'reason'"
    " WHERE x.brand_id = :brand AND x.reason IS NOT NULL AND x.order_id = ANY (ARRAY("
    "SELECT o.order_id FROM shop_order AS o WHERE o.brand_id = :brand"
    " AND o.buyer_id = ANY (CAST(:buyers AS text[]))))",
    "remark": "DELETE FROM remark AS x WHERE x.brand_id = :brand"
    " AND (x.space = 'member' AND x.id = ANY (CAST(:members AS text[]))"
    " OR x.space = 'buyer' AND x.id = ANY (CAST(:buyers AS text[])))",
    "task": "UPDATE task AS x SET title = '' WHERE x.brand_id = :brand"
    " AND (x.space = 'member' AND x.id = ANY (CAST(:members AS text[]))"
    " OR x.space = 'buyer' AND x.id = ANY (CAST(:buyers AS text[])))",
    "identity_merge": "UPDATE identity_merge AS x SET reason = NULL WHERE x.brand_id = :brand"
    f" AND x.reason IS NOT NULL AND ({_either('one')} OR {_either('other')})",
    "identity_dismissal": "DELETE FROM identity_dismissal AS x WHERE x.brand_id = :brand"
    f" AND ({_either('one')} OR {_either('other')})",
    "verification": "UPDATE verification AS x SET lines = '{}' WHERE x.brand_id = :brand"
    " AND EXISTS (SELECT FROM unnest(x.lines) AS l (line),"
    " unnest(CAST(:members AS text[]) || CAST(:buyers AS text[])) AS i (id)"
    " WHERE strpos(l.line, i.id) > 0)",
}
"""What tells of a person, by table; done while the ids are still the old ones."""


class Erased(msgspec.Struct, frozen=True):
    """What an erasure did: the customer id of the surrogate, and rows changed by table."""

    erasure_id: str
    customer_id: str
    counts: dict[str, int]


async def erase(
    connection: AsyncConnection, brand_id: int, actor: str, customer_id: str, reason: str
) -> Erased:
    """Erase the person a customer id belongs to; the caller commits, or rolls back a trial.

    Raises:
        NotFound: where there is no such customer.
        Problem: 409 where the person is erased already, or a rebuild is running.
    """
    # Workers of the brand wait: what they have in hand still has the old ids.
    await connection.execute(
        text("SELECT 1 FROM work_lease WHERE brand_id = :brand FOR UPDATE"), {"brand": brand_id}
    )
    ids = await find(connection, brand_id, customer_id)
    if ids is None:
        raise NotFound("customer")
    await _check(connection, brand_id, ids)
    surrogates = _surrogates(ids)
    after = Ids([surrogates[i] for i in ids.members], [surrogates[i] for i in ids.buyers])
    given: dict[str, Any] = {
        "brand": brand_id,
        **ids.parameters(),
        **{f"{name}_after": value for name, value in after.parameters().items()},
    }
    counts: dict[str, int] = {}
    for table, statement in FORGET.items():
        counts[table] = (await connection.execute(text(statement), given)).rowcount
    for place in PLACES:
        for statement in _renaming(place):
            renamed = (await connection.execute(text(statement), given)).rowcount
            counts[place.table] = max(renamed, counts.get(place.table, 0))
    await _bury(connection, brand_id, ids, surrogates)
    new_id = next(iter(after.customers))
    erased = Erased(
        random_text(16, LETTERS), new_id, {t: n for t, n in sorted(counts.items()) if n}
    )
    await _tell(connection, brand_id, actor, reason, erased, ids, surrogates)
    return erased


async def _check(connection: AsyncConnection, brand_id: int, ids: Ids) -> None:
    await forget_dead(connection, brand_id)
    found = await connection.execute(
        text(
            "SELECT"
            " EXISTS (SELECT FROM rebuild WHERE brand_id = :brand) AS rebuilding,"
            " (SELECT count(*) FROM unnest(CAST(:ids AS text[])) AS i (id) WHERE EXISTS ("
            "   SELECT FROM tombstone WHERE brand_id = :brand AND surrogate = i.id)) AS erased"
        ),
        {"brand": brand_id, "ids": sorted({*ids.members, *ids.buyers})},
    )
    row = found.one()
    if row.rebuilding:
        raise Problem(409, "rebuild_running", "A rebuild of the brand is running: try again later.")
    if row.erased == len({*ids.members, *ids.buyers}):
        raise Problem(409, "already_erased", "This person is erased already.")


def _surrogates(ids: Ids) -> dict[str, str]:
    """A new name for each id; equal ids have equal ones, smaller ids smaller ones."""
    ordered = sorted({*ids.members, *ids.buyers}, key=str.encode)
    token, width = random_text(12, LETTERS), len(str(len(ordered)))
    return {id_: f"erased-{token}-{n:0{width}}" for n, id_ in enumerate(ordered, 1)}


def _renaming(place: Place) -> list[str]:
    """The statements that put surrogates in a place."""

    def renamed(value: str, name: str) -> str:
        before, after = f"CAST(:{name} AS text[])", f"CAST(:{name}_after AS text[])"
        return f"({after})[array_position({before}, {value})]"

    def statement(value: str, condition: str) -> str:
        return (
            f"UPDATE {place.table} AS x SET {place.column} = {value}"
            f" WHERE x.brand_id = :brand AND {condition}"
        )

    column = f"x.{place.column}"
    if place.kind in ("members", "customers"):
        value = f"coalesce({renamed('e.id', place.kind)}, e.id)"
        array = (
            f"ARRAY(SELECT {value} FROM unnest({column}) WITH ORDINALITY AS e (id, n) ORDER BY e.n)"
        )
        return [statement(array, condition(place))]
    if place.kind == "identity":
        return [
            statement(
                renamed(column, name),
                f"{place.within} AND x.{place.space} = '{space}'"
                f" AND {column} = ANY (CAST(:{name} AS text[]))",
            )
            for space, name in (("member", "members"), ("buyer", "buyers"))
        ]
    return [statement(renamed(column, f"{place.kind}s"), condition(place))]


async def _bury(
    connection: AsyncConnection, brand_id: int, ids: Ids, surrogates: dict[str, str]
) -> None:
    """Leave tombstones; those of an erasure before now lead to the surrogates of this one."""
    secret = await secret_of(connection, brand_id)
    before, after = list(surrogates), list(surrogates.values())
    await connection.execute(
        text(
            "UPDATE tombstone AS t SET surrogate = i.after FROM unnest(CAST(:before AS text[]),"
            " CAST(:after AS text[])) AS i (before, after)"
            " WHERE t.brand_id = :brand AND t.surrogate = i.before"
        ),
        {"brand": brand_id, "before": before, "after": after},
    )
    await connection.execute(
        text(
            "INSERT INTO tombstone (brand_id, digest, surrogate) SELECT :brand, * FROM"
            " unnest(CAST(:digests AS bytea[]), CAST(:surrogates AS text[]))"
            " ON CONFLICT (brand_id, digest) DO UPDATE SET surrogate = excluded.surrogate"
        ),
        {
            "brand": brand_id,
            "digests": [secret.tombstone(space, id_) for space, id_ in ids.people],
            "surrogates": [surrogates[id_] for _, id_ in ids.people],
        },
    )


async def _tell(
    connection: AsyncConnection,
    brand_id: int,
    actor: str,
    reason: str,
    erased: Erased,
    ids: Ids,
    surrogates: dict[str, str],
) -> None:
    """Record it, without a word of who it was, and ask for stored events to be gone through."""
    secret = await secret_of(connection, brand_id)
    asked = [(space, id_, surrogates[id_]) for space, id_ in ids.people]
    await connection.execute(
        text(
            "INSERT INTO erasure"
            " (brand_id, erasure_id, customer_id, made_by, reason, counts, sealed_ids)"
            " VALUES (:brand, :id, :customer, :actor, :reason, CAST(:counts AS jsonb), :sealed)"
        ),
        {
            "brand": brand_id,
            "id": erased.erasure_id,
            "customer": erased.customer_id,
            "actor": actor,
            "reason": reason,
            "counts": msgspec.json.encode(erased.counts).decode(),
            "sealed": secret.seal(msgspec.json.encode(asked)),
        },
    )
    # It comes out as it was; should it not, kept numbers say that they moved.
    await connection.execute(
        text(
            "INSERT INTO dirty_customer (brand_id, customer_id, cause)"
            " VALUES (:brand, :customer, CAST(:cause AS jsonb)) ON CONFLICT DO NOTHING"
        ),
        {"brand": brand_id, "customer": erased.customer_id, "cause": '[{"type": "erasure"}]'},
    )
    await begin_at_once(connection, brand_id)
    await mark(connection, brand_id, surrogates)
    await record(
        connection,
        brand_id,
        actor,
        "customer.erase",
        erased.erasure_id,
        {"reason": reason, "customer_id": erased.customer_id, "counts": erased.counts},
    )
