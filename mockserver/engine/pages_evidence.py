"""Whether a client read every page of a list."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any

from ..sdk.contract import Operation, Paging
from .evidence import Calls, Entry, Evidence, describe_call, is_spoiled


def find_pages(calls: Calls, whole: bool) -> Evidence:
    found = Evidence()
    for paging, number, entries in _group_lists(calls):
        _check_list(found, paging, number, entries, whole)
    return found


def _check_list(
    found: Evidence, paging: Paging, number: Callable[[Entry], int], entries: Sequence[Entry], whole: bool
) -> None:
    """Judge one list by the pages that came whole; of one that a network fault spoiled nobody knows whether it did."""
    paged = [entry for entry in entries if entry["evidence"]["page"]]
    answered = {number(entry): entry for entry in paged if not is_spoiled(entry)}
    spoiled = {number(entry): entry for entry in paged if is_spoiled(entry) and number(entry) not in answered}
    if not answered:
        return
    ends = [page for page, entry in answered.items() if _is_last(entry)]
    start = paging.first if whole else max(answered)
    needed = range(start, min(ends) + 1) if ends else range(start, max(answered) + 2)
    missing = next((page for page in needed if page not in answered and page not in spoiled), None)
    if missing is None:
        _check_complete_list(found, paging, needed, answered, spoiled, describe_call(entries[0]))
        return
    named = f"{describe_call(entries[0])}: {paging.parameter}={missing}"
    asked = [entry for entry in entries if number(entry) == missing]
    later = [entry for page, entry in answered.items() if page > missing and asked and entry["id"] > asked[-1]["id"]]
    if later:
        found.add_finding(f"{named} was refused and not asked for again, but later pages were.", *asked, *later)
    elif not asked:  # who gives up at a page that is refused does what can be done
        place = " (the first page)" if missing == paging.first else ""
        found.add_finding(f"{named}{place} was never asked for.", *answered.values())


def _check_complete_list(
    found: Evidence,
    paging: Paging,
    needed: range,
    answered: Mapping[int, Entry],
    spoiled: Mapping[int, Entry],
    named: str,
) -> None:
    """A list of which no page was left out, though some may not have arrived whole."""
    lost = [page for page in needed if page in spoiled]
    if not lost and needed.start == paging.first and len(needed) > 1:
        found.proof += [entry["id"] for entry in answered.values()]
    for page in lost:
        first = spoiled[page]
        later = [entry for number, entry in answered.items() if number > page and entry["id"] > first["id"]]
        if later and first["received"]["fault"] != "drip":  # which brings the whole page to who waits
            fault = f"was spoiled by the network fault {first['received']['fault']}"
            again = "and not asked for again, but later pages were"
            found.add_advice(f"{named}: {paging.parameter}={page} {fault} {again}.", first, *later)


def _group_lists(calls: Calls) -> Iterator[tuple[Paging, Callable[[Entry], int], list[Entry]]]:
    """The calls that ask for pages of one list: they differ in nothing but the page's number."""
    lists: dict[tuple[Any, ...], list[Entry]] = {}
    for entry in calls.served:
        endpoint = calls.find_operation(entry)
        if endpoint is None or endpoint.paging is None or entry["request"]["method"] != "GET":
            continue
        request = entry["request"]
        rest = {n: v for n, v in request["query"].items() if n.casefold() != endpoint.paging.parameter.casefold()}
        same = (entry["vendor"], entry["operation"], request["path"], entry["evidence"]["caller"])
        lists.setdefault((*same, repr(sorted(rest.items()))), []).append(entry)
    for entries in lists.values():
        endpoint = calls.find_operation(entries[0])
        assert endpoint is not None
        assert endpoint.paging is not None
        yield endpoint.paging, _make_page_reader(endpoint, endpoint.paging), entries


def _make_page_reader(endpoint: Operation, paging: Paging) -> Callable[[Entry], int]:
    """How the number of the page that a call asks for is read, as the endpoint itself does."""

    def number(entry: Entry) -> int:
        values = [v for name, v in entry["request"]["query"].items() if name.casefold() == paging.parameter.casefold()]
        value = values[0] if values else ""
        if isinstance(value, list):
            value = value[0] if endpoint.repeated == "first" else value[-1]
        return max(paging.first, int(value)) if re.fullmatch(r"[+-]?\d{1,18}", value, re.ASCII) else paging.first

    return number


def _is_last(entry: Entry) -> bool:
    page = entry["evidence"]["page"]
    return bool(page["stop"] >= page["total"])
