"""Trouble on demand: asked for by a request itself, or by the rules of its sandbox. One engine for both."""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from http import HTTPStatus
from itertools import repeat
from random import Random
from typing import Any, NamedTuple, get_args

from .errors import Asked, Fact, Misuse, Throttled
from .matching import BadMatcher, Matcher, Seen, check, matches
from .toolkit.http import DELAY_HEADER, LOWER_DELAY
from .toolkit.jsontext import brief, floats
from .toolkit.querystring import without
from .toolkit.tally import Count
from .vendor import Call, Network, Request, Vendor, Words

LONGEST_DELAY = 60_000
LONGEST_RETRY, USUAL_RETRY = 86_400, 60
RETRY_AFTER = "Retry-After"  # the header that an outcome may set
MOST = 100  # rules of a sandbox: every call is held against all of them


class Wish(NamedTuple):
    """What a request asks for beside its answer: an outcome (a status or an error's name), a delay in seconds.

    ``where`` says how it asks for the outcome: ``query.__code`` or ``header.Prefer``; ``retry_after`` what the outcome
    says of it, in seconds (None: what is usual).
    """

    code: str | None = None
    delay: float = 0.0
    where: str = ""
    retry_after: int | None = None


NO_WISH = Wish()


def wish(request: Request) -> tuple[Wish, Request]:
    """The request's wish (``Prefer: code=429, retry-after=1``, ``?__code=429``, ``X-Mock-Delay: 800``), and the request
    without it. Raises Misuse when the delay is no number of milliseconds, or retry-after none of seconds.
    """
    if "prefer" not in request.headers and LOWER_DELAY not in request.headers and "__code" not in request.query:
        return NO_WISH, request
    query, code = without(request.query, "__code")
    where = "query.__code"
    preferred = _preferred(request.headers.get("prefer", ""))
    if code is None and (code := preferred.get("code")) is not None:
        where = "header.Prefer"
    retry_after = _wished_seconds(preferred, code)
    delay = request.headers.get(LOWER_DELAY, "0").strip()
    if not re.fullmatch(r"\d{1,9}", delay, re.ASCII) or int(delay) > LONGEST_DELAY:
        raise Misuse(
            "Bad delay",
            f"{DELAY_HEADER} is {delay!r}, wanted whole milliseconds from 0 to {LONGEST_DELAY}.",
            code="bad-delay",
        )
    if query != request.query:
        request = request._replace(query=query)
    return Wish(code, int(delay) / 1000, where if code is not None else "", retry_after), request


def applied(wish: Wish) -> str:
    """What of the request's preferences was done (RFC 7240)."""
    wait = "" if wish.retry_after is None else f", retry-after={wish.retry_after}"
    return f"code={wish.code}{wait}"


def _wished_seconds(preferred: Mapping[str, str], code: str | None) -> int | None:
    text = preferred.get("retry-after")
    if text is None:
        return None
    if code is None or not _is_retry_after(text):
        found = f"{text!r}" if code is not None else "without a code"
        wanted = f"whole seconds from 0 to {LONGEST_RETRY} beside a code"
        raise Misuse("Bad Retry-After", f"Prefer: retry-after is {found}, wanted {wanted}.", code="bad-retry-after")
    return int(text)


def _is_retry_after(text: Any) -> bool:
    return isinstance(text, str) and re.fullmatch(r"\d{1,5}", text, re.ASCII) is not None and int(text) <= LONGEST_RETRY


class BadRule(ValueError):
    """A rule or delay that cannot be used; the message names the part, what was found and what was wanted."""


