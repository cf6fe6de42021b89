"""JSON Schemas that msgspec makes of our Structs, as the framework's objects."""

from typing import Any

import msgspec
from litestar.openapi.spec import Reference, Schema

PREFIX = "#/components/schemas/"


def schema_of(kind: Any) -> Schema | Reference:
    """The schema of a type with everything that it refers to written out in its place."""
    (top,), components = msgspec.json.schema_components([kind], ref_template="{name}")
    return framed(top, components)


def components_of(kind: Any, prefix: str) -> tuple[Schema | Reference, dict[str, Schema]]:
    """The schema of a type, and the components of this prefix that it refers to."""
    template = f"{PREFIX}{prefix}{{name}}"
    (top,), components = msgspec.json.schema_components([kind], ref_template=template)
    made = {f"{prefix}{name}": framed(raw) for name, raw in components.items()}
    return framed(top), {name: each for name, each in made.items() if isinstance(each, Schema)}


def framed(
    raw: dict[str, Any], components: dict[str, dict[str, Any]] | None = None
) -> Schema | Reference:
    """One schema; of JSON Schema's words it knows those that our Structs use."""
    if "$ref" in raw:
        if components is None:
            return Reference(ref=raw["$ref"])
        return framed(components[raw["$ref"]], components)
    properties = {
        name: framed(each, components) for name, each in raw.get("properties", {}).items()
    }
    others = raw.get("additionalProperties")
    return Schema(
        type=raw.get("type"),
        title=raw.get("title"),
        description=raw.get("description"),
        default=raw.get("default"),
        enum=raw.get("enum"),
        const=raw.get("const"),
        format=raw.get("format"),
        pattern=raw.get("pattern"),
        minimum=raw.get("minimum"),
        maximum=raw.get("maximum"),
        min_length=raw.get("minLength"),
        max_length=raw.get("maxLength"),
        min_items=raw.get("minItems"),
        max_items=raw.get("maxItems"),
        items=framed(raw["items"], components) if isinstance(raw.get("items"), dict) else None,
        any_of=[framed(each, components) for each in raw["anyOf"]] if "anyOf" in raw else None,
        properties=properties or None,
        required=raw.get("required") or None,
        additional_properties=framed(others, components) if isinstance(others, dict) else others,
    )
