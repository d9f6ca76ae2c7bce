"""What every handler of the control API uses: the caller's sandbox, JSON bodies and replies, problem+json."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from typing import Any

from flask import Blueprint, Response, g, request
from werkzeug.exceptions import HTTPException, RequestEntityTooLarge

from ..data.lru import LruCache
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
from ..sdk.jsontext import decode, encode, format_brief, is_encodable, to_decimals
from ..sdk.names import WANTED_NAME, is_name
from . import outside
from .redact import redact_problem, sandbox_name
from .route import Route

MAX_BODY_BYTES = 1024 * 1024
MAX_BODY_LEVELS = 64  # the code that walks a body is recursive
MAX_BODY_VALUES = 10_000  # describing what is wrong with each takes long
TOO_DEEP = f"The body is nested deeper than {MAX_BODY_LEVELS} levels."
BRIEF_CACHE_BYTES = 1024 * 1024  # of journal entries in format_brief, which every open console reads
_DETAILS = {
    413: f"The body is over {MAX_BODY_BYTES} bytes, the most that control reads.",
    500: "The sandbox itself failed; its log says why.",
}


class AdminContext:
    """What a handler of the control API works with: the runtime, the routes, and the caller's sandbox."""

    def __init__(self, runtime: Runtime, routes: tuple[Route, ...] = ()) -> None:
        self.runtime, self.routes = runtime, routes
        self.brief_entries: LruCache[bytes] = LruCache(BRIEF_CACHE_BYTES, lambda id, text: len(text))

    @property
    def name(self) -> str:
        """The caller's sandbox: by header, else by URL, else ``default``."""
        return sandbox_name()

    @property
    def now(self) -> float:
        """The wall time in seconds."""
        return self.runtime.wall_time()

    @property
    def sandbox(self) -> Sandbox:
        return self.runtime.sandboxes.get_or_create(self.name, self.now)

    def location(self, path: str) -> dict[str, str]:
        """The Location header of a path of the control API, in the sandbox that the URL names, if any."""
        named = request.environ.get(SANDBOX)
        inside = sandbox_prefix(named) if named else ""
        return {"Location": f"{outside.base(self.runtime.settings)}{inside}/__admin{path}"}

    @property
    def journal(self) -> Journal:
        return Journal(self.runtime.store, self.name)

    def vendor(self, name: str) -> Vendor:
        """The vendor of this name. Raises Problem (404) with the known names."""
        names = tuple(vendor.name for vendor in self.runtime.vendors)
        for vendor in self.runtime.vendors:
            if vendor.name == name:
                return vendor
        raise not_found(f"There is no vendor {name[:80]!r}; there are {', '.join(names)}.", names)

    def handle_errors(self, routes: Blueprint) -> None:
        """Answers every error as problem+json."""

        @routes.errorhandler(Problem)
        def answer_problem(error: Problem) -> Response:
            return self._answer(error)

        @routes.errorhandler(InvalidSetting)
        def answer_setting(error: InvalidSetting) -> Response:
            return self._answer(Problem("Bad value", str(error), 422, code="bad-value"))

        @routes.errorhandler(StoreUnavailable)
        def answer_store(error: StoreUnavailable) -> Response:
            detail = "The store where sandboxes live is away; the server's log says why. Try again in a second."
            return self._answer(Problem("Store away", detail, 503, code=STORE_UNAVAILABLE))

        @routes.errorhandler(HTTPException)
        def answer_http(error: HTTPException) -> Response:
            status = error.code or 500
            detail = _DETAILS.get(status) or error.description or error.name
            return self._answer(Problem(error.name, detail, status, code="http"))

    def check_name(self, name: str) -> str:
        """Returns a sandbox's name if a call could use it. Raises Problem."""
        live_credentials.refuse_live_name(self.runtime.settings.refuse_live, name, self.now)
        if not is_name(name):
            detail = f"The sandbox is named {name[:80]!r}, wanted {WANTED_NAME}."
            raise Problem("Bad sandbox name", detail, code="bad-sandbox-name")
        refuse_secret_name(self.runtime, name)
        return name

    def _answer(self, error: Problem) -> Response:
        """The error as problem+json, without any secret."""
        reply = render_problem(redact_problem(self.runtime, error))
        extra = {401: {"WWW-Authenticate": "Bearer"}, 503: {"Retry-After": "1"}}.get(error.status, {})
        return Response(reply.body, reply.status, {**dict(reply.headers), **extra, "Cache-Control": "no-store"})


def not_found(detail: str, choices: tuple[str, ...] = ()) -> Problem:
    """The 404 of something that does not exist."""
    return Problem("Not found", detail, 404, choices, "not-found")


def unprocessable(detail: str) -> Problem:
    """The 422 of a body or parameter that cannot be used."""
    return Problem("Bad value", detail, 422, code="bad-value")


def json_response(value: Any, status: int = 200, headers: Mapping[str, str] | None = None) -> Response:
    """A JSON reply."""
    sent = {"Cache-Control": "no-store", **(headers or {})}
    return Response(encode(to_decimals(value)), status, sent, content_type="application/json")


def no_content() -> Response:
    """A reply without a body."""
    reply = Response(status=204)
    del reply.headers["Content-Type"]
    return reply


def json_body(*known: str, needed: tuple[str, ...] = ()) -> dict[str, Any]:
    """The request's body: a JSON object with only these keys (any, if none are named). No body is an empty object.

    Raises Problem with what was found and what was wanted.
    """
    text = request.get_data()
    if len(text) > MAX_BODY_BYTES:  # a chunked body: no Content-Length announced it
        raise RequestEntityTooLarge
    g.body = text
    try:
        body = decode(text, unique=True) if text else {}
    except RecursionError:
        raise Problem("Bad JSON", TOO_DEEP, code="bad-json") from None
    except ValueError as error:
        raise Problem("Bad JSON", f"The body is no JSON: {error}.", code="bad-json") from None
    _check_size(body)
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


def _check_size(body: Any) -> None:
    """Raises Problem when a body is nested too deeply or has too many values; stops reading at the bound."""
    level, count = [body], 0
    for _ in range(MAX_BODY_LEVELS):
        inner = [item.values() if isinstance(item, dict) else item for item in level if isinstance(item, dict | list)]
        count += sum(map(len, inner))
        if count > MAX_BODY_VALUES:
            raise unprocessable(f"The body has over {MAX_BODY_VALUES} values, the most that control reads at once.")
        level = [item for items in inner for item in items]
    if any(isinstance(item, dict | list) for item in level):
        raise Problem("Bad JSON", TOO_DEEP, code="bad-json")


def parse_query(**readers: Callable[[str], Any]) -> dict[str, Any]:
    """The query's parameters, each parsed by its reader, which raises ValueError with what it wants. Raises Problem."""
    values: dict[str, Any] = {}
    for name, text in request.args.items(multi=True):
        if name not in readers:
            raise unprocessable(f"Unexpected parameter {name[:80]!r}, wanted {', '.join(readers)}.")
        if name in values:
            raise unprocessable(f"{name} is there more than once, wanted once.")
        try:
            values[name] = readers[name](text)
        except ValueError as error:
            raise unprocessable(f"{name} is {text[:80]!r}, wanted {error}.") from None
    return values


def parse_number(text: str) -> int:
    """Parses a count or an id."""
    if not re.fullmatch(r"\d{1,15}", text, re.ASCII):
        raise ValueError("a whole number")
    return int(text)


def parse_switch(text: str) -> bool:
    """Parses ``true`` or ``false``."""
    if text not in ("true", "false"):
        raise ValueError("true or false")
    return text == "true"
