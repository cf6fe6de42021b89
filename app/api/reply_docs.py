"""What the OpenAPI document says of answers beside their JSON: CSV, the tag, and 304."""

from dataclasses import dataclass

from litestar.openapi.spec import (
    OpenAPIHeader,
    OpenAPIMediaType,
    OpenAPIResponse,
    Operation,
    Parameter,
    Schema,
)
from litestar.openapi.spec.enums import OpenAPIType

from app.api.spreadsheet import MEDIA_TYPE

_text = Schema(type=OpenAPIType.STRING)
_tag = OpenAPIHeader(
    name="",
    param_in="header",
    description="Weak; changes when the answer does. An as_of that was left out is no part of it.",
    schema=_text,
)
_known = Parameter(
    name="If-None-Match",
    param_in="header",
    description="Tags of answers that the client has: 304 where one of them is still the answer.",
    schema=_text,
)
_csv = OpenAPIMediaType(
    schema=Schema(
        type=OpenAPIType.STRING,
        description="The rows as a table, UTF-8 with a BOM; the header cells are `labels`.",
    )
)


@dataclass
class AnswerOperation(Operation):
    """Documents what `Reply` makes of an answer."""

    def __post_init__(self) -> None:
        self.parameters = [*(self.parameters or []), _known]
        if self.responses is None or "200" not in self.responses:
            return
        found = self.responses["200"]
        if isinstance(found, OpenAPIResponse):
            found.headers = {**(found.headers or {}), "ETag": _tag}
            found.content = {**(found.content or {}), MEDIA_TYPE: _csv}
        self.responses["304"] = OpenAPIResponse(
            description="The client has this answer", headers={"ETag": _tag}
        )
