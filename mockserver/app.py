"""Assembly: a Flask app whose rules are the addresses of every endpoint, in front of serve()."""

from __future__ import annotations

import re
import traceback
from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

from flask import Flask, Response, current_app, request
from werkzeug.exceptions import HTTPException, NotFound
from werkzeug.routing import PathConverter, Rule

from .admin import outside
from .admin.browsers import wants_page
from .admin.redact import redact_problem, redact_trace
from .engine.addresses import REPLY, SANDBOX, Addresses, addresses, received
from .engine.build import build_runtime
from .engine.examples import prefix_of
from .engine.redaction import MAX_BODY_BYTES
from .engine.serve import Runtime, log, lost, problem, serve
from .front import Later
from .sandbox.settings import Settings, make_settings
from .sandbox.store import Store
from .sdk import clock, jsontext
from .sdk.contract import Operation, Vendor
from .sdk.errors import Problem
from .sdk.http import VERSION_HEADER, Reply, reason_phrase
from .sdk.logtext import escape_text, indent_lines
from .sdk.similar import find_closest_paths
from .sdk.version import __version__

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIApplication, WSGIEnvironment

View = Callable[..., Response]
OURS = ("/__admin", "/__docs")


def create_app(
    settings: Settings | None = None,
    *,
    vendors: Iterable[Vendor] = (),
    store: Store | None = None,
    wall: Callable[[], float] = clock.wall_time,
) -> Flask:
    """The sandbox as a Flask app: our vendors, installed ones, and those given.

    Raises WrongSetting, BrokenFixture or BadVendor with a sentence when it cannot be put together.
    """
    world = build_runtime(settings or make_settings(), vendors=vendors, store=store, wall=wall)
    app = routed(world)
    app.wsgi_app = Addresses(app.wsgi_app, world)  # type: ignore[method-assign]  # Flask's own way to wrap
    return app


def routed(world: Runtime) -> Flask:
    """All that a world offers, as Flask has it: every address, and the control API beside them."""
    app = plain(world)
    add_rules(app, world)
    if world.settings.control:
        # Imported and made when it is first asked for, for a short start and a small server.
        app.wsgi_app = beside(app.wsgi_app, Later(lambda: controlling(world)))  # type: ignore[assignment,method-assign]
    return app


def plain(world: Runtime) -> Flask:
    """An app without rules, whose words for a path that it has not are ours."""
    app = Sparing("mockserver", static_folder=None)
    app.extensions["mockserver"] = world
    app.url_map.merge_slashes = False
    app.url_map.strict_slashes = True
    app.url_map.converters["rest"] = Rest
    app.register_error_handler(HTTPException, unknown(world))
    app.before_request(refuse_slashes)
    return app


def refuse_slashes() -> None:
    """No path is good with a slash too many in front; routing would take it off. Raises NotFound."""
    if request.environ["PATH_INFO"].startswith("//"):
        raise NotFound


