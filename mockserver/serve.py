"""The life of a call: sandbox, faults, authenticate, spend quota, read parameters, answer, reply, journal.

Plain values in, a Reply out. Neither Flask nor a server is known here, and no vendor by name.
"""

from __future__ import annotations

import logging
import math
import traceback
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import partial

from . import changing, clock, cors, faults, journal, live
from .data.dataset import Dataset
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
from .sandbox import DEFAULT, Sandbox, Sandboxes, check_readings, choose, readings_for
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
OUR_HEADERS = ("x-mock-delay", "x-mock-readings", "x-mock-sandbox", "x-mock-strict")


@dataclass
class World:
    """Everything a call may need to know that it does not bring along; ``start`` is each vendor's data at the start."""

    settings: Settings
    vendors: tuple[Vendor, ...]
    sandboxes: Sandboxes
    store: Store
    start: Mapping[str, Dataset]
    wall: Callable[[], float] = clock.wall
    observers: list[Callable[[Done], None]] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.redaction = journal.Redaction(self.vendors)


@dataclass(frozen=True, slots=True)
class Done:
    """A call that is over, for whoever keeps account of calls: what came, what goes back, how long it took (ms).

    ``vendor`` is None where nobody has the path; ``path`` is the request's as it may be told, without secrets.
    """

    vendor: Vendor | None
    endpoint: Endpoint | None
    sandbox: str
    request: Request
    path: str
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
    began, wall = clock.elapsed(), world.wall()
    call = Call(vendor, endpoint, request, world.start[vendor.name], vendor.defaults, clock.at(wall))
    try:
        reply = outcome(world, call, wall)
        reply = dressed(world, call, request, reply)
        ms = (clock.elapsed() - began) * 1000
        if call.sandbox is not None and not cors.is_preflight(request):
            reply = journaled(world, call.sandbox, call, request, reply, ms)
        if world.observers:
            name, path = call.sandbox or DEFAULT, world.redaction.of(call, request)(request.path)
            done = Done(vendor, endpoint, name, request, path, reply, tuple(call.notices), call.strict, ms)
            for observe in world.observers:
                observe(done)
    except Exception:  # whatever it is, nobody ever sees a page of the server's
        broke(world, call)
        reply = last_words(world, call)
    return reply


def last_words(world: World, call: Call) -> Reply:
    """The vendor's 500, or if even that breaks ours."""
    try:
        return refused(call, Broken())
    except Exception:
        broke(world, call)
        return problem(
            Misuse("Internal Server Error", "The sandbox itself failed; its log says why.", 500, code="broken")
        )


def broke(world: World, call: Call) -> None:
    """Log the crash of this moment with its trace, as text: what it says may hold a secret of the call."""
    request = call.request
    told = world.redaction.of(call, request)
    log.error("%s %s broke\n%s", request.method[:20], escaped(told(request.path)), told(traceback.format_exc()))


def outcome(world: World, call: Call, wall: float) -> Reply:
    """What the call comes to: an answer, a refusal, a word on the misuse of the sandbox, or the vendor's 500."""
    try:
        return answered(world, call, *placed(world, call, wall))
    except Misuse as misuse:
        call.fault = misuse.code
        return problem(misuse)
    except Exception:
        broke(world, call)
        return last_words(world, call)


def placed(world: World, call: Call, wall: float) -> tuple[Sandbox, faults.Wish]:
    """The sandbox of the call, whose time, readings and data it gets from here on, and what it wishes for.

    Raises Misuse when it makes no sense, or must not be kept.
    """
    vendor = call.vendor
    choice = choose(call.request, vendor, partial(is_known, world, vendor, wall))
    sandbox = world.sandboxes.enter(choice.name, wall)
    call.sandbox, call.request = choice.name, choice.request
    call.notices.extend(choice.notices)
    call.dataset = world.sandboxes.dataset(sandbox, vendor)
    call.now, call.any_credential = sandbox.clock.now(wall), sandbox.any_credential
    call.readings, call.strict = readings_for(vendor, sandbox.readings), sandbox.strict
    live.refuse(world.settings.refuse_live, vendor, call.request, wall)
    call.strict = is_strict(sandbox, call.request)
    call.readings = readings_for(vendor, sandbox.readings, asked_readings(world, call.request))
    warn_of_unknown_headers(call)
    wish, call.request = faults.wish(call.request)
    return sandbox, wish


def warn_of_unknown_headers(call: Call) -> None:
    """A slip in the name of a header of ours would go unseen."""
    for name in call.request.headers:
        if name.startswith("x-mock-") and name not in OUR_HEADERS:
            message = f"{name} is no header of this sandbox and was ignored; there are {', '.join(OUR_HEADERS)}."
            call.warn(f"header.{name}", "unknown-header", message)


def is_known(world: World, vendor: Vendor, wall: float, secret: str, name: str) -> bool:
    """Whether a secret is good in the sandbox of this name, as it is or would be on first use."""
    sandbox = world.sandboxes.look(name, wall)
    if sandbox.any_credential:
        return True
    return world.sandboxes.dataset(sandbox, vendor).accounts.by(vendor.credential.key, secret) is not None


