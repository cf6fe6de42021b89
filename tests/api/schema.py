"""Whether a value is what a JSON Schema of our OpenAPI document says: as much of it as we use."""

from typing import Any

TYPES: dict[str, tuple[type, ...]] = {
    "object": (dict,),
    "array": (list,),
    "string": (str,),
    "integer": (int,),
    "number": (int, float),
    "boolean": (bool,),
    "null": (type(None),),
}


class Document:
    """An OpenAPI document that answers can be held against."""

    def __init__(self, document: dict[str, Any]) -> None:
        self.document = document

    def operations(self) -> list[tuple[str, str, dict[str, Any]]]:
        """(method, path, operation) of each operation."""
        return [
            (method, path, operation)
            for path, methods in self.document["paths"].items()
            for method, operation in methods.items()
        ]

    def wrong(self, schema: dict[str, Any], value: Any, at: str = "") -> list[str]:
        """One line for each way in which the value is not as documented, strictly."""
        if "$ref" in schema:
            return self.wrong(self.resolve(schema["$ref"]), value, at)
        for word in ("oneOf", "anyOf"):
            if word in schema:
                options = [self.wrong(option, value, at) for option in schema[word]]
                return min(options, key=len)
        types = schema.get("type", [])
        types = [types] if isinstance(types, str) else types
        if types and not any(self.is_of(name, value) for name in types):
            return [f"{at}: {value!r} is no {types}"]
        if "enum" in schema and value not in schema["enum"]:
            return [f"{at}: {value!r} is none of {schema['enum']}"]
        if "const" in schema and value != schema["const"]:
            return [f"{at}: {value!r} is not {schema['const']!r}"]
        if isinstance(value, list):
            items = schema.get("items", {})
            return [w for n, each in enumerate(value) for w in self.wrong(items, each, f"{at}/{n}")]
        if isinstance(value, dict):
            return self.wrong_object(schema, value, at)
        return []

    def wrong_object(self, schema: dict[str, Any], value: dict[str, Any], at: str) -> list[str]:
        known = schema.get("properties", {})
        missing = [name for name in schema.get("required", []) if name not in value]
        found = [f"{at}/{name}: missing" for name in missing]
        others = schema.get("additionalProperties")
        for name in value.keys() - known.keys():
            if others is None:
                found.append(f"{at}/{name}: not documented")
            else:
                found += self.wrong(others, value[name], f"{at}/{name}")
        for name in known.keys() & value.keys():
            found += self.wrong(known[name], value[name], f"{at}/{name}")
        return found

    def resolve(self, reference: str) -> dict[str, Any]:
        found: Any = self.document
        for step in reference.removeprefix("#/").split("/"):
            found = found[step]
        return dict(found)

    @staticmethod
    def is_of(name: str, value: Any) -> bool:
        if isinstance(value, bool):
            return name == "boolean"
        return isinstance(value, TYPES[name])
