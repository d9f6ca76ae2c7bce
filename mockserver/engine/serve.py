"""The life of a call: sandbox, faults, authenticate, spend quota, read parameters, answer, reply, journal.

Plain values in, a Reply out. Neither Flask nor a server is known here, and no vendor by name.
"""

from __future__ import annotations

import logging
import math
import re
import traceback
from collections.abc import Callable, Iterable, Mapping, Sequence
from copy import copy
from dataclasses import dataclass, field, replace
from functools import partial

from ..data.catalog import Library
from ..sandbox import fault_rules, live_credentials
from ..sandbox.readings import check_readings, readings_for
from ..sandbox.registry import Sandboxes
from ..sandbox.sandbox import Sandbox
from ..sandbox.secrets.index import MIN_QUOTED_CHARS
from ..sandbox.selection import Choice, choose, names_a_sandbox
from ..sandbox.setting_values import pairs, switch
from ..sandbox.settings import Settings
from ..sandbox.store import DEFAULT, Store
from ..sandbox.store.counting import Count, Spend
from ..sandbox.store_url import secrets_of_url
from ..sdk import clock, jsontext, param_schema
from ..sdk.call import Call
from ..sdk.call_warnings import Notice, as_header
from ..sdk.contract import Endpoint, Vendor, Words
from ..sdk.dataset import Dataset
from ..sdk.errors import (
    METHODS,
    Broken,
    Fact,
    InvalidParams,
    MethodNotAllowed,
    Misuse,
    StoreAway,
    Throttled,
    Unauthenticated,
    UnknownPath,
    UriTooLong,
)
from ..sdk.http import (
    BASIS_HEADER,
    ID_HEADER,
    KNOWN_HEADERS,
    LOWER_READINGS,
    LOWER_STRICT,
    READINGS_HEADER,
    SANDBOX_HEADER,
    STRICT_HEADER,
    VERSION_HEADER,
    WARNINGS_HEADER,
    Headers,
    Reply,
    Request,
)
from ..sdk.logtext import escaped, indented
from ..sdk.quota import Spent
from ..sdk.similar import MAX_PATH_CHARS, closest_paths, did_you_mean
from ..sdk.version import __version__
from . import cors, exchange, forced, journal, reply_basis
from .answer_cache import Answers, read
from .exchange import Done
from .metrics import Metrics
from .redacted_request import HIDDEN, RedactedRequest
from .redaction import Redaction
from .spec_basis import SpecBasis

log = logging.getLogger("mockserver")
LONGEST_TARGET = 16 * 1024
EMPTY_BODY = re.compile(rb"\{\s*\}|\[\s*\]|null")
BROKEN = Misuse("Internal Server Error", "The sandbox itself failed; its log says why.", 500, code="broken")


@dataclass
class World:
    """Everything a call may need to know that it does not bring along; ``start`` is each vendor's data at the start."""

    settings: Settings
    vendors: tuple[Vendor, ...]
    sandboxes: Sandboxes
    store: Store
    start: Mapping[str, Dataset]
    bases: Mapping[str, SpecBasis]
    wall: Callable[[], float] = clock.wall
    observers: list[Callable[[Done], None]] = field(default_factory=list)

    def __post_init__(self) -> None:
        own = (self.settings.control_token or "", *secrets_of_url(self.settings.store))
        self.redaction = Redaction(self.vendors, self.sandboxes.secrets, own)
        self.sandboxes.know(self.start)
        self.answers = Answers()
        self.metrics = Metrics(self.vendors)
        if self.settings.control:  # nobody else can ask for them
            self.observers.append(self.metrics.count)

    def renew(self, library: Library, start: Mapping[str, Dataset]) -> None:
        """Serve other data from here on. A call takes its data once: all that it sees of it is of before, or of now."""
        self.sandboxes.know(start)
        self.sandboxes.take(library)
        self.start = start


