"""What the OpenAPI document says of bodies with rules: the grammar, by its nouns."""

from dataclasses import dataclass

from litestar.openapi.spec import (
    OpenAPIMediaType,
    Operation,
    Reference,
    RequestBody,
    Schema,
)
from litestar.openapi.spec.enums import OpenAPIType

from app.api.schemas import components_of
from app.crm.segments.rule import Rule

RULE, COMPONENTS = components_of(Rule, "rule.")
"""A rule, and the schemas that it refers to."""

COMPONENTS["rule.Rule"].min_properties = COMPONENTS["rule.Rule"].max_properties = 1


def rule_body(**fields: Schema | Reference) -> type[Operation]:
    """An operation whose body has a `rule` and maybe more; what is not named `…_` is required."""

    @dataclass
    class Documented(Operation):
        def __post_init__(self) -> None:
            schema = Schema(
                type=OpenAPIType.OBJECT,
                properties={name.rstrip("_"): each for name, each in fields.items()},
                required=[name for name in fields if not name.endswith("_")] or None,
                additional_properties=False,
            )
            self.request_body = RequestBody(
                content={"application/json": OpenAPIMediaType(schema=schema)}, required=True
            )

    return Documented
