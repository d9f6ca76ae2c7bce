"""How the control API hears and speaks: JSON in, JSON out, problem+json for what is wrong; the caller's sandbox."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from typing import Any

from flask import Blueprint, Response, g, request
from werkzeug.exceptions import HTTPException, RequestEntityTooLarge

from ..engine.examples import sandbox_prefix
from ..engine.exchange import STORE_UNAVAILABLE
from ..engine.journal import Journal
from ..engine.replies import render_problem
from ..engine.runtime import Runtime
from ..engine.select_sandbox import refuse_secret_name
from ..engine.wsgi import SANDBOX
from ..sandbox import live_credentials
from ..sandbox.sandbox import Sandbox
from ..sdk.contract import Vendor
from ..sdk.errors import InvalidSetting, Problem, StoreUnavailable
from ..sdk.http import SANDBOX_HEADER
from ..sdk.jsontext import decode, encode, format_brief, is_encodable, to_decimals
from ..sdk.names import WANTED_NAME, is_name
from . import outside
from .guard import BODY_LIMIT, OPEN, is_open
from .redact import named, told

DEEPEST = 64  # levels of a body; code that walks it knows no bottom
MOST = 10_000  # values in a body: to tell what is wrong with each takes long
TOO_DEEP = f"The body is nested deeper than {DEEPEST} levels."
STEADY = "metrics.metrics"  # the view that answers while the store is away
ASKED = ("requests.requests", "records.records", "verdict.verdict")  # the views that take parameters
_DETAILS = {
    413: f"The body is over {BODY_LIMIT} bytes, the most that control reads.",
    500: "The sandbox itself failed; its log says why.",
}


class AdminContext:
    """What every part of the control API needs: the world, and the sandbox of the caller."""

    def __init__(self, world: Runtime) -> None:
        self.world = world

    @property
    def name(self) -> str:
        """The caller's sandbox: by header, else by URL, else ``default``."""
        return named()

    @property
    def now(self) -> float:
        """What the wall clock shows (seconds)."""
        return self.world.wall_time()

    @property
    def sandbox(self) -> Sandbox:
        return self.world.sandboxes.get_or_create(self.name, self.now)

    def at(self, path: str) -> dict[str, str]:
        """The Location of what is now at this path of the control API, in the sandbox that the URL names if it does."""
        named = request.environ.get(SANDBOX)
        inside = sandbox_prefix(named) if named else ""
        return {"Location": f"{outside.base(self.world.settings)}{inside}/__admin{path}"}

    @property
    def journal(self) -> Journal:
        return Journal(self.world.store, self.name)

    def vendor(self, name: str) -> Vendor:
        """The vendor of this name. Raises Misuse (404) with those there are."""
        names = tuple(vendor.name for vendor in self.world.vendors)
        for vendor in self.world.vendors:
            if vendor.name == name:
                return vendor
        raise not_found(f"There is no vendor {name[:80]!r}; there are {', '.join(names)}.", names)

    def errors(self, routes: Blueprint) -> None:
        """Say everything that goes wrong as problem+json."""

        @routes.errorhandler(Problem)
        def misused(misuse: Problem) -> Response:
            return self._told(misuse)

        @routes.errorhandler(InvalidSetting)
        def wrong(error: InvalidSetting) -> Response:
            return self._told(Problem("Bad value", str(error), 422, code="bad-value"))

        @routes.errorhandler(StoreUnavailable)
        def away(error: StoreUnavailable) -> Response:
            detail = "The store where sandboxes live is away; the server's log says why. Try again in a second."
            return self._told(Problem("Store away", detail, 503, code=STORE_UNAVAILABLE))

        @routes.errorhandler(HTTPException)
        def refused(error: HTTPException) -> Response:
            status = error.code or 500
            detail = _DETAILS.get(status) or error.description or error.name
            return self._told(Problem(error.name, detail, status, code="http"))

    def resets(self, routes: Blueprint) -> None:
        """Let nobody look at what the daily reset has put back: a journal, say, is read without entering a sandbox."""

        @routes.before_request
        def reset() -> None:
            if not is_open() and request.endpoint != f"{routes.name}.{STEADY}":
                self.world.sandboxes.reset_if_due(self.now)

    def asks(self, routes: Blueprint) -> None:
        """Refuse a parameter where none is taken, which was meant to say what to do or with what; and, also where no
        sandbox is looked at, a name that none can have.
        """

        @routes.before_request
        def check() -> None:
            view = str(request.endpoint).removeprefix(f"{routes.name}.")
            if view.rpartition(".")[2] in OPEN:
                return
            for name in (request.headers.get(SANDBOX_HEADER), request.environ.get(SANDBOX)):
                if name is not None:
                    self.legal(name)
            if request.args and view not in ASKED:
                raise unprocessable(f"There is no parameter {next(iter(request.args))[:80]!r} here, wanted none.")

    def legal(self, name: str) -> str:
        """A sandbox's name, if it can be one: none that a call may not have, either. Raises Misuse."""
        live_credentials.refuse_live_name(self.world.settings.refuse_live, name, self.now)
        if not is_name(name):
            detail = f"The sandbox is named {name[:80]!r}, wanted {WANTED_NAME}."
            raise Problem("Bad sandbox name", detail, code="bad-sandbox-name")
        refuse_secret_name(self.world, name)
        return name

    def _told(self, misuse: Problem) -> Response:
        """A failure as problem+json, without any secret."""
        reply = render_problem(told(self.world, misuse))
        beside = {401: {"WWW-Authenticate": "Bearer"}, 503: {"Retry-After": "1"}}.get(misuse.status, {})
        return Response(reply.body, reply.status, {**dict(reply.headers), **beside, "Cache-Control": "no-store"})


