"""What the OpenAPI document says of bodies with rules: the grammar, by its nouns."""

from dataclasses import dataclass
from typing import Any

import msgspec
from litestar.openapi.spec import (
    OpenAPIMediaType,
    Operation,
    Reference,
    RequestBody,
    Schema,
)
from litestar.openapi.spec.enums import OpenAPIType

from app.crm.segments.rule import Rule

PREFIX = "#/components/schemas/"
_PLAIN = {
    "type": "type",
    "title": "title",
    "description": "description",
    "enum": "enum",
    "pattern": "pattern",
    "format": "format",
    "default": "default",
    "minimum": "minimum",
    "maximum": "maximum",
    "minLength": "min_length",
    "maxLength": "max_length",
    "minItems": "min_items",
    "maxItems": "max_items",
    "required": "required",
    "additionalProperties": "additional_properties",
}


def _schema(raw: dict[str, Any]) -> Schema | Reference:
    """A JSON Schema of msgspec's as the framework's object."""
    if "$ref" in raw:
        return Reference(ref=PREFIX + _name(raw["$ref"]))
    made: dict[str, Any] = {ours: raw[theirs] for theirs, ours in _PLAIN.items() if theirs in raw}
    if "items" in raw:
        made["items"] = _schema(raw["items"])
    if "anyOf" in raw:
        made["any_of"] = [_schema(each) for each in raw["anyOf"]]
    if "properties" in raw:
        made["properties"] = {name: _schema(each) for name, each in raw["properties"].items()}
    return Schema(**made)


def _name(name: str) -> str:
    return name if name.startswith("Rule") else f"Rule{name}"


def _components() -> dict[str, Schema]:
    _, components = msgspec.json.schema_components([Rule], ref_template="{name}")
    made = {
        _name(name): schema
        for name, raw in components.items()
        if isinstance(schema := _schema(raw), Schema)
    }
    rule = made["Rule"]
    rule.min_properties = rule.max_properties = 1
    return made


COMPONENTS = _components()
"""The grammar, for the components of the document."""


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
