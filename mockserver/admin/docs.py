"""Serves the API docs under ``/__docs``: every spec with this server's own URLs, and Swagger UI.

Swagger UI comes from the package flask-swagger-ui (the extra ``docs``); we use only its files.
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
from .pages import serve_file

ROOT = "/__docs"
CONTROL = "control"
MISSING = "Swagger UI is not installed: pip install 'mockserver[docs]'. The specs are here without it: /__docs/specs."


def blueprint(runtime: Runtime) -> Blueprint:
    """The routes of the docs. They need no token: a spec holds no secret."""
    routes, control = Blueprint("docs", __name__, url_prefix=ROOT), AdminContext(runtime)
    control.handle_errors(routes)
    files = {vendor.name: vendor.spec for vendor in runtime.vendors} | {CONTROL: shipped.spec(CONTROL)}
    titles = {vendor.name: vendor.title for vendor in runtime.vendors} | {CONTROL: "Control API"}

    def base_url() -> str:
        """The base URL of this server, with the sandbox that the request's URL names, if any."""
        sandbox = request.environ.get(SANDBOX)
        return outside.base(runtime.settings) + (sandbox_prefix(control.check_name(sandbox)) if sandbox else "")

    @routes.get("")
    def redirect() -> Response:
        """Redirects to the path with a slash, which the page's relative links need."""
        query = request.query_string.decode("latin-1")
        return Response(status=308, headers={"Location": "__docs/" + (f"?{query}" if query else "")})

    routes.add_url_rule("/", "docs", _get_page)
    routes.add_url_rule("/swagger-ui/<path:name>", "swagger_file", _get_swagger_file)

    @routes.get("/specs")
    def specs() -> Response:
        root = f"{base_url()}{ROOT}/specs"
        return json_response({"specs": [{"name": n, "title": titles[n], "url": f"{root}/{n}.yaml"} for n in files]})

    @routes.get("/specs/<name>.yaml")
    def spec(name: str) -> Response:
        if name not in files:
            raise not_found(f"There is no spec {name[:80]!r}; there are {', '.join(files)}.", tuple(files))
        text = _render_spec(name, files[name], base_url())
        return Response(text, headers={"Cache-Control": "no-store"}, content_type="application/yaml; charset=utf-8")

    return routes


def _get_page() -> Response:
    if find_swagger_ui() is not None:
        return serve_file("docs/index.html")
    if not wants_page(request.environ):
        raise Problem("No Swagger UI", MISSING, 501, code="no-swagger-ui")
    reply = serve_file("docs/missing.html")
    reply.status_code = 501
    return reply


def _get_swagger_file(name: str) -> Response:
    folder = find_swagger_ui()
    if folder is None:
        raise Problem("No Swagger UI", MISSING, 501, code="no-swagger-ui")
    return serve_file(name, folder=folder)


def _render_spec(name: str, file: Path, base_url: str) -> str:
    """The text of a spec with this server's own URLs. Raises Problem when it cannot be read."""
    try:
        before, after = _split_at_servers(file, file.stat().st_mtime_ns)
    except (OSError, ValueError, yaml.YAMLError) as error:
        raise Problem("Bad spec", f"The spec of {name} cannot be read: {error}", 500, code="bad-spec") from None
    return f"{before}servers: {json.dumps(_servers(name, base_url))}{after}"


def find_swagger_ui() -> Path | None:
    """The folder of Swagger UI's files, if its package is installed; the package is never imported."""
    spec = find_spec("flask_swagger_ui")
    return Path(spec.origin).parent / "dist" if spec and spec.origin else None


def _servers(name: str, base_url: str) -> list[dict[str, str]]:
    """The ``servers`` of a spec; relative unless the server knows its URL from outside."""
    if name == CONTROL:
        return [{"url": f"{base_url}/__admin", "description": "This server"}]
    return [
        {"url": f"{base_url}/{name}", "description": "This server, under the vendor's prefix"},
        {"url": base_url or "/", "description": "This server, documented path at the root"},
    ]


@lru_cache(maxsize=64)
def _split_at_servers(spec: Path, changed: int) -> tuple[str, str]:
    """The text of a spec before and after its ``servers``, which we replace; the rest stays as written.

    Raises OSError, ValueError or YAMLError.
    """
    text = spec.read_text(encoding="utf-8")
    root = yaml.compose(text, Loader=yaml.CSafeLoader)
    if not isinstance(root, yaml.MappingNode):
        raise ValueError("it holds no object")
    for key, value in root.value:
        if key.value == "servers":
            return text[: key.start_mark.index], text[_end_index(value) :]
    start = root.start_mark.index + root.flow_style  # without servers, ours come first
    return text[:start], (", " if root.flow_style else "\n") + text[start:]


def _end_index(node: yaml.Node) -> int:
    """Where the text of a node ends; for a block, before the comments and empty lines that follow it."""
    while isinstance(node, yaml.CollectionNode) and not node.flow_style and node.value:
        last = node.value[-1]
        node = last[1] if isinstance(last, tuple) else last
    return node.end_mark.index
