"""What becomes of a vendor's data in a scenario, at once or when so many calls have been answered: described, checked,
and carried out. Nothing is known of the vendor but that it shows records: which ones a reply shows is seen by their
bytes in it.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from ..data import fixture_errors
from ..sdk import params
from ..sdk.call import Call
from ..sdk.contract import Vendor
from ..sdk.dataset import Dataset
from ..sdk.errors import Problem
from ..sdk.http import Reply
from .editor import MAX_GENERATED, RecordEditor
from .edits import Edits
from .registry import Sandboxes
from .sandbox import Sandbox

FIRST, LAST_PAGE, ALL = "first", "last-page", "all"
ACTIONS = ("add", "pages", "set", "remove", "restore")
MAX_PAGES = 20


class InvalidChange(ValueError):
    """A change that cannot be used: where in it, what was found there and what was wanted."""

    def __init__(self, where: str, found: str, wanted: str) -> None:
        super().__init__(f"{where}: found {found}, wanted {wanted}")
        self.where, self.found, self.wanted = where, found, wanted


@dataclass(frozen=True, slots=True)
class ScheduledChange:
    """One change to the records of a vendor (None: of every vendor that it can meet).

    ``add``: fields of a record, or how many the recipe makes. ``pages``: how many pages full of them it makes, for
    vendors that have pages, of the size that theirs have when nobody asks for another. ``set``: fields of the record
    ``id``. ``remove``: ids, or ``all``, or, after a call, ``first`` (the first record that it showed) or ``last-page``
    (the records of the last page of what it showed a page of). ``restore``: what was removed is back.
    """

    vendor: str | None = None
    after: int = 0
    add: Any = None
    pages: int = 0
    set: Any = None
    id: Any = None
    remove: Any = None
    restore: Any = None

    def document(self) -> dict[str, Any]:
        """The change as JSON, without what it leaves open."""
        return {name: getattr(self, name) for name in self.__slots__ if getattr(self, name) not in (None, False, 0)}

    def meets(self, vendor: Vendor) -> bool:
        """Whether it is about this vendor; what a recipe must make is only for vendors that have one."""
        if self.vendor is not None:
            return self.vendor == vendor.name
        if self.pages and not _page_size(vendor):
            return False
        return vendor.recipe is not None or not (self.pages or isinstance(self.add, int))


def parse_change(body: Any, vendors: Sequence[Vendor]) -> ScheduledChange:
    """The change that a parsed part of a scenario describes. Raises BadChange."""
    if not isinstance(body, Mapping):
        raise InvalidChange("", fixture_errors.describe_value(body), "a map")
    for name in body:
        if name not in ScheduledChange.__slots__:
            raise InvalidChange(str(name), f"the unknown key {name}", "one of " + ", ".join(ScheduledChange.__slots__))
    names = [vendor.name for vendor in vendors]
    if body.get("vendor") is not None and body["vendor"] not in names:
        raise InvalidChange("vendor", fixture_errors.describe_value(body["vendor"]), "one of " + ", ".join(names))
    after = body.get("after", 0)
    if isinstance(after, bool) or not isinstance(after, int) or not 0 <= after <= 10**9:
        raise InvalidChange(
            "after", fixture_errors.describe_value(after), "a whole number from 0: how many calls are answered before"
        )
    actions = [name for name in ACTIONS if name in body]
    if len(actions) != 1:
        raise InvalidChange("", " and ".join(actions) or "no action", "one of " + ", ".join(ACTIONS))
    _CHECKS[actions[0]](body, after)
    if "id" in body and actions != ["set"]:
        raise InvalidChange("id", "an id", "an id only beside set")
    return ScheduledChange(**body)


def _add(body: Mapping[str, Any], after: int) -> None:
    what = body["add"]
    if isinstance(what, Mapping) and body.get("vendor") is not None:
        return
    if isinstance(what, bool) or not isinstance(what, int) or not 1 <= what <= MAX_GENERATED:
        wanted = f"a whole number from 1 to {MAX_GENERATED}, or beside a vendor the fields of a record"
        raise InvalidChange("add", fixture_errors.describe_value(what), wanted)


def _pages(body: Mapping[str, Any], after: int) -> None:
    pages = body["pages"]
    if isinstance(pages, bool) or not isinstance(pages, int) or not 1 <= pages <= MAX_PAGES:
        raise InvalidChange("pages", fixture_errors.describe_value(pages), f"a whole number from 1 to {MAX_PAGES}")


def _set(body: Mapping[str, Any], after: int) -> None:
    if not isinstance(body["set"], Mapping):
        raise InvalidChange("set", fixture_errors.describe_value(body["set"]), "the fields of a record")
    for name in ("vendor", "id"):
        if body.get(name) is None:
            raise InvalidChange("set", f"no {name}", f"the {name} of the record beside it")


def _remove(body: Mapping[str, Any], after: int) -> None:
    what = body["remove"]
    if isinstance(what, list) and what and body.get("vendor") is not None:
        return
    words = (ALL, FIRST, LAST_PAGE) if after else (ALL,)
    if what not in words:
        later = "" if after else f"; with after also {FIRST} or {LAST_PAGE}"
        raise InvalidChange(
            "remove",
            fixture_errors.describe_value(what),
            f"{' or '.join(words)}, or beside a vendor a list of ids{later}",
        )


def _restore(body: Mapping[str, Any], after: int) -> None:
    if body["restore"] != ALL:
        raise InvalidChange("restore", fixture_errors.describe_value(body["restore"]), ALL)


_CHECKS = {"add": _add, "pages": _pages, "set": _set, "remove": _remove, "restore": _restore}


def _page_size(vendor: Vendor) -> int:
    return max((endpoint.paging.size for endpoint in vendor.operations if endpoint.paging), default=0)


# Carried out ----------------------------------------------------------------------------------------------------------


def apply_change(change: ScheduledChange, editor: RecordEditor, ids: list[Any] | None = None) -> None:
    """Make a change to one vendor's data; ``ids`` are those to remove where the change does not name them.

    Raises Misuse when the data cannot be so.
    """
    if isinstance(change.add, int):
        editor.generate(change.add)
    elif change.pages:
        editor.generate(change.pages * _page_size(editor.vendor))
    elif change.add is not None:
        editor.add(change.add)
    elif change.set is not None:
        editor.change(str(change.id), change.set)
    elif change.restore is not None:
        editor.sandboxes.edit(editor.sandbox, editor.wall, editor.vendor, lambda edits, data: edits.restore())
    elif isinstance(change.remove, list):
        editor.remove(*map(str, change.remove))
    else:

        def removed(edits: Edits, data: Dataset) -> Edits:
            return edits.without(data.records.ids if ids is None else ids)

        editor.sandboxes.edit(editor.sandbox, editor.wall, editor.vendor, removed)


def apply_due_changes(rooms: Sandboxes, sandbox: Sandbox, call: Call, reply: Reply, answers: int, wall: float) -> None:
    """Make the changes that are due once so many calls of the vendor have been answered, this one the last.

    One that cannot be made any more, as somebody else changed the data, spoils no reply: the call is warned of it.
    """
    for change in (ScheduledChange(**document) for document in sandbox.changes):
        if change.after != answers or not change.meets(call.vendor):
            continue
        ids = None
        if change.remove is not None and change.remove != ALL:
            ids = ids_on_last_page(call, reply) if change.remove == LAST_PAGE else shown_ids(call, reply)[:1]
        try:
            apply_change(change, RecordEditor(rooms, sandbox.name, call.vendor, wall), ids)
        except Problem as misuse:
            call.warn("scenario", "change-failed", f"A change of the scenario could not be made: {misuse.detail}")


def shown_ids(call: Call, reply: Reply) -> list[Any]:
    """The ids of the records that a reply shows, in its order."""
    records = call.dataset.records
    places = [(reply.body.find(text), row) for row, text in enumerate(records.fragments(call.records.readings))]
    return [records.ids[row] for place, row in sorted(places) if place >= 0]


def ids_on_last_page(call: Call, reply: Reply) -> list[Any]:
    """The ids of the records on the last page of the list of which the reply is an earlier page; else none."""
    page, endpoint = reply.page, call.operation
    if page is None or endpoint is None or endpoint.paging is None or page.last:
        return []
    number = endpoint.paging.first + (page.total - 1) // (page.stop - page.start)
    name = params.attribute_of(endpoint.query, endpoint.paging.parameter)
    there = replace(call, params={**call.params, name: number}, warnings=[])
    return shown_ids(there, endpoint.handler(there))