def lost(world: World, request: Request, misuse: Misuse) -> Reply:
    """The answer to a path at the root that no vendor has: a common slip, so it is told like a call."""
    reply = problem(misuse)
    headers = [("X-Mock-Version", __version__)] if world.settings.mock_headers else []
    headers += cors.headers(request, tuple(headers)) if world.settings.cors else []
    reply = replace(reply, headers=(*reply.headers, *headers))
    notices = (Notice("path", misuse.code, misuse.detail),)
    for observe in world.observers:
        observe(Done(None, None, DEFAULT, request, request.path, reply, notices, world.settings.strict, 0.0))
    return reply


def asked_readings(world: World, request: Request) -> dict[str, str]:
    """The readings that the request asks for. Raises Misuse when they make no sense."""
    try:
        asked = pairs(request.headers.get("x-mock-readings", ""))
    except ValueError as error:
        raise Misuse(
            "Bad readings", f"X-Mock-Readings cannot be read, wanted vendor.reading=choice: {error}."
        ) from None
    check_readings(asked, world.vendors)
    return asked


def answered(world: World, call: Call, sandbox: Sandbox, wish: faults.Wish) -> Reply:
    """The gates in their order, then the answer; a fact raised by any of them in the vendor's words.

    What the request wishes for comes before what the rules of the sandbox want, and uses up none of them.
    """
    if cors.is_preflight(call.request) and world.settings.cors:
        return cors.preflight(call.vendor)
    call.reached = "faults"
    hit = struck(world, sandbox, call, sandbox.faults if wish.code is None else ())
    try:
        if wish.code is not None:
            reply = granted(call, wish.code)
            reply = replace(reply, headers=(*reply.headers, ("Preference-Applied", f"code={wish.code}")))
            call.fault = f"Prefer: code={wish.code}"
        else:
            call.fault = hit.rule or None
            reply = passed(world, sandbox, call) if hit.code is None else granted(call, hit.code)
    except Fact as fact:
        reply = refused(call, fact)
    return replace(reply, delay=reply.delay + wish.delay + hit.delay, network=hit.network or reply.network)


def struck(world: World, sandbox: Sandbox, call: Call, rules: Sequence[faults.Rule]) -> faults.Hit:
    """What these rules and the sandbox's standing delay do to this call."""
    if not rules and sandbox.delay is None:
        return faults.NO_HIT
    return faults.hit(
        rules,
        call.vendor.name,
        call.endpoint.operation if call.endpoint else None,
        journal.looked_at(call),
        standing=sandbox.delay,
        seed=sandbox.seed,
        count=lambda rule: world.store.count(sandbox.name, f"fault/{rule}"),
    )


def granted(call: Call, code: str) -> Reply:
    """The outcome that was asked for by the request, or by a rule of the sandbox."""
    words, fact = faults.granted(call, code)
    return refused(call, fact, words)


def passed(world: World, sandbox: Sandbox, call: Call) -> Reply:
    """The vendor's gates, then its answer. Raises the fact that stops the call."""
    if call.request.length > LONGEST_TARGET:
        raise UriTooLong(LONGEST_TARGET)
    if call.endpoint is None:
        raise UnknownPath
    if call.request.method not in ("GET", "HEAD"):
        raise MethodNotAllowed
    call.reached = "authentication"
    call.account = authenticated(call)
    if sandbox.expired:
        raise Unauthenticated
    call.reached = "quota"
    call.spent = spent(world, sandbox, call)
    call.reached = "parameters"
    call.params = read(call, call.endpoint)
    call.reached = "answer"
    reply = call.endpoint.answer(call)
    if sandbox.changes:
        answers = world.store.count(sandbox.name, f"answers/{call.vendor.name}") + 1
        changing.follow(world.sandboxes, sandbox, call, reply, answers, world.wall())
    as_documented = call.readings == call.vendor.defaults
    return replace(reply, rule=call.endpoint.rule, basis="documented" if as_documented else "inferred")


def journaled(world: World, name: str, call: Call, sent: Request, reply: Reply, ms: float) -> Reply:
    """The call written down, before the first byte goes out; the reply with the id under which it is kept."""
    if call.fault == live.CODE:
        kept, size = journal.unkept(call.vendor, name, world.wall(), live.CODE)
    else:
        kept, size = journal.entry(world.redaction, call, sent, reply, sandbox=name, wall=world.wall(), ms=ms)
    id = world.store.append(name, kept, size)
    if not world.settings.mock_headers:
        return reply
    return replace(reply, headers=(*reply.headers, ("X-Mock-Call", str(id))))


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
    key = f"quota/{call.vendor.name}/{call.account[call.vendor.account_id]}"
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


def dressed(world: World, call: Call, request: Request, reply: Reply) -> Reply:
    """The reply with all that travels beside the body: quota, CORS and the headers of ours."""
    headers = list(reply.headers)
    if call.spent:
        headers += call.vendor.quota_headers(call, call.spent)
    if world.settings.mock_headers:
        if call.sandbox is not None:
            headers.append(("X-Mock-Sandbox", call.sandbox))
        if reply.rule:
            headers.append(("X-Mock-Basis", f"{reply.basis}; rule={reply.rule}"))
        if call.notices:
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
    if misuse.validation:
        body["validation"] = [dict(fault) for fault in misuse.validation]
    return Reply(misuse.status, jsontext.encode(body), (("Content-Type", "application/problem+json"),))
