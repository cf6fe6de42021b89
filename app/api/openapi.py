"""The OpenAPI document that the service answers with."""

from importlib.metadata import version

from litestar import Litestar, Router
from litestar.openapi.config import OpenAPIConfig
from litestar.openapi.plugins import JsonRenderPlugin
from litestar.openapi.spec import Components, SecurityScheme

from app.api import intake_docs, rule_docs


def openapi_config() -> OpenAPIConfig:
    """What the document says beside its routes; each application has a router of its own."""
    return OpenAPIConfig(
        title="Hongqun",
        version=version("hongqun"),
        openapi_router=Router(
            "/schema", route_handlers=[], include_in_schema=False, opt={"public": True}
        ),
        render_plugins=[JsonRenderPlugin(path=["/", "/openapi.json"])],
        security=[{"apiKey": []}],
        components=Components(
            security_schemes={
                "apiKey": SecurityScheme(
                    type="http",
                    scheme="bearer",
                    bearer_format="API key, or token of a session",
                    description="Browsers may send the session's cookie instead.",
                )
            }
        ),
    )


def add_components(app: Litestar) -> None:
    """The framework keeps no components but those it finds itself."""
    (app.openapi_schema.components.schemas or {}).update(
        intake_docs.COMPONENTS | rule_docs.COMPONENTS
    )