def serve(world: World, vendor: Vendor, endpoint: Endpoint | None, request: Request) -> Reply:
    """The reply to one request; ``endpoint`` is None when no endpoint of the vendor has its path."""
    began, wall = clock.elapsed(), world.wall()
    call = Call(vendor, endpoint, request, world.start[vendor.name], vendor.defaults, clock.at(wall))
    try:
        reply = reply_basis.founded(world.bases[vendor.name], call, outcome(world, call, wall))
        told = world.redaction.of(request, vendor)
        notices = tuple(map(told.notice, call.notices))
        limits = vendor.quota_headers(call, call.spent) if call.spent else ()
        reply = dressed(world, request, reply, call.sandbox, notices, limits)
        caller = world.redaction.caller(vendor.name, call.request.headers, call.sandbox or DEFAULT)
        done = Done(
            vendor=vendor,
            endpoint=endpoint,
            sandbox=call.sandbox,
            request=request,
            path=told.path if call.fault != live_credentials.CODE else HIDDEN,
            reply=reply,
            notices=notices,
            now=call.now,
            wall=wall,
            ms=(clock.elapsed() - began) * 1000,
            strict=call.strict,
            fault=call.fault,
            reached=call.reached,
            spent=call.spent,
            caller=caller,
        )
        return closed(world, done, told)
    except Exception:  # whatever it is, nobody ever sees a page of the server's
        broke(world, call)
        return last_words(world, call)


def outcome(world: World, call: Call, wall: float) -> Reply:
    """What the call comes to: an answer, a refusal, a word on the misuse of the sandbox, or the vendor's 500."""
    try:
        sandbox, wish = placed(world, call, wall)
        if world.settings.cors:
            if cors.is_preflight(call.request):
                reply, notices = cors.preflight(call.vendor, call.request, world.settings.cors_headers)
                call.notices += notices
                return reply
            call.notices += cors.undocumented(call.vendor, call.request)
        call.reached = "faults"
        hit = struck(world, sandbox, call, wish)
        call.fault = hit.rule or None
        try:
            call.forced = hit.code is not None
            reply = granted(world, call, hit) if call.forced else passed(world, sandbox, call)
        except Fact as fact:
            reply = refused(call, fact)
        if wish.code is not None:
            reply = reply._replace(headers=(*reply.headers, ("Preference-Applied", forced.applied(wish))))
        if hit.delay or hit.network:
            reply = reply._replace(delay=reply.delay + hit.delay, network=hit.network or reply.network)
        return reply
    except Misuse as misuse:
        call.fault = misuse.code
        return misused(misuse, told_of(world, call))
    except StoreAway as away:
        warn_of_store(call)
        return refused(call, away)
    except Exception:
        broke(world, call)
        return last_words(world, call)


def placed(world: World, call: Call, wall: float) -> tuple[Sandbox, forced.Wish]:
    """The sandbox of the call, whose time, readings and data it gets from here on, and what it wishes for.

    Raises Misuse when it makes no sense, or must not be kept.
    """
    vendor = call.vendor
    seen: dict[str, Sandbox] = {}
    if names_a_sandbox(call.request, vendor):
        live_credentials.refuse_names(world.settings.refuse_live, (vendor,), call.request, wall)
        choice = choose(call.request, vendor, partial(is_known, world, vendor, wall, seen))
    else:
        choice = Choice(DEFAULT, call.request)
    try:
        sandbox = entered(world, choice, (vendor,), wall, seen)
    except StoreAway:
        sandbox = world.sandboxes.recall(choice.name)
        warn_of_store(call)
    call.sandbox, call.request = choice.name, choice.request
    call.notices.extend(choice.notices)
    sandbox, call.dataset = world.sandboxes.with_data(sandbox, vendor, wall)
    call.now, call.any_credential = sandbox.clock.now(wall), sandbox.any_credential
    call.choices, call.strict = readings_for(vendor, sandbox.readings), sandbox.strict
    live_credentials.refuse(world.settings.refuse_live, (vendor,), call.request, wall)
    call.strict = is_strict(sandbox, call.request)
    if asked := asked_readings(world, call.request):
        call.choices = readings_for(vendor, sandbox.readings, asked)
    warn_of_unknown_headers(call)
    wish, call.request = forced.wish(call.request)
    return sandbox, wish