def beside(rest: WSGIApplication, control: WSGIApplication) -> WSGIApplication:
    """The control API and what people look at, an app of its own, and the rest."""

    def choosing(environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        path = environ["PATH_INFO"]
        ours = path.startswith(OURS) or (path == "/" and wants_page(environ))
        return (control if ours else rest)(environ, start_response)

    return choosing


def controlling(world: Runtime) -> Flask:
    """The app of the control API, the API docs and the start page."""
    from .admin import api, docs, start

    app = plain(world)
    for part in (api, docs, start):
        app.register_blueprint(part.blueprint(world))
    return app


class Sparing(Flask):
    """One that tells our log of a crash as a call's own is told, and spares it what that would tell of secrets."""

    def log_exception(self, exc_info: Any) -> None:
        world: Runtime = self.extensions["mockserver"]
        first = f"{escape_text(request.method)[:20]} {escape_text(redact_trace(world, request.path))} broke"
        log.error("%s\n%s", first, indent_lines(redact_trace(world, "".join(traceback.format_exception(*exc_info)))))


class Rest(PathConverter):
    """Any rest of a path, also an empty one or one that starts with a slash (a base URL ending in one is common)."""

    regex = "(?s:.*?)"  # a line break is a character like any other
    part_isolating = False


def add_rules(app: Flask, world: Runtime) -> None:
    """A rule per address."""
    own, torn_apart = addresses(world.vendors)
    for address in own:
        vendor, endpoint, prefix = address.vendor, address.endpoint, address.prefix
        name = f"{vendor.name}.{endpoint.id}{' (prefix)' if prefix else ''}"
        _add(app, name, prefix + address.path, answering(world, vendor, endpoint, prefix))
    for claimed in torn_apart:
        path = claimed[0].path
        _add(app, f"two vendors claim {path}", path, torn(world, [address.vendor for address in claimed], path))
    for vendor in world.vendors:
        nowhere = answering(world, vendor, None, f"/{vendor.name}")
        for path in (f"/{vendor.name}", f"/{vendor.name}/<rest:rest>"):
            _add(app, f"{vendor.name} (any other path)", path, nowhere)
    _add(app, "start", "/", start_page(world))


def _add(app: Flask, name: str, path: str, view: View) -> None:
    """A rule for GET, which lists well, and one for any other method, which the view refuses in its own words."""
    path = re.sub(r"{(\w+)}", r"<\1>", path)
    app.view_functions.setdefault(name, view)
    app.url_map.add(Rule(path, endpoint=name, methods=["GET"]))
    app.url_map.add(Rule(path, endpoint=name, methods=None))


def answering(world: Runtime, vendor: Vendor, endpoint: Operation | None, prefix: str) -> View:
    """The view that serves an endpoint, perhaps under the vendor's prefix; without one, its words for no such path."""

    def view(**path_params: str) -> Response:
        return respond(serve(world, vendor, endpoint, received(request.environ, prefix, path_params, body_read)))

    return view


def body_read() -> bytes:
    """As much of the body as the journal may keep, and one byte more where there is more; the rest is read, so that the
    connection can go on, and forgotten.
    """
    pieces, length = [], 0
    while piece := request.stream.read(MAX_BODY_BYTES):
        if length <= MAX_BODY_BYTES:
            pieces.append(piece)
            length += len(piece)
    return b"".join(pieces)[: MAX_BODY_BYTES + 1]


def respond(reply: Reply) -> Response:
    """The reply as Flask sends it; how it travels (delay, network faults) is for the server in front."""
    request.environ[REPLY] = reply
    response = Response(reply.body, f"{reply.status} {reason_phrase(reply.status)}")
    response.headers.remove("Content-Type")
    for name, value in reply.headers:
        response.headers.add(name, value)
    return response


def torn(world: Runtime, claimants: list[Vendor], path: str) -> View:
    """The view of a path that several vendors document."""

    def view(**path_params: str) -> Response:
        choices = tuple(f"/{vendor.name}{path}" for vendor in claimants)
        names = " and ".join(vendor.title for vendor in claimants)
        detail = f"{names} both document {path}; use {' or '.join(choices)}, or a Host of theirs."
        misuse = Problem("Ambiguous path", detail, 404, choices, "ambiguous-path")
        return respond(lost(world, received(request.environ, "", path_params, body_read), misuse))

    return view


def start_page(world: Runtime) -> View:
    """The view of ``/``: who is here. Browsers get a page there, which asks for this."""
    control = world.settings.control

    def view() -> Response:
        named, base = request.environ.get(SANDBOX), outside.base(world.settings)
        if base and named:  # paths are below whatever was called, whole URLs are not
            base += prefix_of(quote(named))
        pages = {"health": f"{base}/__admin/health", "console": f"{base}/__admin/", "docs": f"{base}/__docs/"}
        listed = [
            {
                "name": v.name,
                "title": v.title,
                "document": v.document,
                "addresses": [f"{base}/{v.name}{e.path}" for e in v.operations],
            }
            for v in world.vendors
        ]
        links = {**pages, "tokenWanted": world.settings.control_token is not None} if control else {}
        body = {"name": "mockserver", "version": __version__, **links, "vendors": listed}
        reply = Reply.json(jsontext.encode(body))
        return respond(reply._replace(headers=(*reply.headers, ("Vary", "Accept"))) if control else reply)

    return view


def unknown(world: Runtime) -> Callable[[HTTPException], Response]:
    """The answer to a path at the root that nobody has: the vendors, and the paths most like it."""

    def handler(error: HTTPException) -> Response:
        if error.code != 404:
            return refused(world, error)
        if request.path.startswith(OURS) and world.settings.control:
            rules = map(str, current_app.url_map.iter_rules())
            paths = [re.sub(r"<(?:\w+:)?(\w+)>", r"{\1}", rule) for rule in rules if rule.startswith(OURS)]
            there = "Control is under /__admin."
        else:
            paths = [f"{prefix}{e.path}" for v in world.vendors for e in v.operations for prefix in ("", f"/{v.name}")]
            there = f"Vendors are under {', '.join(f'/{vendor.name}' for vendor in world.vendors)}."
        near = tuple(find_closest_paths(request.path, dict.fromkeys(paths), most=3))
        named = world.settings.control or not request.path.startswith(OURS)
        detail = f"Nothing is at {_path() if named else 'this path'}. {there}"
        if near:
            detail += f" Closest: {', '.join(near)}."
        misuse = Problem("Unknown path", detail, 404, near, "unknown-path")
        if request.path.startswith("/__"):
            return respond(problem(redact_problem(world, misuse)))
        return respond(lost(world, received(request.environ, "", {}, body_read), misuse))

    return handler


def _path() -> str:
    sent = request.environ["PATH_INFO"]
    path = (
        "/" * (len(sent) - len(sent.lstrip("/")) - 1) + request.path
    )  # which has one in front, however many were sent
    return path if len(path) <= 200 else f"{path[:200]}..."


def refused(world: Runtime, error: HTTPException) -> Response:
    """What else HTTP itself forbids (a method, say), as problem+json with the headers that HTTP wants beside it."""
    extra = tuple((name, value) for name, value in error.get_headers() if name == "Allow")
    detail = error.description or error.name
    if extra:
        allowed = ", ".join(sorted(extra[0][1].split(", ")))
        detail = f"{_path()} is not for {request.method[:20]}, wanted one of {allowed}."
    reply = problem(redact_problem(world, Problem(error.name, detail, error.code or 500, code="http")))
    return respond(reply._replace(headers=(*reply.headers, *extra, (VERSION_HEADER, __version__))))
