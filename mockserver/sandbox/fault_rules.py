"""Fault rules: what they are, how they are parsed, and which one applies to a call."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import repeat
from random import Random
from typing import Any, NamedTuple, get_args

from ..sdk.contract import Vendor
from ..sdk.http import NetworkFault
from ..sdk.jsontext import format_brief, to_floats
from .fault_values import InvalidRule, check_bounds, draw_delay
from .matching import InvalidMatcher, Matcher, MatchInput, check_matcher, matches
from .store.counting import Counter

MAX_RETRY_AFTER_SECONDS, DEFAULT_RETRY_AFTER_SECONDS = 86_400, 60
RETRY_AFTER = "Retry-After"  # the only header that a rule may set
MAX_RULES = 100  # of a sandbox; every call is compared with all of them


def is_retry_after(text: Any) -> bool:
    return (
        isinstance(text, str)
        and re.fullmatch(r"\d{1,5}", text, re.ASCII) is not None
        and int(text) <= MAX_RETRY_AFTER_SECONDS
    )


@dataclass(frozen=True, slots=True)
class FaultRule:
    """A fault rule of a sandbox, as the control API shows it.

    It meets calls of a vendor (None: any), an operation (None: any) and a matcher. The first ``after`` of them pass; it
    applies to the next ``times`` (None: all), each with ``probability``. ``headers`` belong to its status or error.
    """

    id: str
    vendor: str | None = None
    operation: str | None = None
    match: Matcher | None = None
    status: int | None = None
    error: str | None = None
    headers: Mapping[str, str] | None = None
    network: NetworkFault | None = None
    delay: Any = None
    probability: float = 1.0
    times: int | None = None
    after: int = 0

    def document(self) -> dict[str, Any]:
        """The rule as JSON, without defaults."""
        values = {name: getattr(self, name) for name in self.__slots__}
        defaults = {"probability": 1.0, "after": 0}
        return {name: value for name, value in values.items() if value is not None and value != defaults.get(name)}

    @property
    def code(self) -> str | None:
        """The forced status or error, if there is one."""
        return str(self.status) if self.status is not None else self.error

    @property
    def retry_after(self) -> int | None:
        """The seconds in Retry-After, if the rule sets it."""
        return int(self.headers[RETRY_AFTER]) if self.headers else None

    @property
    def counts(self) -> bool:
        """Whether the rule depends on a count. If not, nothing is counted: it applies each time."""
        return self.times is not None or self.after > 0 or self.probability < 1 or isinstance(self.delay, Mapping)

    def counter(self, seed: int) -> Counter:
        """The counter of the rule, and the counts at which it applies."""
        key, last = f"fault/{self.id}" if self.counts else "", None if self.times is None else self.after + self.times
        return Counter(key, self.after, last, self.probability, f"{seed}/{self.id}/", ends=self.code is not None)

    def meets(self, vendor: str, operation: str | None, seen: MatchInput) -> bool:
        """Whether the rule is about such a call."""
        return (
            self.vendor in (None, vendor)
            and self.operation in (None, operation)
            and (self.match is None or matches(self.match, seen))
        )


class Outcome(NamedTuple):
    """What a rule does to one call; ``delay`` in seconds. ``where``: the location of its warnings."""

    rule: str = ""
    code: str | None = None
    network: NetworkFault | None = None
    delay: float = 0.0
    where: str = ""
    retry_after: int | None = None


NO_OUTCOME = Outcome()
SANDBOX_DELAY = Counter("fault/delay", probability=0)  # counts calls for a random delay; never applies


def parse_rule(id: str, body: Any, vendors: Sequence[Vendor]) -> FaultRule:
    """Parses a rule from its JSON body. Raises InvalidRule."""
    if not isinstance(body, dict):
        raise InvalidRule(f"a rule is {format_brief(body)}, wanted an object")
    body = to_floats(body)
    known = [name for name in FaultRule.__slots__ if name != "id"]
    for name in body:
        if name not in known:
            raise InvalidRule(f"{name} is no part of a rule, wanted one of {', '.join(known)}")
    by_name = {vendor.name: vendor for vendor in vendors}
    vendor = body.get("vendor")
    if vendor is not None and (not isinstance(vendor, str) or vendor not in by_name):
        raise InvalidRule(f"vendor is {format_brief(vendor)}, wanted one of {', '.join(by_name)}")
    about = [by_name[vendor]] if vendor else list(vendors)
    operations = [operation.id for each in about for operation in each.operations]
    if body.get("operation") is not None and body["operation"] not in operations:
        raise InvalidRule(f"operation is {format_brief(body['operation'])}, wanted one of {', '.join(operations)}")
    try:
        # A rule has its own vendor and operation, which are checked; and a call has no status yet.
        check_matcher({} if body.get("match") is None else body["match"], without=("vendor", "operation", "status"))
    except InvalidMatcher as bad:
        raise InvalidRule(f"match: {bad}") from None
    outcomes = [name for name in ("status", "error", "network") if body.get(name) is not None]
    if len(outcomes) > 1 or not (outcomes or body.get("delay") is not None):
        found = " and ".join(outcomes) or "no outcome"
        raise InvalidRule(f"a rule has {found}, wanted one of status, error, network, or a delay")
    check_bounds(body, "status", int, 400, 599)
    check_bounds(body, "probability", (int, float), 0, 1)
    check_bounds(body, "times", int, 1, 10**9)
    check_bounds(body, "after", int, 0, 10**9)
    _check_error(body, about)
    if body.get("network") is not None and body["network"] not in get_args(NetworkFault):
        raise InvalidRule(
            f"network is {format_brief(body['network'])}, wanted one of {', '.join(get_args(NetworkFault))}"
        )
    if body.get("headers") is not None:
        body["headers"] = _parse_headers(body)
    draw_delay(body.get("delay"), Random(0))
    return FaultRule(id, **{name: value for name, value in body.items() if value is not None})


def _check_error(body: Mapping[str, Any], vendors: Sequence[Vendor]) -> None:
    """Raises InvalidRule when the rule's error is not one of every vendor that it meets."""
    if body.get("error") is None:
        return
    tables = [{spec.code: 0 for spec in vendor.errors if spec.code} for vendor in vendors]
    codes = [code for code in tables[0] if all(code in table for table in tables)]
    rules = [spec.rule for spec in vendors[0].errors] if body.get("vendor") else []
    if body["error"] not in (*codes, *rules):
        wanted = f"one of {', '.join(codes)}" if codes else "a status" if body.get("vendor") else "a vendor beside it"
        raise InvalidRule(f"error is {format_brief(body['error'])}, wanted {wanted}")


