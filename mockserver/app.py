"""Assembly: a Flask app whose rules are the addresses of every endpoint, in front of serve()."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Callable, Iterable
from dataclasses import replace
from difflib import get_close_matches
from typing import TYPE_CHECKING
from urllib.parse import quote

from flask import Flask, Response, current_app, request
from werkzeug.exceptions import HTTPException
from werkzeug.routing import PathConverter, Rule

from . import clock, control
from . import vendors as shelf
from .control.guard import SANDBOX
from .control.hiding import told
from .errors import Misuse
from .faults import phrase
from .journal import BODY_LIMIT
from .library import Library
from .sandbox import Sandboxes, check_quotas, check_readings, first_day
from .scenario import Scenarios
from .serve import World, lost, problem, serve
from .settings import Settings, WrongSetting, make
from .store import Store
from .store.memory import MemoryStore
from .toolkit import jsontext
from .vendor import Endpoint, Reply, Request, Vendor
from .version import __version__

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIApplication, WSGIEnvironment

REPLY = "mockserver.reply"
View = Callable[..., Response]


def create_app(
    settings: Settings | None = None,
    *,
    vendors: Iterable[Vendor] = (),
    store: Store | None = None,
    wall: Callable[[], float] = clock.wall,
) -> Flask:
    """The sandbox as a Flask app: our vendors, installed ones, and those given.

    Raises WrongSetting, BrokenFixture or BadVendor with a sentence when it cannot be put together.
    """
    settings = settings or make()
    served = shelf.distinct((*shelf.found(), *vendors))
    library = Library(served, settings.fixtures, settings.records, settings.seed)
    store = store or MemoryStore(
        journal_entries=settings.journal_entries,
        journal_bytes=settings.journal_bytes,
        all_journals_bytes=settings.all_journals_bytes,
    )
    sandboxes = Sandboxes(settings, library, served, store)
    check_quotas(settings.quotas, served)
    try:
        check_readings(settings.readings, served)
    except Misuse as misuse:
        raise WrongSetting(f"--readings (or MOCKSERVER_READINGS): {misuse.detail}") from None
    start = library.load_all(settings.dataset, first_day(settings, wall()))
    Scenarios(sandboxes).check(wall())
    world = World(settings, served, sandboxes, store, start, wall)

    app = Flask("mockserver", static_folder=None)
    app.extensions["mockserver"] = world
    app.url_map.merge_slashes = False
    app.url_map.strict_slashes = True
    app.url_map.converters["rest"] = Rest
    add_rules(app, world)
    if settings.control:
        app.register_blueprint(control.blueprint(world))
    app.wsgi_app = Addresses(app.wsgi_app, served)  # type: ignore[method-assign]  # Flask's own way to wrap
    return app


class Rest(PathConverter):
    """Any rest of a path, also an empty one or one that starts with a slash (a base URL ending in one is common)."""

    regex = "(?s:.*?)"  # a line break is a character like any other
    part_isolating = False


def addresses(vendor: Vendor, endpoint: Endpoint) -> list[str]:
    """The paths of an endpoint as documented: at the root, where its vendor's own server has them."""
    return [endpoint.path, *endpoint.also]


def add_rules(app: Flask, world: World) -> None:
    """A rule per address: at the root (unless two vendors claim it) and under the vendor's prefix."""
    claims = defaultdict(list)
    for vendor in world.vendors:
        for endpoint in vendor.endpoints:
            for path in addresses(vendor, endpoint):
                claims[re.sub(r"{\w+}", "{}", path)].append((vendor, endpoint, path))
    for claimed in claims.values():
        vendor, endpoint, path = claimed[0]
        if len(claimed) == 1:
            _add(app, f"{vendor.name}.{endpoint.operation}", path, answering(world, vendor, endpoint))
        else:
            _add(app, f"two vendors claim {path}", path, torn(world, [v for v, _, _ in claimed], path))
    for vendor in world.vendors:
        for endpoint in vendor.endpoints:
            for path in addresses(vendor, endpoint):
                name = f"{vendor.name}.{endpoint.operation} (prefix)"
                _add(app, name, f"/{vendor.name}{path}", answering(world, vendor, endpoint, prefixed=True))
        lost = answering(world, vendor, None, prefixed=True)
        for path in (f"/{vendor.name}", f"/{vendor.name}/<rest:rest>"):
            _add(app, f"{vendor.name} (any other path)", path, lost)
    _add(app, "start", "/", start_page(world))
    app.register_error_handler(HTTPException, unknown(world))


def _add(app: Flask, name: str, path: str, view: View) -> None:
    """A rule for GET, which lists well, and one for any other method, which the view refuses in its own words."""
    path = re.sub(r"{(\w+)}", r"<\1>", path)
    app.view_functions.setdefault(name, view)
    app.url_map.add(Rule(path, endpoint=name, methods=["GET"]))
    app.url_map.add(Rule(path, endpoint=name, methods=None))


def answering(world: World, vendor: Vendor, endpoint: Endpoint | None, *, prefixed: bool = False) -> View:
    """The view that serves an endpoint, perhaps under the vendor's prefix; without one, its words for no such path."""
    prefix = f"/{vendor.name}" if prefixed else ""

    def view(**path_params: str) -> Response:
        return respond(serve(world, vendor, endpoint, received(prefix, path_params)))

    return view


