"""One statement of a rule: it gives the ids of the customers of whom the rule holds.

Each condition finds its customers by itself, under a bit of its own. What all of them found is
put under each other and gathered by customer, and the rule is asked of the bits. So nothing is
joined to anything whose size the planner would have to guess. Who is found by no condition is
looked at only where the rule holds of such.
"""

from typing import Any

from sqlalchemy import (
    BigInteger,
    ColumnElement,
    Select,
    and_,
    func,
    literal,
    literal_column,
    not_,
    or_,
    select,
    union_all,
)

from app.crm.segments.condition import Clock, Condition, Found
from app.crm.segments.rule import Rule
from app.models.customer import Customer

Conditions = list[tuple[Condition, Found]]


def compiled(rule: Rule, clock: Clock) -> Select[tuple[str]]:
    """The statement, with the one column `customer_id`, each once."""
    conditions: Conditions = []
    _collect(rule, clock, conditions)
    bit: dict[int, int] = {id(each): 1 << n for n, (each, _) in enumerate(conditions)}
    turned = {id(each) for each, found in conditions if found.turned}
    parts = [found.customers.add_columns(_bit(bit[id(each)])) for each, found in conditions]
    if _holds_of_nobody(rule, turned):
        parts.append(_everybody(clock))
    gathered = union_all(*parts).subquery("found")
    bits = func.bit_or(gathered.c.bit)
    return (
        select(gathered.c.customer_id)
        .group_by(gathered.c.customer_id)
        .having(_asked(rule, bits, bit, turned))
    )


def _collect(rule: Rule, clock: Clock, conditions: Conditions) -> None:
    _, said = rule.said
    if isinstance(said, Condition):
        conditions.append((said, said.find(clock)))
        return
    for each in said if isinstance(said, list) else [said]:
        _collect(each, clock, conditions)


def _bit(value: int) -> Any:
    return literal_column(f"CAST({value:d} AS bigint)", BigInteger).label("bit")


def _everybody(clock: Clock) -> Select[Any]:
    return select(Customer.customer_id.label("customer_id"), _bit(0)).where(
        Customer.brand_id == clock.brand_id,
        *clock.asked(Customer.customer_id),
    )


def _holds_of_nobody(rule: Rule, turned: set[int]) -> bool:
    """Whether the rule holds of a customer whom no condition finds."""
    name, said = rule.said
    if isinstance(said, Condition):
        return id(said) in turned
    if isinstance(said, Rule):
        return not _holds_of_nobody(said, turned)
    parts = [_holds_of_nobody(each, turned) for each in said]
    return all(parts) if name == "all" else any(parts)


def _asked(
    rule: Rule, bits: ColumnElement[Any], bit: dict[int, int], turned: set[int]
) -> ColumnElement[bool]:
    """The rule as a condition on the bits of a customer."""
    name, said = rule.said
    if isinstance(said, Condition):
        is_set = bits.op("&")(literal(bit[id(said)], BigInteger)) != literal(0, BigInteger)
        return not_(is_set) if id(said) in turned else is_set
    if isinstance(said, Rule):
        return not_(_asked(said, bits, bit, turned))
    parts = [_asked(each, bits, bit, turned) for each in said]
    return and_(*parts) if name == "all" else or_(*parts)
