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

from ..data.catalog import DatasetCatalog
from ..sandbox import fault_rules, live_credentials
from ..sandbox.readings import check_readings, readings_for
from ..sandbox.registry import Sandboxes
from ..sandbox.sandbox import Sandbox
from ..sandbox.secrets.index import MIN_QUOTED_CHARS
from ..sandbox.selection import Selection, names_a_sandbox, select
from ..sandbox.setting_values import parse_assignments, parse_switch
from ..sandbox.settings import Settings
from ..sandbox.store import DEFAULT, Store
from ..sandbox.store.counting import Counter, Spend
from ..sandbox.store_url import secrets_of_url
from ..sdk import clock, jsontext, param_schema
from ..sdk.call import Call
from ..sdk.call_warnings import CallWarning, format_header
from ..sdk.contract import ErrorSpec, Operation, Vendor
from ..sdk.dataset import Dataset
from ..sdk.errors import (
    METHODS,
    ApiError,
    InternalError,
    InvalidParams,
    MethodNotAllowed,
    Problem,
    StoreUnavailable,
    Throttled,
    Unauthenticated,
    UnknownPath,
    UriTooLong,
)
from ..sdk.http import (
    BASIS_HEADER,
    CALL_ID_HEADER,
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
from ..sdk.logtext import escape_text, indent_lines
from ..sdk.quota import QuotaState
from ..sdk.similar import MAX_PATH_CHARS, did_you_mean, find_closest_paths
from ..sdk.version import __version__
from . import cors, exchange, forced, journal, reply_basis
from .answer_cache import AnswerCache, read_query
from .exchange import Exchange
from .metrics import Metrics
from .redacted_request import MASK, RedactedRequest
from .redaction import Redactor
from .spec_basis import SpecBasis

log = logging.getLogger("mockserver")
LONGEST_TARGET = 16 * 1024
EMPTY_BODY = re.compile(rb"\{\s*\}|\[\s*\]|null")
BROKEN = Problem("Internal Server Error", "The sandbox itself failed; its log says why.", 500, code="broken")


@dataclass
class Runtime:
    """Everything a call may need to know that it does not bring along; ``start`` is each vendor's data at the start."""

    settings: Settings
    vendors: tuple[Vendor, ...]
    sandboxes: Sandboxes
    store: Store
    start: Mapping[str, Dataset]
    bases: Mapping[str, SpecBasis]
    wall_time: Callable[[], float] = clock.wall_time
    observers: list[Callable[[Exchange], None]] = field(default_factory=list)

    def __post_init__(self) -> None:
        own = (self.settings.control_token or "", *secrets_of_url(self.settings.store))
        self.redactor = Redactor(self.vendors, self.sandboxes.secrets, own)
        self.sandboxes.know_secrets(self.start)
        self.answers = AnswerCache()
        self.metrics = Metrics(self.vendors)
        if self.settings.control:  # nobody else can ask for them
            self.observers.append(self.metrics.count)

    def swap_data(self, library: DatasetCatalog, start: Mapping[str, Dataset]) -> None:
        """Serve other data from here on. A call takes its data once: all that it sees of it is of before, or of now."""
        self.sandboxes.know_secrets(start)
        self.sandboxes.use_catalog(library)
        self.start = start


def serve(world: Runtime, vendor: Vendor, endpoint: Operation | None, request: Request) -> Reply:
    """The reply to one request; ``endpoint`` is None when no endpoint of the vendor has its path."""
    began, wall = clock.monotonic_time(), world.wall_time()
    call = Call(
        vendor, endpoint, request, world.start[vendor.name], vendor.default_readings, clock.from_timestamp(wall)
    )
    try:
        reply = reply_basis.add_basis(world.bases[vendor.name], call, outcome(world, call, wall))
        told = world.redactor.redact(request, vendor)
        notices = tuple(map(told.redact_warning, call.warnings))
        limits = vendor.quota_headers(call, call.quota) if call.quota else ()
        reply = dressed(world, request, reply, call.sandbox, notices, limits)
        caller = world.redactor.mark_caller(vendor.name, call.request.headers, call.sandbox or DEFAULT)
        done = Exchange(
            vendor=vendor,
            operation=endpoint,
            sandbox=call.sandbox,
            request=request,
            path=told.path if call.fault != live_credentials.LIVE_CREDENTIAL else MASK,
            reply=reply,
            warnings=notices,
            now=call.now,
            wall=wall,
            ms=(clock.monotonic_time() - began) * 1000,
            strict=call.strict,
            fault=call.fault,
            stage=call.stage,
            quota=call.quota,
            caller=caller,
        )
        return closed(world, done, told)
    except Exception:  # whatever it is, nobody ever sees a page of the server's
        broke(world, call)
        return last_words(world, call)


def outcome(world: Runtime, call: Call, wall: float) -> Reply:
    """What the call comes to: an answer, a refusal, a word on the misuse of the sandbox, or the vendor's 500."""
    try:
        sandbox, wish = placed(world, call, wall)
        if world.settings.cors:
            if cors.is_preflight(call.request):
                reply, notices = cors.preflight(call.vendor, call.request, world.settings.cors_headers)
                call.warnings += notices
                return reply
            call.warnings += cors.undocumented(call.vendor, call.request)
        call.stage = "faults"
        hit = struck(world, sandbox, call, wish)
        call.fault = hit.rule or None
        try:
            call.forced = hit.code is not None
            reply = granted(world, call, hit) if call.forced else passed(world, sandbox, call)
        except ApiError as fact:
            reply = refused(call, fact)
        if wish.code is not None:
            reply = reply._replace(headers=(*reply.headers, ("Preference-Applied", forced.applied(wish))))
        if hit.delay or hit.network:
            reply = reply._replace(delay=reply.delay + hit.delay, network=hit.network or reply.network)
        return reply
    except Problem as misuse:
        call.fault = misuse.code
        return misused(misuse, told_of(world, call))
    except StoreUnavailable as away:
        warn_of_store(call)
        return refused(call, away)
    except Exception:
        broke(world, call)
        return last_words(world, call)


def placed(world: Runtime, call: Call, wall: float) -> tuple[Sandbox, forced.Wish]:
    """The sandbox of the call, whose time, readings and data it gets from here on, and what it wishes for.

    Raises Misuse when it makes no sense, or must not be kept.
    """
    vendor = call.vendor
    seen: dict[str, Sandbox] = {}
    if names_a_sandbox(call.request, vendor):
        live_credentials.refuse_live_names(world.settings.refuse_live, (vendor,), call.request, wall)
        choice = select(call.request, vendor, partial(is_known, world, vendor, wall, seen))
    else:
        choice = Selection(DEFAULT, call.request)
    try:
        sandbox = entered(world, choice, (vendor,), wall, seen)
    except StoreUnavailable:
        sandbox = world.sandboxes.last_known(choice.name)
        warn_of_store(call)
    call.sandbox, call.request = choice.name, choice.request
    call.warnings.extend(choice.warnings)
    sandbox, call.dataset = world.sandboxes.with_data(sandbox, vendor, wall)
    call.now, call.any_credential = sandbox.clock.now(wall), sandbox.any_credential
    call.choices, call.strict = readings_for(vendor, sandbox.readings), sandbox.strict
    live_credentials.refuse_live(world.settings.refuse_live, (vendor,), call.request, wall)
    call.strict = is_strict(sandbox, call.request)
    if asked := asked_readings(world, call.request):
        call.choices = readings_for(vendor, sandbox.readings, asked)
    warn_of_unknown_headers(call)
    wish, call.request = forced.wish(call.request)
    return sandbox, wish


def entered(
    world: Runtime, choice: Selection, vendors: Iterable[Vendor], wall: float, seen: Mapping[str, Sandbox]
) -> Sandbox:
    """The chosen sandbox. Raises Misuse when its name would give a secret away, or there are too many."""
    if choice.name != DEFAULT:
        refuse_secret_name(world, choice.name, *(vendor.credential.read(choice.request.headers) for vendor in vendors))
    return seen.get(choice.name) or world.sandboxes.get_or_create(choice.name, wall)


def refuse_secret_name(world: Runtime, name: str, *secrets: str | None) -> None:
    """Raises Misuse when a sandbox's name would give a secret away: one of these, or of an account."""
    if name != DEFAULT and any(world.redactor.contains_secret(name, secret) for secret in (None, *secrets)):
        detail = "The sandbox is named by a credential, and names of sandboxes are no secret; choose another."
        raise Problem("Bad sandbox name", detail, code="bad-sandbox-name")


def lost(world: Runtime, request: Request, misuse: Problem) -> Reply:
    """The answer to a path at the root that no vendor has, or more than one, a common slip: it is told and kept like a
    call, in the sandbox that it names in any of the ways that calls have.
    """
    began, wall = clock.monotonic_time(), world.wall_time()
    try:
        fault: str | None = None
        name, now, strict, choice = None, clock.from_timestamp(wall), world.settings.strict, Selection(DEFAULT, request)
        notices: tuple[CallWarning, ...] = (CallWarning("path", misuse.code, misuse.detail),)
        try:
            live_credentials.refuse_live_names(world.settings.refuse_live, world.vendors, request, wall)
            seen: dict[str, Sandbox] = {}
            choices = [
                select(request, vendor, partial(is_known, world, vendor, wall, seen)) for vendor in world.vendors
            ]
            choice = next((found for found in choices if found.name != DEFAULT), choice)
            sandbox = entered(world, choice, world.vendors, wall, seen)
            name, now, strict = choice.name, sandbox.clock.now(wall), sandbox.strict
            live_credentials.refuse_live(world.settings.refuse_live, world.vendors, request, wall)
            strict = is_strict(sandbox, request)
        except Problem as other:
            misuse, fault, notices = other, other.code, ()
        except StoreUnavailable:
            pass  # what is said of the path holds in every sandbox
        told = world.redactor.redact(request)
        notices = tuple(map(told.redact_warning, (*notices, *choice.warnings)))
        reply = dressed(world, request, misused(misuse, told), name, notices)
        done = Exchange(
            vendor=None,
            operation=None,
            sandbox=name,
            request=request,
            path=told.path if fault != live_credentials.LIVE_CREDENTIAL else MASK,
            reply=reply,
            warnings=notices,
            now=now,
            wall=wall,
            ms=(clock.monotonic_time() - began) * 1000,
            strict=strict,
            fault=fault,
        )
        return closed(world, done, told)
    except Exception:
        log_crash(world, request, world.redactor.redact(request))
        return problem(BROKEN)


def closed(world: Runtime, done: Exchange, told: RedactedRequest) -> Reply:
    """Write the call down, before the first byte goes out, and tell the observers; the reply with the id under which
    the journal has it. A preflight is no call, unless it is refused: the call itself never comes then.
    """
    if done.sandbox is not None and not (done.vendor and cors.is_passed(done.request, done.reply, done.warnings)):
        kept, size = (
            journal.make_withheld_entry(done)
            if done.fault == live_credentials.LIVE_CREDENTIAL
            else journal.make_entry(done, told)
        )
        try:
            done.id = world.store.append(done.sandbox, kept, size)
            if world.settings.mock_headers:
                reply = done.reply
                done.reply = reply._replace(headers=(*reply.headers, (CALL_ID_HEADER, str(done.id))))
        except StoreUnavailable:
            pass  # the store itself tells the log that calls are missing
    for observe in world.observers:
        observe(done)
    return done.reply


def last_words(world: Runtime, call: Call) -> Reply:
    """The vendor's 500, or if even that breaks ours."""
    try:
        return refused(call, InternalError())
    except Exception:
        broke(world, call)
        return problem(BROKEN)


def told_of(world: Runtime, call: Call) -> RedactedRequest:
    """The call's request as it may be told, as far as the call came."""
    return world.redactor.redact(call.request, call.vendor)


def broke(world: Runtime, call: Call) -> None:
    """Log the crash of a call."""
    log_crash(world, call.request, told_of(world, call))


def log_crash(world: Runtime, request: Request, told: RedactedRequest) -> None:
    """Log the crash of this moment with its trace, as text: what it says may hold a secret of the call, or of any
    account.
    """
    trace = world.redactor.redact_text(traceback.format_exc(), told)
    log.error("%s %s broke\n%s", escape_text(request.method)[:20], escape_text(told.path), indent_lines(trace))


def warn_of_unknown_headers(call: Call) -> None:
    """A slip in the name of a header of ours would go unseen."""
    for name in call.request.headers:
        if name.startswith("x-mock-") and name not in KNOWN_HEADERS:
            message = f"{name} is no header of this sandbox and was ignored; there are {', '.join(KNOWN_HEADERS)}."
            call.warn(f"header.{name}", "unknown-header", message)


def warn_of_unknown_path(call: Call) -> None:
    """What the vendor's words do not say: which path may have been meant."""
    path = call.request.path
    near = find_closest_paths(path, (known for each in call.vendor.operations for known in (each.path, *each.aliases)))
    hint = did_you_mean(next(iter(near), None))
    call.warn("path", "unknown-path", f"{call.vendor.title} has nothing at {path[:MAX_PATH_CHARS]}.{hint}")


def warn_of_body(call: Call, endpoint: Operation) -> None:
    """A filter in a body that nobody reads is silently ignored, too; an empty body asks for nothing."""
    body = call.request.body.strip()
    if not body or EMPTY_BODY.fullmatch(body):
        return
    known = param_schema.param_names(endpoint.query)
    takes = f"takes parameters from the query alone ({', '.join(known)})" if known else "takes no parameters"
    call.warn("body", "unread-body", f"The body was not read: this endpoint {takes}.")


def warn_of_store(call: Call) -> None:
    """What a client sees while the store is away is not what it sees when all is well; none of it is its fault."""
    message = "The store is away: this is the sandbox as it was last seen here, or what needs the store is refused."
    if all(notice.code != exchange.STORE_UNAVAILABLE for notice in call.warnings):
        call.warn("sandbox", exchange.STORE_UNAVAILABLE, message)


def is_known(world: Runtime, vendor: Vendor, wall: float, seen: dict[str, Sandbox], secret: str, name: str) -> bool:
    """Whether a secret is good in the sandbox of this name, as it is or would be on first use. One that is there is
    kept in ``seen``: to read it again takes time.
    """
    try:
        sandbox = world.sandboxes.get(name, wall)
    except StoreUnavailable:
        sandbox = world.sandboxes.last_known(name)
    else:
        if sandbox is not None:
            seen[name] = sandbox
    sandbox = sandbox or world.sandboxes.initial(name, wall)
    if sandbox.any_credential:
        return True
    return world.sandboxes.dataset(sandbox, vendor).accounts.find_by(vendor.credential.key, secret) is not None


def asked_readings(world: Runtime, request: Request) -> dict[str, str]:
    """The readings that the request asks for. Raises Misuse when they make no sense."""
    if LOWER_READINGS not in request.headers:
        return {}
    try:
        asked = parse_assignments(request.headers[LOWER_READINGS])
    except ValueError as error:
        raise Problem(
            "Bad readings", f"{READINGS_HEADER} cannot be read, wanted vendor.reading=choice: {error}."
        ) from None
    check_readings(asked, world.vendors)
    return asked


def struck(world: Runtime, sandbox: Sandbox, call: Call, wish: forced.Wish) -> fault_rules.Outcome:
    """What the request wishes for, or else the rules of the sandbox want, beside the sandbox's standing delay.

    An outcome that is wished for comes before what the rules want, and uses up none of them.
    """
    rules = sandbox.faults if wish.code is None else ()
    if not rules and sandbox.delay is None:
        hit = fault_rules.NO_OUTCOME
    else:
        hit = fault_rules.match_rules(
            rules,
            call.vendor.name,
            call.operation.id if call.operation else None,
            journal.match_input_of_call(call),
            sandbox_delay=sandbox.delay,
            seed=sandbox.seed,
            count=partial(counted, world, sandbox, call, goes_on=wish.code is None),
        )
    if wish == forced.NO_WISH:
        return hit
    if wish.code is None:
        return hit._replace(delay=hit.delay + wish.delay)
    return fault_rules.Outcome(
        f"Prefer: code={wish.code}", wish.code, None, hit.delay + wish.delay, wish.where, wish.retry_after
    )


def granted(world: Runtime, call: Call, hit: fault_rules.Outcome) -> Reply:
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


def passed(world: Runtime, sandbox: Sandbox, call: Call) -> Reply:
    """The vendor's gates, then its answer. Raises the fact that stops the call."""
    endpoint = admitted(sandbox, call)
    call.stage = "quota"
    call.quota = spent(world, sandbox, call)
    call.stage = "parameters"
    warn_of_body(call, endpoint)
    question = read_query(call, endpoint)
    call.stage = "answer"
    reply = world.answers.answer(question, call, endpoint)
    if sandbox.changes:
        from ..sandbox import scheduled_changes  # a start needs nothing of what edits records

        before = (
            call.earlier_answers if call.earlier_answers is not None else world.store.count(sandbox.name, answers(call))
        )
        scheduled_changes.apply_due_changes(world.sandboxes, sandbox, call, reply, before + 1, world.wall_time())
    return reply._replace(rule=endpoint.rule)


def admitted(sandbox: Sandbox, call: Call) -> Operation:
    """The gates before the quota; whose call it is. Raises the fact that stops it."""
    if call.request.target_length > LONGEST_TARGET:
        raise UriTooLong(LONGEST_TARGET)
    if call.operation is None:
        warn_of_unknown_path(call)
        raise UnknownPath
    if call.request.method not in METHODS:
        raise MethodNotAllowed
    call.stage = "authentication"
    call.account = authenticated(call)
    if sandbox.expired:
        raise Unauthenticated
    call.vendor.permit(call)
    return call.operation


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


def spent(world: Runtime, sandbox: Sandbox, call: Call) -> QuotaState | None:
    """The call counted against its account's quota, if the sandbox has one. Raises Throttled."""
    spend = due(sandbox, call)
    if spend is None:
        return None
    if call.quota is None and sandbox.changes:
        counted(world, sandbox, call, ())
    found = call.quota or world.store.spend(sandbox.name, *spend)
    if not found.allowed:
        call.quota = found
        wait = max(1, math.ceil(found.resets_at - spend.now))
        raise Throttled(found.limit, 0, wait, clock.from_timestamp(found.resets_at))
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
    world: Runtime, sandbox: Sandbox, call: Call, counts: Sequence[Counter], *, goes_on: bool = True
) -> Sequence[int]:
    """Count these, and in the same trip to the store all else that will be counted of the call if none of these ends it
    (and ``goes_on`` does not say that it has ended): it takes three trips at most. How often each was counted before.
    """
    spend, last = ahead(sandbox, call) if goes_on else (None, None)
    tally = world.store.count_all(sandbox.name, counts, spend, last)
    call.quota, call.earlier_answers = tally.quota, tally.last
    return tally.earlier