@dataclass(frozen=True, slots=True)
class Rule:
    """A standing wish of a sandbox, as the control API shows it.

    It meets calls of a vendor (None: any), an operation (None: any) and a matcher. The first ``after`` of them pass,
    the next ``times`` (None: all) are hit, each with ``probability``. ``headers`` are those of its status or error.
    """

    id: str
    vendor: str | None = None
    operation: str | None = None
    match: Matcher | None = None
    status: int | None = None
    error: str | None = None
    headers: Mapping[str, str] | None = None
    network: Network | None = None
    delay: Any = None
    probability: float = 1.0
    times: int | None = None
    after: int = 0

    def document(self) -> dict[str, Any]:
        """The rule as JSON, without what it leaves open."""
        values = {name: getattr(self, name) for name in self.__slots__}
        defaults = {"probability": 1.0, "after": 0}
        return {name: value for name, value in values.items() if value is not None and value != defaults.get(name)}

    @property
    def code(self) -> str | None:
        """The outcome that the rule asks for, if it asks for one."""
        return str(self.status) if self.status is not None else self.error

    @property
    def retry_after(self) -> int | None:
        """How many seconds the outcome asks to wait, if the rule says so."""
        return int(self.headers[RETRY_AFTER]) if self.headers else None

    @property
    def counts(self) -> bool:
        """Whether it matters how often the rule was met. If not, nothing is counted: it takes hold each time."""
        return self.times is not None or self.after > 0 or self.probability < 1 or isinstance(self.delay, Mapping)

    def count(self, seed: int) -> Count:
        """How the rule is counted, and at which counts it takes hold."""
        key, last = f"fault/{self.id}" if self.counts else "", None if self.times is None else self.after + self.times
        return Count(key, self.after, last, self.probability, f"{seed}/{self.id}/", ends=self.code is not None)

    def meets(self, vendor: str, operation: str | None, seen: Seen) -> bool:
        """Whether this rule is about such a call."""
        return (
            self.vendor in (None, vendor)
            and self.operation in (None, operation)
            and (self.match is None or matches(self.match, seen))
        )


class Hit(NamedTuple):
    """What a rule does to one call; ``delay`` in seconds. ``where`` a warning of its outcome points to."""

    rule: str = ""
    code: str | None = None
    network: Network | None = None
    delay: float = 0.0
    where: str = ""
    retry_after: int | None = None


NO_HIT = Hit()
STANDING = Count("fault/delay", probability=0)  # of a delay that differs from call to call: it takes hold of nothing


def rule_of(id: str, body: Any, vendors: Sequence[Vendor]) -> Rule:
    """The rule that a JSON body describes. Raises BadRule."""
    if not isinstance(body, dict):
        raise BadRule(f"a rule is {brief(body)}, wanted an object")
    body = floats(body)
    known = [name for name in Rule.__slots__ if name != "id"]
    for name in body:
        if name not in known:
            raise BadRule(f"{name} is no part of a rule, wanted one of {', '.join(known)}")
    by_name = {vendor.name: vendor for vendor in vendors}
    vendor = body.get("vendor")
    if vendor is not None and (not isinstance(vendor, str) or vendor not in by_name):
        raise BadRule(f"vendor is {brief(vendor)}, wanted one of {', '.join(by_name)}")
    about = [by_name[vendor]] if vendor else list(vendors)
    operations = [endpoint.operation for each in about for endpoint in each.endpoints]
    if body.get("operation") is not None and body["operation"] not in operations:
        raise BadRule(f"operation is {brief(body['operation'])}, wanted one of {', '.join(operations)}")
    try:
        # Whom it meets the rule says itself, where a name that there is not is refused; and no call has a status yet.
        check({} if body.get("match") is None else body["match"], without=("vendor", "operation", "status"))
    except BadMatcher as bad:
        raise BadRule(f"match: {bad}") from None
    outcomes = [name for name in ("status", "error", "network") if body.get(name) is not None]
    if len(outcomes) > 1 or not (outcomes or body.get("delay") is not None):
        found = " and ".join(outcomes) or "no outcome"
        raise BadRule(f"a rule has {found}, wanted one of status, error, network, or a delay")
    _bounded(body, "status", int, 400, 599)
    _bounded(body, "probability", (int, float), 0, 1)
    _bounded(body, "times", int, 1, 10**9)
    _bounded(body, "after", int, 0, 10**9)
    if body.get("error") is not None:
        tables = [{words.code: 0 for words in each.errors if words.code} for each in about]
        codes = [code for code in tables[0] if all(code in table for table in tables)]  # every vendor it meets has it
        rules = [words.rule for words in about[0].errors] if vendor else []
        if body["error"] not in (*codes, *rules):
            wanted = f"one of {', '.join(codes)}" if codes else "a status" if vendor else "a vendor beside it"
            raise BadRule(f"error is {brief(body['error'])}, wanted {wanted}")
    if body.get("network") is not None and body["network"] not in get_args(Network):
        raise BadRule(f"network is {brief(body['network'])}, wanted one of {', '.join(get_args(Network))}")
    if body.get("headers") is not None:
        body["headers"] = _headers(body)
    seconds(body.get("delay"), Random(0))
    return Rule(id, **{name: value for name, value in body.items() if value is not None})


