"""The journal of the caller's sandbox: what was called, whether something was, and what came nearest to it."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from difflib import SequenceMatcher
from functools import partial
from itertools import chain, repeat
from typing import Any

from flask import Blueprint, Response

from ..data.lru import LruCache
from ..engine.journal import is_unmatched
from ..engine.near_misses import explain_difference
from ..sandbox.matching import Difference, InvalidMatcher, Matcher, check_matcher
from ..sdk.contract import Vendor
from ..sdk.errors import METHODS
from ..sdk.jsontext import Fragment, encode, to_decimals
from ..sdk.similar import MAX_PATH_CHARS, MIN_SLIP, did_you_mean, find_closest
from .http import (
    AdminContext,
    json_body,
    json_response,
    no_content,
    not_found,
    number,
    query_args,
    switch,
    unprocessable,
)
from .redact import match_told, teller

Entry = Mapping[str, Any]
TEXTS = 1024 * 1024  # bytes of entries in brief as JSON: of what is new, each console that looks is told the same

_FILTERS: Mapping[str, Callable[[Entry, Any], bool]] = {
    "vendor": lambda entry, name: entry["vendor"] == name,
    "status": lambda entry, status: entry["received"]["status"] == status,
    "unmatched": lambda entry, wanted: is_unmatched(entry) == wanted,
    "warned": lambda entry, wanted: bool(entry["warnings"]) == wanted,
}


HINTED = 5  # differences of a call of which it is looked what was meant


def add(routes: Blueprint, control: AdminContext) -> None:
    """The routes of this part. To read the journal changes nothing, and makes no sandbox."""

    def vendor(name: str) -> str:
        names = [known.name for known in control.world.vendors]
        if name not in names:
            raise ValueError(f"one of {', '.join(names)}")
        return name

    def matcher() -> Matcher:
        """The body as a matcher. Raises Misuse, also for a name that no call can have: it would count none, always."""
        try:
            asked = check_matcher(json_body())
        except InvalidMatcher as error:
            raise unprocessable(f"{error}.") from None
        if "credential" in asked:
            raise unprocessable(
                "The matcher has a credential, and the journal keeps none; fault rules can match by it."
            )
        vendors = [each for each in control.world.vendors if asked.get("vendor", each.name) == each.name]
        if not vendors:
            names = ", ".join(each.name for each in control.world.vendors)
            near = did_you_mean(find_closest(asked["vendor"], [each.name for each in control.world.vendors]))
            raise unprocessable(f"vendor is {asked['vendor'][:80]!r}, wanted one of {names}.{near}")
        operations = [endpoint.id for each in vendors for endpoint in each.operations]
        if asked.get("operation") not in (None, *operations):
            near = did_you_mean(find_closest(asked["operation"], operations))
            wanted = f"one of {', '.join(operations)}, or null"
            raise unprocessable(f"operation is {asked['operation'][:80]!r}, wanted {wanted}.{near}")
        return asked

    def _expected(difference: Difference, tell: Callable[[str], str]) -> Any:
        """What a matcher wants in a field, without secrets: the journal has none to compare them with."""
        field, _, name = difference.field.partition(".")
        if not name:
            return match_told(control.world, {field: difference.expected}, tell)[field]
        return match_told(control.world, {field: {name: difference.expected}}, tell)[field].popitem()[1]

    def one(id: int) -> Entry:
        entry = control.journal.get(id)
        if entry is not None:
            return entry
        raise not_found(f"The journal of the sandbox {control.name} has no call {id}.")

    briefs: LruCache[bytes] = LruCache(TEXTS, lambda id, text: len(text))

    def brief(entry: Entry) -> Fragment:
        mark = (entry["id"], entry["time"], control.name)  # a store that lost all gives ids anew
        return Fragment(briefs.get(mark, partial(_in_brief, entry)))

    @routes.get("/requests")
    def requests() -> Response:
        """Newest first; ``after``: only those newer than this id; ``limit``: of those the newest so many; ``brief``:
        without headers and bodies.
        """
        filters = {"vendor": vendor, "status": number, "unmatched": switch, "warned": switch}
        asked = query_args(after=number, limit=number, brief=switch, **filters)
        told = brief if asked.pop("brief", False) else shown
        after, limit = asked.pop("after", 0), asked.pop("limit", None)
        fits = [(_FILTERS[name], value) for name, value in asked.items()]
        found, total, dropped = control.journal.get_newer(
            after, lambda kept: all(fit(kept, value) for fit, value in fits), limit
        )
        return json_response({"requests": [*map(told, found)], "meta": {"total": total, "dropped": dropped}})

    @routes.delete("/requests")
    def forget_all() -> Response:
        return json_response({"removed": control.journal.remove()})

    @routes.get("/requests/unmatched")
    def unmatched() -> Response:
        found, total, _ = control.journal.get_newer(0, is_unmatched)
        return _listed(found, total)

    @routes.post("/requests/count")
    def count() -> Response:
        return json_response({"count": len(control.journal.find(matcher())[0])})

    @routes.post("/requests/find")
    def find() -> Response:
        return _listed(*control.journal.find(matcher()))

    @routes.post("/requests/near-misses")
    def near_misses() -> Response:
        """The calls that do not fit, those first that differ least; and what to make of each difference."""
        near, (nearest, total), tell = [], control.journal.nearest(matcher()), teller(control.world)
        for entry, differences in nearest:
            hints = chain((explain_difference(each, entry) for each in differences[:HINTED]), repeat(None))
            told = [
                {"field": each.field, "expected": _expected(each, tell), "found": each.found, "hint": next(hints)}
                for each in differences
            ]
            near.append({"request": shown(entry), "differences": told})
        return json_response({"nearMisses": near, "meta": {"total": total}})

    @routes.get("/requests/<int:id>")
    def request(id: int) -> Response:
        return json_response(shown(one(id)))

    @routes.get("/requests/<int:id>/near-misses")
    def nearest(id: int) -> Response:
        """The endpoints that a call without one comes nearest to, and what it has that they have not."""
        entry = one(id)
        near = endpoints_near(entry, control.world.vendors) if is_unmatched(entry) else []
        return json_response({"nearMisses": near, "meta": {"total": len(near)}})

    @routes.delete("/requests/<int:id>")
    def forget(id: int) -> Response:
        control.journal.remove([one(id)["id"]])
        return no_content()


def endpoints_near(entry: Entry, vendors: Iterable[Vendor], most: int = 3) -> list[dict[str, Any]]:
    """The endpoints whose paths are most like that of a call which has none: the nearest first."""
    path, found = entry["request"]["path"][:MAX_PATH_CHARS], []
    for vendor in vendors:
        if entry["vendor"] not in (None, vendor.name):
            continue
        for endpoint in vendor.operations:
            paths = (endpoint.path, *endpoint.aliases)
            spelled = paths if entry["vendor"] else (*paths, *(f"/{vendor.name}{each}" for each in paths))
            nearest = max(spelled, key=lambda each: SequenceMatcher(None, path, each).ratio())
            found.append((SequenceMatcher(None, path, nearest).ratio(), vendor, endpoint, nearest))
    found.sort(key=lambda each: -each[0])
    near = []
    for likeness, vendor, endpoint, nearest in found[:most]:
        meant = did_you_mean(nearest).strip() if likeness >= MIN_SLIP else None
        differences = [{"field": "path", "expected": nearest, "found": path, "hint": meant}]
        method = entry["request"]["method"]
        if method not in METHODS:
            differences.insert(0, {"field": "method", "expected": "GET", "found": method, "hint": None})
        near.append({"vendor": vendor.name, "operation": endpoint.id, "differences": differences})
    return near


def shown(entry: Entry) -> dict[str, Any]:
    """An entry without what only verdicts go by."""
    return {name: value for name, value in entry.items() if name != "evidence"}


def _in_brief(entry: Entry) -> bytes:
    """An entry as JSON without headers and bodies, which are most of it."""
    told = shown(entry)
    for part in ("request", "response"):
        told[part] = {name: value for name, value in told[part].items() if name not in ("headers", "body")}
    return encode(to_decimals(told))


def _listed(entries: Sequence[Entry], total: int) -> Response:
    return json_response({"requests": [shown(entry) for entry in entries], "meta": {"total": total}})
