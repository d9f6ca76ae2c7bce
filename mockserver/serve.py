"""The life of a call: sandbox, faults, authenticate, spend quota, read parameters, answer, reply. One straight way.

Plain values in, a Reply out. Neither Flask nor a server is known here, and no vendor by name.
"""

from __future__ import annotations

import logging
import math
from collections.abc import Callable
from dataclasses import dataclass, field, replace

from . import clock, cors, faults
from .data.dataset import Accounts, Dataset
from .data.records import Records
from .errors import (
    Broken,
    Fact,
    InvalidParams,
    MethodNotAllowed,
    Misuse,
    Throttled,
    Unauthenticated,
    UnknownPath,
    UriTooLong,
)
from .sandbox import DEFAULT, Sandbox, Sandboxes, check_readings, readings_for
from .settings import Settings, pairs, switch
from .store import Store
from .toolkit import jsontext, params, querystring
from .toolkit.logtext import escaped
from .toolkit.notices import Notice, as_header
from .toolkit.quota import Spent
from .vendor import Call, Endpoint, Headers, Reply, Request, Vendor, Words
from .version import __version__

log = logging.getLogger("mockserver")
LONGEST_TARGET = 16 * 1024
OUR_HEADERS = ("x-mock-delay", "x-mock-readings", "x-mock-strict")


@dataclass
class World:
    """Everything a call may need to know that it does not bring along."""

    settings: Settings
    vendors: tuple[Vendor, ...]
    sandboxes: Sandboxes
    store: Store
    wall: Callable[[], float] = clock.wall
    observers: list[Callable[[Done], None]] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class Done:
    """A call that is over, for whoever keeps account of calls: what came, what goes back, how long it took (ms).

    ``vendor`` is None where nobody has the path.
    """

    vendor: Vendor | None
    endpoint: Endpoint | None
    sandbox: str
    request: Request
    reply: Reply
    notices: tuple[Notice, ...]
    strict: bool
    ms: float

    @property
    def failed(self) -> bool:
        """Whether a strict call was warned of something that its client did (not of a reply that it asked for)."""
        return self.strict and any(notice.code != "undocumented-status" for notice in self.notices)


def serve(world: World, vendor: Vendor, endpoint: Endpoint | None, request: Request) -> Reply:
    """The reply to one request; ``endpoint`` is None when no endpoint of the vendor has its path."""
    began = clock.elapsed()
    sandbox, call, strict = None, None, False
    try:
        wish, request = faults.wish(request)
        sandbox = world.sandboxes.enter(DEFAULT, world.wall())
        call = opened(world, sandbox, vendor, endpoint, request)
        strict = is_strict(sandbox, request)
        reply = replace(answered(world, sandbox, call, wish.code), delay=wish.delay)
    except Misuse as misuse:
        reply = problem(misuse)
    except Exception:
        reply = broken(call or bare_call(vendor, endpoint, request))
    reply = dressed(world, sandbox, call, request, reply)
    ms = (clock.elapsed() - began) * 1000
    notices = tuple(call.notices) if call else ()
    done = Done(vendor, endpoint, sandbox.name if sandbox else DEFAULT, request, reply, notices, strict, ms)
    for observe in world.observers:
        observe(done)
    return reply


def lost(world: World, request: Request, misuse: Misuse) -> Reply:
    """The answer to a path at the root that no vendor has: a common slip, so it is told like a call."""
    reply = dressed(world, None, None, request, problem(misuse))
    notices = (Notice("path", misuse.code, misuse.detail),)
    for observe in world.observers:
        observe(Done(None, None, DEFAULT, request, reply, notices, world.settings.strict, 0.0))
    return reply


def opened(world: World, sandbox: Sandbox, vendor: Vendor, endpoint: Endpoint | None, request: Request) -> Call:
    """The call at its start: the sandbox's data, time and readings. Raises Misuse when its readings make no sense."""
    try:
        asked = pairs(request.headers.get("x-mock-readings", ""))
    except ValueError as error:
        raise Misuse(
            "Bad readings", f"X-Mock-Readings cannot be read, wanted vendor.reading=choice: {error}."
        ) from None
    check_readings(asked, world.vendors)
    call = Call(
        vendor,
        endpoint,
        request,
        world.sandboxes.dataset(sandbox, vendor),
        readings_for(vendor, sandbox.readings, asked),
        sandbox.clock.now(world.wall()),
        sandbox.any_credential,
    )
    for name in request.headers:
        if name.startswith("x-mock-") and name not in OUR_HEADERS:
            message = f"{name} is no header of this sandbox and was ignored; there are {', '.join(OUR_HEADERS)}."
            call.warn(f"header.{name}", "unknown-header", message)
    return call


def answered(world: World, sandbox: Sandbox, call: Call, code: str | None) -> Reply:
    """The gates in their order, then the answer; a fact raised by any of them in the vendor's words."""
    try:
        if cors.is_preflight(call.request) and world.settings.cors:
            return cors.preflight(call.vendor)
        if code is not None:
            words, fact = faults.granted(call, code)
            reply = refused(call, fact, words)
            return replace(reply, headers=(*reply.headers, ("Preference-Applied", f"code={code}")))
        if call.request.length > LONGEST_TARGET:
            raise UriTooLong(LONGEST_TARGET)
        if call.endpoint is None:
            raise UnknownPath
        if call.request.method not in ("GET", "HEAD"):
            raise MethodNotAllowed
        call.account = authenticated(call)
        call.spent = spent(world, sandbox, call)
        call.params = read(call, call.endpoint)
        reply = call.endpoint.answer(call)
        as_documented = call.readings == call.vendor.defaults
        return replace(reply, rule=call.endpoint.rule, basis="documented" if as_documented else "inferred")
    except Misuse:
        raise
    except Fact as fact:
        return refused(call, fact)
    except Exception:
        return broken(call)