def entered(
    world: World, choice: Choice, vendors: Iterable[Vendor], wall: float, seen: Mapping[str, Sandbox]
) -> Sandbox:
    """The chosen sandbox. Raises Misuse when its name would give a secret away, or there are too many."""
    if choice.name != DEFAULT:
        refuse_secret_name(world, choice.name, *(vendor.credential.read(choice.request.headers) for vendor in vendors))
    return seen.get(choice.name) or world.sandboxes.enter(choice.name, wall)


def refuse_secret_name(world: World, name: str, *secrets: str | None) -> None:
    """Raises Misuse when a sandbox's name would give a secret away: one of these, or of an account."""
    if name != DEFAULT and any(world.redaction.contains_secret(name, secret) for secret in (None, *secrets)):
        detail = "The sandbox is named by a credential, and names of sandboxes are no secret; choose another."
        raise Misuse("Bad sandbox name", detail, code="bad-sandbox-name")


def lost(world: World, request: Request, misuse: Misuse) -> Reply:
    """The answer to a path at the root that no vendor has, or more than one, a common slip: it is told and kept like a
    call, in the sandbox that it names in any of the ways that calls have.
    """
    began, wall = clock.elapsed(), world.wall()
    try:
        fault: str | None = None
        name, now, strict, choice = None, clock.at(wall), world.settings.strict, Choice(DEFAULT, request)
        notices: tuple[Notice, ...] = (Notice("path", misuse.code, misuse.detail),)
        try:
            live_credentials.refuse_names(world.settings.refuse_live, world.vendors, request, wall)
            seen: dict[str, Sandbox] = {}
            choices = [
                choose(request, vendor, partial(is_known, world, vendor, wall, seen)) for vendor in world.vendors
            ]
            choice = next((found for found in choices if found.name != DEFAULT), choice)
            sandbox = entered(world, choice, world.vendors, wall, seen)
            name, now, strict = choice.name, sandbox.clock.now(wall), sandbox.strict
            live_credentials.refuse(world.settings.refuse_live, world.vendors, request, wall)
            strict = is_strict(sandbox, request)
        except Misuse as other:
            misuse, fault, notices = other, other.code, ()
        except StoreAway:
            pass  # what is said of the path holds in every sandbox
        told = world.redaction.of(request)
        notices = tuple(map(told.notice, (*notices, *choice.notices)))
        reply = dressed(world, request, misused(misuse, told), name, notices)
        done = Done(
            vendor=None,
            endpoint=None,
            sandbox=name,
            request=request,
            path=told.path if fault != live_credentials.CODE else HIDDEN,
            reply=reply,
            notices=notices,
            now=now,
            wall=wall,
            ms=(clock.elapsed() - began) * 1000,
            strict=strict,
            fault=fault,
        )
        return closed(world, done, told)
    except Exception:
        log_crash(world, request, world.redaction.of(request))
        return problem(BROKEN)


def closed(world: World, done: Done, told: RedactedRequest) -> Reply:
    """Write the call down, before the first byte goes out, and tell the observers; the reply with the id under which
    the journal has it. A preflight is no call, unless it is refused: the call itself never comes then.
    """
    if done.sandbox is not None and not (done.vendor and cors.is_passed(done.request, done.reply, done.notices)):
        kept, size = journal.unkept(done) if done.fault == live_credentials.CODE else journal.entry(done, told)
        try:
            done.id = world.store.append(done.sandbox, kept, size)
            if world.settings.mock_headers:
                reply = done.reply
                done.reply = reply._replace(headers=(*reply.headers, (ID_HEADER, str(done.id))))
        except StoreAway:
            pass  # the store itself tells the log that calls are missing
    for observe in world.observers:
        observe(done)
    return done.reply