def _headers(body: Mapping[str, Any]) -> dict[str, str] | None:
    """The headers of a rule's outcome, spelled as they are sent. Raises BadRule."""
    headers = body["headers"]
    if not isinstance(headers, dict):
        raise BadRule(f"headers is {brief(headers)}, wanted an object of names")
    for name, value in headers.items():
        if name.lower() != RETRY_AFTER.lower():
            raise BadRule(f"headers has {brief(name)}, wanted {RETRY_AFTER} alone")
        if not _is_retry_after(value):
            wanted = f"a text of whole seconds from 0 to {LONGEST_RETRY}"
            raise BadRule(f"headers.{name} is {brief(value)}, wanted {wanted}")
    if len(headers) > 1:
        raise BadRule(f"headers has {RETRY_AFTER} more than once, wanted it once")
    if headers and body.get("status") is None and body.get("error") is None:
        raise BadRule("headers stand beside no status and no error, wanted one of them")
    return {RETRY_AFTER: next(iter(headers.values()))} if headers else None


def hit(
    rules: Sequence[Rule],
    vendor: str,
    operation: str | None,
    seen: Seen,
    *,
    standing: Any,
    seed: int,
    count: Callable[[Sequence[Count]], Sequence[int]],
) -> Hit:
    """What the first rule that takes hold of a call does to it, and the sandbox's ``standing`` delay beside it.

    ``count`` counts in turn up to the first that takes hold, and says how often each was counted before. Draws depend
    on the seed, the rule and that count alone, so that a run repeats.
    """
    about = list(_up_to_the_first_that_surely_holds(rule for rule in rules if rule.meets(vendor, operation, seen)))
    drawn = [STANDING] if isinstance(standing, Mapping) else []
    counts = [rule.count(seed) for rule in about]
    met = iter(count(drawn + counts)) if drawn or (about and about[0].counts) else repeat(0)
    always = seconds(standing, Random(f"{seed}/delay/{next(met) if drawn else 0}"))
    for rule, counted in zip(about, counts, strict=True):
        number = next(met)
        if counted.holds(number):
            delay = seconds(rule.delay, Random(f"{seed}/{rule.id}/{number}"))
            where = f"fault.{rule.id}"
            return Hit(rule.id, rule.code, rule.network, always + delay, where, rule.retry_after)
    return NO_HIT._replace(delay=always)


def _up_to_the_first_that_surely_holds(rules: Iterable[Rule]) -> Iterator[Rule]:
    for rule in rules:
        yield rule
        if not rule.counts:
            break