def not_found(detail: str, choices: tuple[str, ...] = ()) -> Problem:
    """What is said when a thing asked for is not there."""
    return Problem("Not found", detail, 404, choices, "not-found")


def unprocessable(detail: str) -> Problem:
    """What is said of a body or parameter that cannot be used."""
    return Problem("Bad value", detail, 422, code="bad-value")


def json_response(value: Any, status: int = 200, headers: Mapping[str, str] | None = None) -> Response:
    """A JSON reply."""
    sent = {"Cache-Control": "no-store", **(headers or {})}
    return Response(encode(to_decimals(value)), status, sent, content_type="application/json")


def no_content() -> Response:
    """The reply of what has nothing to say."""
    reply = Response(status=204)
    del reply.headers["Content-Type"]
    return reply


def json_body(*known: str, needed: tuple[str, ...] = ()) -> dict[str, Any]:
    """The request's body, a JSON object with only these keys (none given: any); no body is the empty object.

    Raises Misuse naming what was found and what was wanted.
    """
    text = request.get_data()
    if len(text) > BODY_LIMIT:  # in pieces, so that its head did not say so
        raise RequestEntityTooLarge
    g.heard = text
    try:
        body = decode(text, unique=True) if text else {}
    except RecursionError:
        raise Problem("Bad JSON", TOO_DEEP, code="bad-json") from None
    except ValueError as error:
        raise Problem("Bad JSON", f"The body is no JSON: {error}.", code="bad-json") from None
    _bounded(body)
    if not isinstance(body, dict):
        raise unprocessable(f"The body is {format_brief(body)}, wanted an object.")
    if not is_encodable(body):
        raise Problem("Bad JSON", "The body has half a character (a lone surrogate like \\ud800).", code="bad-json")
    for name in body:
        if known and name not in known:
            raise unprocessable(f"The body has {name[:80]!r}, wanted only {', '.join(known)}.")
    for name in needed:
        if name not in body:
            raise unprocessable(f"The body has no {name!r}, wanted an object with {', '.join(needed)}.")
    return body


def _bounded(body: Any) -> None:
    """Raises Misuse when a body is nested too deeply, or holds too many values. Looks no further than it must."""
    level, count = [body], 0
    for _ in range(DEEPEST):
        inner = [item.values() if isinstance(item, dict) else item for item in level if isinstance(item, dict | list)]
        count += sum(map(len, inner))
        if count > MOST:
            raise unprocessable(f"The body has over {MOST} values, the most that control reads at once.")
        level = [item for items in inner for item in items]
    if any(isinstance(item, dict | list) for item in level):
        raise Problem("Bad JSON", TOO_DEEP, code="bad-json")


def query_args(**readers: Callable[[str], Any]) -> dict[str, Any]:
    """The query's parameters, each by its reader; a reader raises ValueError with what it wants. Raises Misuse."""
    found: dict[str, Any] = {}
    for name, text in request.args.items(multi=True):
        if name not in readers:
            raise unprocessable(f"There is no parameter {name[:80]!r}, wanted {', '.join(readers)}.")
        if name in found:
            raise unprocessable(f"{name} is there more than once, wanted once.")
        try:
            found[name] = readers[name](text)
        except ValueError as error:
            raise unprocessable(f"{name} is {text[:80]!r}, wanted {error}.") from None
    return found


def number(text: str) -> int:
    """A count or an id."""
    if not re.fullmatch(r"\d{1,15}", text, re.ASCII):
        raise ValueError("a whole number")
    return int(text)


def switch(text: str) -> bool:
    if text not in ("true", "false"):
        raise ValueError("true or false")
    return text == "true"
