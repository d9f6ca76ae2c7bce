"""API docs under ``/__docs``: every spec as it is true of this server, and Swagger UI to try its calls with.

Swagger UI comes out of the package flask-swagger-ui (the extra ``docs``), of which we take the files alone.
"""

from __future__ import annotations

import json
from functools import lru_cache
from importlib.util import find_spec
from pathlib import Path

import yaml
from flask import Blueprint, Response, request

from ..engine.examples import sandbox_prefix
from ..engine.runtime import Runtime
from ..engine.wsgi import SANDBOX
from ..sdk import shipped
from ..sdk.errors import Problem
from . import outside
from .browsers import wants_page
from .http import AdminContext, json_response, not_found
from .pages import page

ROOT = "/__docs"
CONTROL = "control"
MISSING = "Swagger UI is not installed: pip install 'mockserver[docs]'. The specs are here without it: /__docs/specs."


def blueprint(world: Runtime) -> Blueprint:
    """The routes of this part. A spec tells no secret: whoever may call a vendor may read it."""
    routes, control = Blueprint("docs", __name__, url_prefix=ROOT), AdminContext(world)
    control.errors(routes)
    files = {vendor.name: vendor.spec for vendor in world.vendors} | {CONTROL: shipped.spec(CONTROL)}
    titles = {vendor.name: vendor.title for vendor in world.vendors} | {CONTROL: "Control API"}

    def here() -> str:
        """What stands before the paths of this server, and leads into the sandbox that the URL names if it does."""
        named = request.environ.get(SANDBOX)
        return outside.base(world.settings) + (sandbox_prefix(control.legal(named)) if named else "")

    @routes.get("")
    def bare() -> Response:
        """To where the page's own addresses hold, whatever stands before them."""
        query = request.query_string.decode("latin-1")
        return Response(status=308, headers={"Location": "__docs/" + (f"?{query}" if query else "")})

    @routes.get("/")
    def docs() -> Response:
        if swagger_ui() is not None:
            return page("docs/index.html")
        if not wants_page(request.environ):
            raise Problem("No Swagger UI", MISSING, 501, code="no-swagger-ui")
        reply = page("docs/missing.html")
        reply.status_code = 501
        return reply

    @routes.get("/specs")
    def specs() -> Response:
        root = f"{here()}{ROOT}/specs"
        return json_response({"specs": [{"name": n, "title": titles[n], "url": f"{root}/{n}.yaml"} for n in files]})

    @routes.get("/specs/<name>.yaml")
    def spec(name: str) -> Response:
        if name not in files:
            raise not_found(f"There is no spec {name[:80]!r}; there are {', '.join(files)}.", tuple(files))
        try:
            before, after = _around_servers(files[name], files[name].stat().st_mtime_ns)
        except (OSError, ValueError, yaml.YAMLError) as error:
            raise Problem("Bad spec", f"The spec of {name} cannot be read: {error}", 500, code="bad-spec") from None
        text = f"{before}servers: {json.dumps(_servers(name, here()))}{after}"
        return Response(text, headers={"Cache-Control": "no-store"}, content_type="application/yaml; charset=utf-8")

    @routes.get("/swagger-ui/<path:name>")
    def swagger_file(name: str) -> Response:
        folder = swagger_ui()
        if folder is None:
            raise Problem("No Swagger UI", MISSING, 501, code="no-swagger-ui")
        return page(name, folder=folder)

    return routes


def swagger_ui() -> Path | None:
    """The folder of Swagger UI's files, if the package with them is installed; it is never imported."""
    found = find_spec("flask_swagger_ui")
    return Path(found.origin).parent / "dist" if found and found.origin else None


def _servers(name: str, here: str) -> list[dict[str, str]]:
    """Where this server answers what a spec describes; relative where nobody says how it is called from outside."""
    if name == CONTROL:
        return [{"url": f"{here}/__admin", "description": "This server"}]
    return [
        {"url": f"{here}/{name}", "description": "This server, under the vendor's prefix"},
        {"url": here or "/", "description": "This server, documented path at the root"},
    ]


@lru_cache(maxsize=64)
def _around_servers(spec: Path, changed: int) -> tuple[str, str]:
    """What stands in a spec before its ``servers`` and after them: they are ours to say, the rest stays as written.

    Raises OSError, ValueError or YAMLError.
    """
    text = spec.read_text(encoding="utf-8")
    root = yaml.compose(text, Loader=yaml.CSafeLoader)
    if not isinstance(root, yaml.MappingNode):
        raise ValueError("it holds no object")
    for key, value in root.value:
        if key.value == "servers":
            return text[: key.start_mark.index], text[_end(value) :]
    start = root.start_mark.index + root.flow_style  # it has none: they go before all else
    return text[:start], (", " if root.flow_style else "\n") + text[start:]


def _end(node: yaml.Node) -> int:
    """Where the text of a node ends: that of a block, without the comments and empty lines that follow."""
    while isinstance(node, yaml.CollectionNode) and not node.flow_style and node.value:
        last = node.value[-1]
        node = last[1] if isinstance(last, tuple) else last
    return node.end_mark.index