def seconds(delay: Any, draw: Random) -> float:
    """A delay in seconds: milliseconds as a number, or ``{"type": "uniform", "lower", "upper"}``, or
    ``{"type": "lognormal", "median", "sigma"}``, as WireMock has them. Raises BadRule.
    """
    if delay is None:
        return 0.0
    if _is_number(delay):
        return _capped(delay)
    if isinstance(delay, Mapping):
        kind, rest = delay.get("type"), {name: value for name, value in delay.items() if name != "type"}
        numbers = all(map(_is_number, rest.values()))
        if kind == "uniform" and numbers and set(rest) == {"lower", "upper"} and rest["lower"] <= rest["upper"]:
            return draw.uniform(_capped(rest["lower"]), _capped(rest["upper"]))
        sound = kind == "lognormal" and numbers and set(rest) == {"median", "sigma"}
        if sound and 0 < rest["median"] <= LONGEST_DELAY and 0 <= rest["sigma"] <= 10:
            return min(draw.lognormvariate(math.log(rest["median"]), rest["sigma"]), LONGEST_DELAY) / 1000
    wanted = 'milliseconds, {"type":"uniform","lower","upper"} or {"type":"lognormal","median","sigma"}'
    raise BadRule(f"delay is {brief(delay)}, wanted {wanted}")


def _is_number(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool) and abs(value) <= 10**9  # NaN is not, either


def _capped(milliseconds: float) -> float:
    if not 0 <= milliseconds <= LONGEST_DELAY:
        raise BadRule(f"delay is {milliseconds}, wanted milliseconds from 0 to {LONGEST_DELAY}")
    return milliseconds / 1000


def _bounded(body: Mapping[str, Any], name: str, kind: Any, low: float, high: float) -> None:
    value = body.get(name)
    if value is not None and (isinstance(value, bool) or not isinstance(value, kind) or not low <= value <= high):
        wanted = "a whole number" if kind is int else "a number"
        raise BadRule(f"{name} is {brief(value)}, wanted {wanted} from {low} to {high}")


def granted(call: Call, hit: Hit) -> tuple[Words, Fact]:
    """The words and the fact for a hit's outcome: a status (400 to 599) or a name of the vendor's table, which is a
    code, or the rule of a row that has none of its own.

    A status without a row gets the vendor's failure envelope with the HTTP phrase. Raises Misuse for anything else.
    """
    words = _row(call.vendor, hit.code or "")
    if words.fact is Asked:
        return words, Asked(words.status)
    if words.fact is Throttled:
        wait = USUAL_RETRY if hit.retry_after is None else hit.retry_after
        return words, Throttled(limit=60, retry_after=wait, reset=call.now + timedelta(seconds=wait))
    return words, words.fact()


# RFC 9110's, which Python has from 3.13 on: bodies must not depend on the version that runs.
_PHRASES = {
    413: "Content Too Large",
    414: "URI Too Long",
    416: "Range Not Satisfiable",
    422: "Unprocessable Content",
}


def phrase(status: int) -> str:
    """The HTTP reason phrase of a status, also of one that nobody registered."""
    if status in _PHRASES:
        return _PHRASES[status]
    try:
        return HTTPStatus(status).phrase
    except ValueError:
        return f"Status {status}"


def _row(vendor: Vendor, code: str) -> Words:
    by_name = next((words for words in vendor.errors if code and code in (words.code, words.rule)), None)
    if by_name:
        return by_name
    if not re.fullmatch(r"[45]\d\d", code, re.ASCII):
        names = tuple(dict.fromkeys(words.code for words in vendor.errors if words.code))
        wanted = " or ".join(
            filter(None, ("a status from 400 to 599", "an error of the vendor's table" if names else ""))
        )
        detail = f"The code asked for is {code!r}, wanted {wanted}."
        statuses = tuple(dict.fromkeys(str(words.status) for words in vendor.errors))
        raise Misuse("Unknown outcome", detail, choices=names + statuses, code="unknown-outcome")
    status = int(code)
    by_status = next((words for words in vendor.errors if words.status == status), None)
    return by_status or Words(Asked, status, f"{vendor.name}.default", phrase(status), "inferred", "none")


def _preferred(header: str) -> dict[str, str]:
    """The preferences of RFC 7240 by name; the first one of a name counts."""
    found: dict[str, str] = {}
    for preference in re.split(r"[,;]", header):
        name, _, value = preference.partition("=")
        found.setdefault(name.strip().lower(), value.strip().strip('"'))
    return found