def ahead(sandbox: Sandbox, call: Call) -> tuple[Spend | None, str | None]:
    """What is counted of a call later on, as far as it will come: the quota that it spends, the name of its answer."""
    if not (sandbox.changes or call.vendor.name in sandbox.quotas):
        return None, None
    looked = copy(call)  # what gates tell is told when the call itself comes to them
    looked.warnings = []
    spend = None
    try:
        endpoint = admitted(sandbox, looked)
        spend = due(sandbox, looked)
        if not sandbox.changes:
            return spend, None
        read_query(looked, endpoint)
        endpoint.handler(looked)
    except Exception:  # a fact, or a crash: the call itself comes to it, if nothing ends it before
        return spend, None
    return spend, answers(call)


def refused(call: Call, fact: ApiError, words: ErrorSpec | None = None) -> Reply:
    """The vendor's words for a fact, with the headers that HTTP wants beside them."""
    words = words or chosen(call.vendor, fact)
    reply = call.vendor.render_error(call, words, fact)
    extra: Headers = ()
    if isinstance(fact, MethodNotAllowed):
        extra = (("Allow", ", ".join(fact.allowed)),)
    if isinstance(fact, Throttled):
        extra = (("Retry-After", str(fact.retry_after)),)
        call.quota = call.quota or QuotaState(False, fact.limit, fact.remaining, fact.reset.timestamp())
    return reply._replace(headers=(*reply.headers, *extra), rule=words.rule)