def last_words(world: World, call: Call) -> Reply:
    """The vendor's 500, or if even that breaks ours."""
    try:
        return refused(call, Broken())
    except Exception:
        broke(world, call)
        return problem(BROKEN)


def told_of(world: World, call: Call) -> RedactedRequest:
    """The call's request as it may be told, as far as the call came."""
    return world.redaction.of(call.request, call.vendor)


def broke(world: World, call: Call) -> None:
    """Log the crash of a call."""
    log_crash(world, call.request, told_of(world, call))


def log_crash(world: World, request: Request, told: RedactedRequest) -> None:
    """Log the crash of this moment with its trace, as text: what it says may hold a secret of the call, or of any
    account.
    """
    trace = world.redaction.text(traceback.format_exc(), told)
    log.error("%s %s broke\n%s", escaped(request.method)[:20], escaped(told.path), indented(trace))


def warn_of_unknown_headers(call: Call) -> None:
    """A slip in the name of a header of ours would go unseen."""
    for name in call.request.headers:
        if name.startswith("x-mock-") and name not in KNOWN_HEADERS:
            message = f"{name} is no header of this sandbox and was ignored; there are {', '.join(KNOWN_HEADERS)}."
            call.warn(f"header.{name}", "unknown-header", message)


def warn_of_unknown_path(call: Call) -> None:
    """What the vendor's words do not say: which path may have been meant."""
    path = call.request.path
    near = closest_paths(path, (known for each in call.vendor.endpoints for known in (each.path, *each.also)))
    hint = did_you_mean(next(iter(near), None))
    call.warn("path", "unknown-path", f"{call.vendor.title} has nothing at {path[:MAX_PATH_CHARS]}.{hint}")


def warn_of_body(call: Call, endpoint: Endpoint) -> None:
    """A filter in a body that nobody reads is silently ignored, too; an empty body asks for nothing."""
    body = call.request.body.strip()
    if not body or EMPTY_BODY.fullmatch(body):
        return
    known = param_schema.names(endpoint.params)
    takes = f"takes parameters from the query alone ({', '.join(known)})" if known else "takes no parameters"
    call.warn("body", "unread-body", f"The body was not read: this endpoint {takes}.")


def warn_of_store(call: Call) -> None:
    """What a client sees while the store is away is not what it sees when all is well; none of it is its fault."""
    message = "The store is away: this is the sandbox as it was last seen here, or what needs the store is refused."
    if all(notice.code != exchange.STORE_AWAY for notice in call.notices):
        call.warn("sandbox", exchange.STORE_AWAY, message)


def is_known(world: World, vendor: Vendor, wall: float, seen: dict[str, Sandbox], secret: str, name: str) -> bool:
    """Whether a secret is good in the sandbox of this name, as it is or would be on first use. One that is there is
    kept in ``seen``: to read it again takes time.
    """
    try:
        sandbox = world.sandboxes.look(name, wall)
    except StoreAway:
        sandbox = world.sandboxes.recall(name)
    else:
        if sandbox is not None:
            seen[name] = sandbox
    sandbox = sandbox or world.sandboxes.fresh(name, wall)
    if sandbox.any_credential:
        return True
    return world.sandboxes.dataset(sandbox, vendor).accounts.by(vendor.credential.key, secret) is not None


def asked_readings(world: World, request: Request) -> dict[str, str]:
    """The readings that the request asks for. Raises Misuse when they make no sense."""
    if LOWER_READINGS not in request.headers:
        return {}
    try:
        asked = pairs(request.headers[LOWER_READINGS])
    except ValueError as error:
        raise Misuse(
            "Bad readings", f"{READINGS_HEADER} cannot be read, wanted vendor.reading=choice: {error}."
        ) from None
    check_readings(asked, world.vendors)
    return asked