def received(prefix: str, path_params: dict[str, str]) -> Request:
    """The request as plain values, without the vendor's prefix."""
    environ = request.environ
    query = environ.get("QUERY_STRING", "")
    path = request.path.removeprefix(prefix) or "/"
    target = (
        environ.get("RAW_URI") or environ.get("REQUEST_URI") or quote(request.path) + (f"?{query}" if query else "")
    )
    headers = {name.lower(): value for name, value in request.headers.items()}
    body = body_read() if request.content_length or "Transfer-Encoding" in request.headers else b""
    return Request(request.method, path, query, headers, path_params, len(target), body, environ.get(SANDBOX))


def body_read() -> bytes:
    """As much of the body as the journal may keep, and one byte more where there is more; the rest is read, so that the
    connection can go on, and forgotten.
    """
    pieces, length = [], 0
    while piece := request.stream.read(BODY_LIMIT):
        if length <= BODY_LIMIT:
            pieces.append(piece)
            length += len(piece)
    return b"".join(pieces)[: BODY_LIMIT + 1]


def respond(reply: Reply) -> Response:
    """The reply as Flask sends it; how it travels (delay, network faults) is for the server in front."""
    request.environ[REPLY] = reply
    response = Response(reply.body, f"{reply.status} {phrase(reply.status)}")
    response.headers.remove("Content-Type")
    for name, value in reply.headers:
        response.headers.add(name, value)
    return response


def torn(world: World, claimants: list[Vendor], path: str) -> View:
    """The view of a path that several vendors document."""

    def view(**path_params: str) -> Response:
        choices = tuple(f"/{vendor.name}{path}" for vendor in claimants)
        names = " and ".join(vendor.title for vendor in claimants)
        detail = f"{names} both document {path}; use {' or '.join(choices)}, or a Host of theirs."
        misuse = Misuse("Ambiguous path", detail, 404, choices, "ambiguous-path")
        return respond(lost(world, received("", path_params), misuse))

    return view


def start_page(world: World) -> View:
    """The view of ``/``: who is here."""

    def view() -> Response:
        listed = [
            {
                "name": v.name,
                "title": v.title,
                "document": v.document,
                "addresses": [f"/{v.name}{e.path}" for e in v.endpoints],
            }
            for v in world.vendors
        ]
        body = {"name": "mockserver", "version": __version__, "health": "/__admin/health", "vendors": listed}
        return respond(Reply.json(jsontext.encode(body)))

    return view


def unknown(world: World) -> Callable[[HTTPException], Response]:
    """The answer to a path at the root that nobody has: the vendors, and the paths most like it."""

    def handler(error: HTTPException) -> Response:
        if error.code != 404:
            return refused(world, error)
        if request.path.startswith("/__admin"):
            rules = map(str, current_app.url_map.iter_rules())
            paths = [re.sub(r"<(?:\w+:)?(\w+)>", r"{\1}", rule) for rule in rules if rule.startswith("/__admin")]
            there = "Control is under /__admin." if world.settings.control else "The control API is off (--no-control)."
            code = "unknown-path" if world.settings.control else "control-off"
        else:
            paths = [f"{prefix}{e.path}" for v in world.vendors for e in v.endpoints for prefix in ("", f"/{v.name}")]
            there = f"Vendors are under {', '.join(f'/{vendor.name}' for vendor in world.vendors)}."
            code = "unknown-path"
        known = dict.fromkeys(paths)
        whole = request.path.rstrip("/") == "/__admin"  # asks what there is
        near = tuple(known if whole else get_close_matches(request.path, known, n=3, cutoff=0.5))
        detail = f"Nothing is at {_path()}. {there}"
        if near:
            detail += f" {'There are' if whole else 'Closest:'} {', '.join(near)}."
        misuse = told(world, Misuse("Unknown path", detail, 404, near, code))
        return respond(problem(misuse) if request.path.startswith("/__") else lost(world, received("", {}), misuse))

    return handler


def _path() -> str:
    return request.path if len(request.path) <= 200 else f"{request.path[:200]}..."


def refused(world: World, error: HTTPException) -> Response:
    """What else HTTP itself forbids (a method, say), as problem+json with the headers that HTTP wants beside it."""
    extra = tuple((name, value) for name, value in error.get_headers() if name == "Allow")
    detail = error.description or error.name
    if extra:
        allowed = ", ".join(sorted(extra[0][1].split(", ")))
        detail = f"{_path()} is not for {request.method[:20]}, wanted one of {allowed}."
    reply = problem(told(world, Misuse(error.name, detail, error.code or 500, code="http")))
    return respond(replace(reply, headers=(*reply.headers, *extra, ("X-Mock-Version", __version__))))


class Addresses:
    """WSGI: takes ``/__sandbox/<name>`` off the front of a path, and sends a vendor's own host to its prefix
    (``protocol.example/api`` is ``/vendor/api``), unless the URL names a sandbox and, behind it, a vendor itself.
    """

    def __init__(self, app: WSGIApplication, vendors: Iterable[Vendor]) -> None:
        self._app = app
        self._hosts = {host.lower(): v.name for v in vendors for host in (*v.hosts, f"{v.name}.localhost")}

    def __call__(self, environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        path = environ.get("PATH_INFO", "/")
        if path.startswith("/__sandbox/"):
            name, slash, rest = path.removeprefix("/__sandbox/").partition("/")
            environ[SANDBOX], path = name, slash + rest or "/"
        host = environ.get("HTTP_HOST", "")
        vendor = self._hosts.get(host.partition(":")[0].lower().rstrip(".")) if host else None
        ours = path.startswith("/__") or (SANDBOX in environ and path.split("/")[1] in self._hosts.values())
        environ["PATH_INFO"] = f"/{vendor}{path}" if vendor and not ours else path
        return self._app(environ, start_response)
