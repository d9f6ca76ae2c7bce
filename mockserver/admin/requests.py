"""Reads the journal of the caller's sandbox: its calls, those that match, and the nearest that do not.

Reading the journal changes nothing and creates no sandbox.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from functools import partial
from itertools import chain, repeat
from typing import Any

from flask import Response

from ..engine.journal import is_unmatched
from ..engine.near_misses import explain_difference
from ..sandbox.matching import Difference, InvalidMatcher, Matcher, check_matcher
from ..sdk.jsontext import Fragment, encode, to_decimals
from ..sdk.similar import did_you_mean, find_closest
from .closest_operations import find_closest_operations
from .http import (
    AdminContext,
    json_body,
    json_response,
    no_content,
    not_found,
    parse_number,
    parse_query,
    parse_switch,
    unprocessable,
)
from .redact import make_redactor, redact_matcher

Entry = Mapping[str, Any]
MAX_HINTS = 5  # differences of one call that are explained

_FILTERS: Mapping[str, Callable[[Entry, Any], bool]] = {
    "vendor": lambda entry, name: entry["vendor"] == name,
    "status": lambda entry, status: entry["received"]["status"] == status,
    "unmatched": lambda entry, wanted: is_unmatched(entry) == wanted,
    "warned": lambda entry, wanted: bool(entry["warnings"]) == wanted,
}


def list_requests(control: AdminContext) -> Response:
    """Lists the calls, newest first.

    ``after``: only those newer than this id; ``limit``: the newest so many of them; ``brief``: without headers and
    bodies.
    """
    filters: dict[str, Callable[[str], Any]] = {
        "vendor": partial(_parse_vendor, control),
        "status": parse_number,
        "unmatched": parse_switch,
        "warned": parse_switch,
    }
    params = parse_query(after=parse_number, limit=parse_number, brief=parse_switch, **filters)
    describe = partial(_describe_in_brief, control) if params.pop("brief", False) else _describe
    after, limit = params.pop("after", 0), params.pop("limit", None)
    conditions = [(_FILTERS[name], value) for name, value in params.items()]
    entries, total, dropped = control.journal.get_newer(
        after, lambda entry: all(fits(entry, value) for fits, value in conditions), limit
    )
    return json_response({"requests": [*map(describe, entries)], "meta": {"total": total, "dropped": dropped}})


def delete_requests(control: AdminContext) -> Response:
    return json_response({"removed": control.journal.remove()})


def list_unmatched(control: AdminContext) -> Response:
    entries, total, _ = control.journal.get_newer(0, is_unmatched)
    return _list_response(entries, total)


def count_requests(control: AdminContext) -> Response:
    return json_response({"count": len(control.journal.find(_read_matcher(control))[0])})


def find_requests(control: AdminContext) -> Response:
    return _list_response(*control.journal.find(_read_matcher(control)))


def find_near_misses(control: AdminContext) -> Response:
    """Lists the calls that do not match, those with the fewest differences first, with a hint for each difference."""
    (nearest, total), redact = control.journal.nearest(_read_matcher(control)), make_redactor(control.runtime)
    near = []
    for entry, differences in nearest:
        hints = chain((explain_difference(each, entry) for each in differences[:MAX_HINTS]), repeat(None))
        rows = [
            {
                "field": each.field,
                "expected": _redact_expected(control, each, redact),
                "found": each.found,
                "hint": next(hints),
            }
            for each in differences
        ]
        near.append({"request": _describe(entry), "differences": rows})
    return json_response({"nearMisses": near, "meta": {"total": total}})


def get_request(control: AdminContext, id: int) -> Response:
    return json_response(_describe(_find(control, id)))


def get_near_misses(control: AdminContext, id: int) -> Response:
    """Lists the operations closest to a call that none answered."""
    entry = _find(control, id)
    near = find_closest_operations(entry, control.runtime.vendors) if is_unmatched(entry) else []
    return json_response({"nearMisses": near, "meta": {"total": len(near)}})


def delete_request(control: AdminContext, id: int) -> Response:
    control.journal.remove([_find(control, id)["id"]])
    return no_content()


def _parse_vendor(control: AdminContext, name: str) -> str:
    names = [vendor.name for vendor in control.runtime.vendors]
    if name not in names:
        raise ValueError(f"one of {', '.join(names)}")
    return name


def _read_matcher(control: AdminContext) -> Matcher:
    """The body as a matcher. Raises Problem, also for a vendor or operation that does not exist: it never matches."""
    try:
        matcher = check_matcher(json_body())
    except InvalidMatcher as error:
        raise unprocessable(f"{error}.") from None
    if "credential" in matcher:
        raise unprocessable("The matcher has a credential, and the journal keeps none; fault rules can match by it.")
    names = [vendor.name for vendor in control.runtime.vendors]
    vendors = [vendor for vendor in control.runtime.vendors if matcher.get("vendor", vendor.name) == vendor.name]
    if not vendors:
        near = did_you_mean(find_closest(matcher["vendor"], names))
        raise unprocessable(f"vendor is {matcher['vendor'][:80]!r}, wanted one of {', '.join(names)}.{near}")
    operations = [operation.id for vendor in vendors for operation in vendor.operations]
    if matcher.get("operation") not in (None, *operations):
        near = did_you_mean(find_closest(matcher["operation"], operations))
        wanted = f"one of {', '.join(operations)}, or null"
        raise unprocessable(f"operation is {matcher['operation'][:80]!r}, wanted {wanted}.{near}")
    return matcher


def _redact_expected(control: AdminContext, difference: Difference, redact: Callable[[str], str]) -> Any:
    """What a matcher expects of a field, without secrets."""
    field, _, name = difference.field.partition(".")
    if not name:
        return redact_matcher(control.runtime, {field: difference.expected}, redact)[field]
    return redact_matcher(control.runtime, {field: {name: difference.expected}}, redact)[field].popitem()[1]


def _find(control: AdminContext, id: int) -> Entry:
    entry = control.journal.get(id)
    if entry is None:
        raise not_found(f"The journal of the sandbox {control.name} has no call {id}.")
    return entry


def _describe(entry: Entry) -> dict[str, Any]:
    """An entry without the evidence, which only the verdict reads."""
    return {name: value for name, value in entry.items() if name != "evidence"}


def _describe_in_brief(control: AdminContext, entry: Entry) -> Fragment:
    key = (entry["id"], entry["time"], control.name)  # a store that lost its data may give out the same id again
    return Fragment(control.brief_entries.get(key, partial(_encode_in_brief, entry)))


def _encode_in_brief(entry: Entry) -> bytes:
    """An entry as JSON without headers and bodies."""
    document = _describe(entry)
    for part in ("request", "response"):
        document[part] = {name: value for name, value in document[part].items() if name not in ("headers", "body")}
    return encode(to_decimals(document))


def _list_response(entries: Sequence[Entry], total: int) -> Response:
    return json_response({"requests": [_describe(entry) for entry in entries], "meta": {"total": total}})