def struck(world: World, sandbox: Sandbox, call: Call, wish: forced.Wish) -> fault_rules.Hit:
    """What the request wishes for, or else the rules of the sandbox want, beside the sandbox's standing delay.

    An outcome that is wished for comes before what the rules want, and uses up none of them.
    """
    rules = sandbox.faults if wish.code is None else ()
    if not rules and sandbox.delay is None:
        hit = fault_rules.NO_HIT
    else:
        hit = fault_rules.hit(
            rules,
            call.vendor.name,
            call.endpoint.operation if call.endpoint else None,
            journal.looked_at(call),
            standing=sandbox.delay,
            seed=sandbox.seed,
            count=partial(counted, world, sandbox, call, goes_on=wish.code is None),
        )
    if wish == forced.NO_WISH:
        return hit
    if wish.code is None:
        return hit._replace(delay=hit.delay + wish.delay)
    return fault_rules.Hit(
        f"Prefer: code={wish.code}", wish.code, None, hit.delay + wish.delay, wish.where, wish.retry_after
    )


def granted(world: World, call: Call, hit: fault_rules.Hit) -> Reply:
    """The outcome that was asked for by the request, or by a rule of the sandbox. Warns of a status that neither the
    document nor any public text knows.
    """
    words, fact = forced.granted(call, hit)
    known = world.bases[call.vendor.name].errors.get(words.rule)
    if known is None or known[1].basis == "inferred":
        message = f"No public text says that {call.vendor.title} answers {words.status} here; this reply is inferred."
        call.warn(hit.where, "undocumented-status", message)
    reply = refused(call, fact, words)
    if hit.retry_after is None or isinstance(fact, Throttled):  # which says it itself
        return reply
    return reply._replace(headers=(*reply.headers, (fault_rules.RETRY_AFTER, str(hit.retry_after))))


def passed(world: World, sandbox: Sandbox, call: Call) -> Reply:
    """The vendor's gates, then its answer. Raises the fact that stops the call."""
    endpoint = admitted(sandbox, call)
    call.reached = "quota"
    call.spent = spent(world, sandbox, call)
    call.reached = "parameters"
    warn_of_body(call, endpoint)
    question = read(call, endpoint)
    call.reached = "answer"
    reply = world.answers.to(question, call, endpoint)
    if sandbox.changes:
        from ..sandbox import scheduled_changes  # a start needs nothing of what edits records

        before = call.before if call.before is not None else world.store.count(sandbox.name, answers(call))
        scheduled_changes.follow(world.sandboxes, sandbox, call, reply, before + 1, world.wall())
    return reply._replace(rule=endpoint.rule)


def admitted(sandbox: Sandbox, call: Call) -> Endpoint:
    """The gates before the quota; whose call it is. Raises the fact that stops it."""
    if call.request.length > LONGEST_TARGET:
        raise UriTooLong(LONGEST_TARGET)
    if call.endpoint is None:
        warn_of_unknown_path(call)
        raise UnknownPath
    if call.request.method not in METHODS:
        raise MethodNotAllowed
    call.reached = "authentication"
    call.account = authenticated(call)
    if sandbox.expired:
        raise Unauthenticated
    call.vendor.permit(call)
    return call.endpoint


def authenticated(call: Call) -> dict[str, object]:
    """The account that the vendor recognises; with the any-credential switch an unknown one acts for the first."""
    try:
        account = call.vendor.authenticate(call)
    except Unauthenticated:
        if not call.any_credential or call.vendor.credential.read(call.request.headers) is None:
            raise
        account, call.unchecked = call.accounts.first, True
    expires = account.get("expires")
    if expires is not None and call.now >= clock.parse_instant(str(expires)):
        raise Unauthenticated
    return dict(account)