def chosen(vendor: Vendor, fact: ApiError) -> ErrorSpec:
    """The first row for this fact, or for the nearest fact it is a kind of; complaints may have rows of their own."""
    code = fact.errors[0].code if isinstance(fact, InvalidParams) and fact.errors else ""
    for kind in type(fact).__mro__:
        rows = [words for words in vendor.errors if words.error is kind]
        match = next((w for w in rows if w.when and w.when == code), None) or next(
            (w for w in rows if not w.when), None
        )
        if match:
            return match
    return next(words for words in vendor.errors if words.error is InternalError)  # every vendor taken in has these


def dressed(
    world: Runtime,
    request: Request,
    reply: Reply,
    sandbox: str | None,
    notices: tuple[CallWarning, ...],
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
            headers.append((WARNINGS_HEADER, format_header(notices)))
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
        return parse_switch(asked.strip())
    except ValueError as error:
        raise Problem(
            "Bad strictness", f"{STRICT_HEADER} is {asked!r}, wanted {error}.", code="bad-strictness"
        ) from None


def misused(misuse: Problem, told: RedactedRequest) -> Reply:
    """The same as ``problem``, where what it says may hold a secret of the call."""
    return problem(replace(misuse, detail=told(misuse.detail, cut=MIN_QUOTED_CHARS)))


def problem(misuse: Problem) -> Reply:
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
