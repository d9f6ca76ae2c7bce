"""Evidence on whether a client read every page of a list."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any

from ..sdk.contract import Operation, Paging
from .verdict_evidence import Calls, Entry, Evidence, describe_call, is_spoiled


def find_pages(calls: Calls, whole: bool) -> Evidence:
    evidence = Evidence()
    for paging, number, entries in _group_lists(calls):
        _check_list(evidence, paging, number, entries, whole)
    return evidence


def _check_list(
    evidence: Evidence, paging: Paging, number: Callable[[Entry], int], entries: Sequence[Entry], whole: bool
) -> None:
    """Check one list by the pages that arrived whole.

    A page that a network fault spoiled may or may not have arrived.
    """
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
        _check_complete_list(evidence, paging, needed, answered, spoiled, describe_call(entries[0]))
        return
    description = f"{describe_call(entries[0])}: {paging.parameter}={missing}"
    attempts = [entry for entry in entries if number(entry) == missing]
    later = [
        entry for page, entry in answered.items() if page > missing and attempts and entry["id"] > attempts[-1]["id"]
    ]
    if later:
        evidence.add_finding(
            f"{description} was refused and not asked for again, but later pages were.", *attempts, *later
        )
    elif not attempts:  # a client may give up at a refused page
        place = " (the first page)" if missing == paging.first else ""
        evidence.add_finding(f"{description}{place} was never asked for.", *answered.values())


def _check_complete_list(
    evidence: Evidence,
    paging: Paging,
    needed: range,
    answered: Mapping[int, Entry],
    spoiled: Mapping[int, Entry],
    description: str,
) -> None:
    """Check a list without a missing page, though some may not have arrived whole."""
    lost = [page for page in needed if page in spoiled]
    if not lost and needed.start == paging.first and len(needed) > 1:
        evidence.proof += [entry["id"] for entry in answered.values()]
    for page in lost:
        first = spoiled[page]
        later = [entry for number, entry in answered.items() if number > page and entry["id"] > first["id"]]
        if later and first["received"]["fault"] != "drip":  # a client that waits gets the whole page
            fault = f"was spoiled by the network fault {first['received']['fault']}"
            again = "and not asked for again, but later pages were"
            evidence.add_advice(f"{description}: {paging.parameter}={page} {fault} {again}.", first, *later)


def _group_lists(calls: Calls) -> Iterator[tuple[Paging, Callable[[Entry], int], list[Entry]]]:
    """Group calls by list: those of one list differ only in the page number."""
    lists: dict[tuple[Any, ...], list[Entry]] = {}
    for entry in calls.served:
        operation = calls.find_operation(entry)
        if operation is None or operation.paging is None or entry["request"]["method"] != "GET":
            continue
        request = entry["request"]
        rest = {n: v for n, v in request["query"].items() if n.casefold() != operation.paging.parameter.casefold()}
        key = (entry["vendor"], entry["operation"], request["path"], entry["evidence"]["caller"])
        lists.setdefault((*key, repr(sorted(rest.items()))), []).append(entry)
    for entries in lists.values():
        operation = calls.find_operation(entries[0])
        assert operation is not None
        assert operation.paging is not None
        yield operation.paging, _make_page_reader(operation, operation.paging), entries


def _make_page_reader(operation: Operation, paging: Paging) -> Callable[[Entry], int]:
    """Make a function that reads a call's page number as the operation does."""

    def number(entry: Entry) -> int:
        values = [v for name, v in entry["request"]["query"].items() if name.casefold() == paging.parameter.casefold()]
        value = values[0] if values else ""
        if isinstance(value, list):
            value = value[0] if operation.repeated == "first" else value[-1]
        return max(paging.first, int(value)) if re.fullmatch(r"[+-]?\d{1,18}", value, re.ASCII) else paging.first

    return number


def _is_last(entry: Entry) -> bool:
    page = entry["evidence"]["page"]
    return bool(page["stop"] >= page["total"])