def _parse_headers(body: Mapping[str, Any]) -> dict[str, str] | None:
    """The headers of a rule, spelled as they are sent. Raises InvalidRule."""
    headers = body["headers"]
    if not isinstance(headers, dict):
        raise InvalidRule(f"headers is {format_brief(headers)}, wanted an object of names")
    for name, value in headers.items():
        if name.lower() != RETRY_AFTER.lower():
            raise InvalidRule(f"headers has {format_brief(name)}, wanted {RETRY_AFTER} alone")
        if not is_retry_after(value):
            wanted = f"a text of whole seconds from 0 to {MAX_RETRY_AFTER_SECONDS}"
            raise InvalidRule(f"headers.{name} is {format_brief(value)}, wanted {wanted}")
    if len(headers) > 1:
        raise InvalidRule(f"headers has {RETRY_AFTER} more than once, wanted it once")
    if headers and body.get("status") is None and body.get("error") is None:
        raise InvalidRule("headers stand beside no status and no error, wanted one of them")
    return {RETRY_AFTER: next(iter(headers.values()))} if headers else None


def match_rules(
    rules: Sequence[FaultRule],
    vendor: str,
    operation: str | None,
    seen: MatchInput,
    *,
    sandbox_delay: Any,
    seed: int,
    count: Callable[[Sequence[Counter]], Sequence[int]],
) -> Outcome:
    """The outcome of the first rule that applies to a call, plus the sandbox's own delay.

    ``count`` counts in turn up to the first counter that applies, and returns the earlier counts. Draws depend only on
    the seed, the rule and that count, so a run is repeatable.
    """
    about = list(_take_until_unconditional(rule for rule in rules if rule.meets(vendor, operation, seen)))
    drawn = [SANDBOX_DELAY] if isinstance(sandbox_delay, Mapping) else []
    counts = [rule.counter(seed) for rule in about]
    met = iter(count(drawn + counts)) if drawn or (about and about[0].counts) else repeat(0)
    always = draw_delay(sandbox_delay, Random(f"{seed}/delay/{next(met) if drawn else 0}"))
    for rule, counted in zip(about, counts, strict=True):
        number = next(met)
        if counted.applies(number):
            delay = draw_delay(rule.delay, Random(f"{seed}/{rule.id}/{number}"))
            where = f"fault.{rule.id}"
            return Outcome(rule.id, rule.code, rule.network, always + delay, where, rule.retry_after)
    return NO_OUTCOME._replace(delay=always)


def _take_until_unconditional(rules: Iterable[FaultRule]) -> Iterator[FaultRule]:
    for rule in rules:
        yield rule
        if not rule.counts:
            break