def spent(world: World, sandbox: Sandbox, call: Call) -> Spent | None:
    """The call counted against its account's quota, if the sandbox has one. Raises Throttled."""
    spend = due(sandbox, call)
    if spend is None:
        return None
    if call.spent is None and sandbox.changes:
        counted(world, sandbox, call, ())
    found = call.spent or world.store.spend(sandbox.name, *spend)
    if not found.allowed:
        call.spent = found
        wait = max(1, math.ceil(found.resets_at - spend.now))
        raise Throttled(found.limit, 0, wait, clock.at(found.resets_at))
    return found


def due(sandbox: Sandbox, call: Call) -> Spend | None:
    """What an admitted call is counted against."""
    quota = sandbox.quotas.get(call.vendor.name)
    if quota is None:
        return None
    return Spend(f"quota/{call.vendor.name}/{call.account[call.vendor.account_id]}", quota, call.now.timestamp())


def answers(call: Call) -> str:
    """Under which name the vendor's answers are counted."""
    return f"answers/{call.vendor.name}"


def counted(
    world: World, sandbox: Sandbox, call: Call, counts: Sequence[Count], *, goes_on: bool = True
) -> Sequence[int]:
    """Count these, and in the same trip to the store all else that will be counted of the call if none of these ends it
    (and ``goes_on`` does not say that it has ended): it takes three trips at most. How often each was counted before.
    """
    spend, last = ahead(sandbox, call) if goes_on else (None, None)
    tally = world.store.tally(sandbox.name, counts, spend, last)
    call.spent, call.before = tally.spent, tally.last
    return tally.met


def ahead(sandbox: Sandbox, call: Call) -> tuple[Spend | None, str | None]:
    """What is counted of a call later on, as far as it will come: the quota that it spends, the name of its answer."""
    if not (sandbox.changes or call.vendor.name in sandbox.quotas):
        return None, None
    looked = copy(call)  # what gates tell is told when the call itself comes to them
    looked.notices = []
    spend = None
    try:
        endpoint = admitted(sandbox, looked)
        spend = due(sandbox, looked)
        if not sandbox.changes:
            return spend, None
        read(looked, endpoint)
        endpoint.answer(looked)
    except Exception:  # a fact, or a crash: the call itself comes to it, if nothing ends it before
        return spend, None
    return spend, answers(call)


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
    return reply._replace(headers=(*reply.headers, *extra), rule=words.rule)


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


def dressed(
    world: World,
    request: Request,
    reply: Reply,
    sandbox: str | None,
    notices: tuple[Notice, ...],
    limits: Headers = (),
) -> Reply:
    """The reply with all that travels beside the body: the quota's ``limits``, CORS and the headers of ours."""
    headers = [*reply.headers, *limits]
    if world.settings.mock_headers:
        if sandbox is not None:
            headers.append((SANDBOX_HEADER, sandbox))
        if reply.rule:
            headers.append((BASIS_HEADER, f'{reply.basis}; rule={reply.rule}; because="{reply.because}"'))
        if notices:
            headers.append((WARNINGS_HEADER, as_header(notices)))
        headers.append((VERSION_HEADER, __version__))
    if world.settings.cors:
        headers += cors.headers(request, tuple(headers))
    return reply._replace(headers=tuple(headers))


def is_strict(sandbox: Sandbox, request: Request) -> bool:
    """Whether a warning makes this call a failure: the request's word, else the sandbox's. Raises Misuse."""
    asked = request.headers.get(LOWER_STRICT)
    if asked is None:
        return sandbox.strict
    try:
        return switch(asked.strip())
    except ValueError as error:
        raise Misuse(
            "Bad strictness", f"{STRICT_HEADER} is {asked!r}, wanted {error}.", code="bad-strictness"
        ) from None


def misused(misuse: Misuse, told: RedactedRequest) -> Reply:
    """The same as ``problem``, where what it says may hold a secret of the call."""
    return problem(replace(misuse, detail=told(misuse.detail, cut=MIN_QUOTED_CHARS)))


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