def authenticated(call: Call) -> dict[str, object]:
    """The account that the vendor recognises; with the any-credential switch an unknown one acts for the first."""
    try:
        account = call.vendor.authenticate(call)
    except Unauthenticated:
        if not call.any_credential or call.vendor.credential.read(call.request.headers) is None:
            raise
        account = call.accounts.first
    expires = account.get("expires")
    if expires is not None and call.now >= clock.parse_instant(str(expires)):
        raise Unauthenticated
    return dict(account)


def spent(world: World, sandbox: Sandbox, call: Call) -> Spent | None:
    """The call counted against its account's quota, if the sandbox has one. Raises Throttled."""
    quota = sandbox.quotas.get(call.vendor.name)
    if quota is None:
        return None
    now = call.now.timestamp()
    key = f"{call.vendor.name}/{call.account[call.vendor.account_id]}"
    counted = world.store.spend(sandbox.name, key, quota, now)
    if not counted.allowed:
        call.spent = counted
        wait = max(1, math.ceil(counted.resets_at - now))
        raise Throttled(counted.limit, 0, wait, clock.at(counted.resets_at))
    return counted


def read(call: Call, endpoint: Endpoint) -> dict[str, object]:
    """The endpoint's parameters out of the raw query. Raises InvalidParams; warns of the rest."""
    sent = endpoint.decode(querystring.pairs(call.request.query), endpoint.params, call.readings)
    ignores = lambda complaint: endpoint.ignores(complaint, call.readings)  # noqa: E731  # one name, one line
    return params.read(endpoint.params, sent, call.notices.append, repeated=endpoint.repeated, ignores=ignores)


def broken(call: Call) -> Reply:
    """Our own crash: its trace in the log, the vendor's words to the client."""
    log.exception("%s %s broke", call.request.method, escaped(call.request.path))
    return refused(call, Broken())


def bare_call(vendor: Vendor, endpoint: Endpoint | None, request: Request) -> Call:
    """A call that came to nothing before its sandbox's data was there."""
    nothing = Dataset(
        vendor.name, "", clock.at(0), Accounts(()), Records(vendor.records, (), vendor.rendering_defaults)
    )
    return Call(vendor, endpoint, request, nothing, vendor.defaults, clock.at(0))


def refused(call: Call, fact: Fact, words: Words | None = None) -> Reply:
    """The vendor's words for a fact, with the headers that HTTP wants beside them."""
    words = words or chosen(call.vendor, fact)
    reply = call.vendor.refuse(call, words, fact)
    extra: Headers = ()
    if isinstance(fact, MethodNotAllowed):
        extra = (("Allow", ", ".join(fact.allowed)),)
    if isinstance(fact, Throttled):
        extra = (("Retry-After", str(fact.retry_after)),)
        call.spent = call.spent or Spent(False, fact.limit, fact.remaining, fact.reset.timestamp())
    return replace(reply, headers=(*reply.headers, *extra), rule=words.rule, basis=words.basis)


def chosen(vendor: Vendor, fact: Fact) -> Words:
    """The first row for this fact, or for the nearest fact it is a kind of; complaints may have rows of their own."""
    code = fact.complaints[0].code if isinstance(fact, InvalidParams) and fact.complaints else ""
    for kind in type(fact).__mro__:
        rows = [words for words in vendor.errors if words.fact is kind]
        match = next((w for w in rows if w.when and w.when == code), None) or next(
            (w for w in rows if not w.when), None
        )
        if match:
            return match
    return next(words for words in vendor.errors if words.fact is Broken)  # every vendor taken in has these


def dressed(world: World, sandbox: Sandbox | None, call: Call | None, request: Request, reply: Reply) -> Reply:
    """The reply with all that travels beside the body: quota, CORS and the headers of ours."""
    headers = list(reply.headers)
    if call and call.spent:
        headers += call.vendor.quota_headers(call, call.spent)
    if world.settings.mock_headers:
        if sandbox:
            headers.append(("X-Mock-Sandbox", sandbox.name))
        if reply.rule:
            headers.append(("X-Mock-Basis", f"{reply.basis}; rule={reply.rule}"))
        if call and call.notices:
            headers.append(("X-Mock-Warnings", as_header(call.notices)))
        headers.append(("X-Mock-Version", __version__))
    if world.settings.cors:
        headers += cors.headers(request, tuple(headers))
    return replace(reply, headers=tuple(headers))


def is_strict(sandbox: Sandbox, request: Request) -> bool:
    """Whether a warning makes this call a failure: the request's word, else the sandbox's. Raises Misuse."""
    asked = request.headers.get("x-mock-strict")
    if asked is None:
        return sandbox.strict
    try:
        return switch(asked.strip())
    except ValueError as error:
        raise Misuse("Bad strictness", f"X-Mock-Strict is {asked!r}, wanted {error}.", code="bad-strictness") from None


def problem(misuse: Misuse) -> Reply:
    """What is wrong with the use of the sandbox itself, as problem+json (RFC 9457)."""
    body: dict[str, object] = {
        "type": f"urn:mockserver:{misuse.code}",
        "title": misuse.title,
        "status": misuse.status,
        "detail": misuse.detail,
    }
    if misuse.choices:
        body["choices"] = list(misuse.choices)
    return Reply(misuse.status, jsontext.encode(body), (("Content-Type", "application/problem+json"),))
