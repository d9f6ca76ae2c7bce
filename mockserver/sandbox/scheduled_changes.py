"""Changes to a vendor's data in a scenario, at once or after a number of answered calls.

They work for any vendor: the records that a reply shows are recognised by their bytes in it.
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
    """An invalid change: where, what was found and what was wanted."""

    def __init__(self, where: str, found: str, wanted: str) -> None:
        super().__init__(f"{where}: found {found}, wanted {wanted}")
        self.where, self.found, self.wanted = where, found, wanted


@dataclass(frozen=True, slots=True)
class ScheduledChange:
    """One change to the records of a vendor (None: of every vendor that it can meet).

    ``add``: fields of a record, or a number of records from the recipe. ``pages``: a number of pages of records, each
    of the vendor's default page size. ``set``: fields of the record ``id``. ``remove``: ids or ``all``; after a call
    also ``first`` (the first record that it showed) or ``last-page`` (the last page of the list that it showed).
    ``restore``: brings removed records back.
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
        """The change as JSON, without defaults."""
        return {name: getattr(self, name) for name in self.__slots__ if getattr(self, name) not in (None, False, 0)}

    def meets(self, vendor: Vendor) -> bool:
        """Whether it applies to this vendor; generated records need a recipe."""
        if self.vendor is not None:
            return self.vendor == vendor.name
        if self.pages and not _page_size(vendor):
            return False
        return vendor.recipe is not None or not (self.pages or isinstance(self.add, int))


def parse_change(body: Any, vendors: Sequence[Vendor]) -> ScheduledChange:
    """Parses a change of a scenario. Raises InvalidChange."""
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


def _check_add(body: Mapping[str, Any], after: int) -> None:
    what = body["add"]
    if isinstance(what, Mapping) and body.get("vendor") is not None:
        return
    if isinstance(what, bool) or not isinstance(what, int) or not 1 <= what <= MAX_GENERATED:
        wanted = f"a whole number from 1 to {MAX_GENERATED}, or beside a vendor the fields of a record"
        raise InvalidChange("add", fixture_errors.describe_value(what), wanted)


def _check_pages(body: Mapping[str, Any], after: int) -> None:
    pages = body["pages"]
    if isinstance(pages, bool) or not isinstance(pages, int) or not 1 <= pages <= MAX_PAGES:
        raise InvalidChange("pages", fixture_errors.describe_value(pages), f"a whole number from 1 to {MAX_PAGES}")


def _check_set(body: Mapping[str, Any], after: int) -> None:
    if not isinstance(body["set"], Mapping):
        raise InvalidChange("set", fixture_errors.describe_value(body["set"]), "the fields of a record")
    for name in ("vendor", "id"):
        if body.get(name) is None:
            raise InvalidChange("set", f"no {name}", f"the {name} of the record beside it")


def _check_remove(body: Mapping[str, Any], after: int) -> None:
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


def _check_restore(body: Mapping[str, Any], after: int) -> None:
    if body["restore"] != ALL:
        raise InvalidChange("restore", fixture_errors.describe_value(body["restore"]), ALL)


_CHECKS = {
    "add": _check_add,
    "pages": _check_pages,
    "set": _check_set,
    "remove": _check_remove,
    "restore": _check_restore,
}


def _page_size(vendor: Vendor) -> int:
    return max((operation.paging.size for operation in vendor.operations if operation.paging), default=0)


# Applying -----------------------------------------------------------------------------------------------------------


def apply_change(change: ScheduledChange, editor: RecordEditor, ids: list[Any] | None = None) -> None:
    """Applies a change to one vendor's data; ``ids`` are the records to remove if the change names none.

    Raises Problem when the changed data would be invalid.
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

        def remove(edits: Edits, data: Dataset) -> Edits:
            return edits.without(data.records.ids if ids is None else ids)

        editor.sandboxes.edit(editor.sandbox, editor.wall, editor.vendor, remove)


def apply_due_changes(
    sandboxes: Sandboxes, sandbox: Sandbox, call: Call, reply: Reply, answers: int, wall: float
) -> None:
    """Applies the changes that are due after this number of answered calls of the vendor.

    A change that fails, because the data was changed otherwise, adds a warning to the call and keeps its reply.
    """
    for change in (ScheduledChange(**document) for document in sandbox.changes):
        if change.after != answers or not change.meets(call.vendor):
            continue
        ids = None
        if change.remove is not None and change.remove != ALL:
            ids = list_last_page_ids(call, reply) if change.remove == LAST_PAGE else list_shown_ids(call, reply)[:1]
        try:
            apply_change(change, RecordEditor(sandboxes, sandbox.name, call.vendor, wall), ids)
        except Problem as problem:
            call.warn("scenario", "change-failed", f"A change of the scenario could not be made: {problem.detail}")


def list_shown_ids(call: Call, reply: Reply) -> list[Any]:
    """The ids of the records that a reply shows, in its order."""
    records = call.dataset.records
    places = [(reply.body.find(text), row) for row, text in enumerate(records.fragments(call.records.readings))]
    return [records.ids[row] for place, row in sorted(places) if place >= 0]


def list_last_page_ids(call: Call, reply: Reply) -> list[Any]:
    """The ids on the last page of the reply's list; none if the reply is the last page, or has none."""
    page, operation = reply.page, call.operation
    if page is None or operation is None or operation.paging is None or page.last:
        return []
    number = operation.paging.first + (page.total - 1) // (page.stop - page.start)
    name = params.attribute_of(operation.query, operation.paging.parameter)
    there = replace(call, params={**call.params, name: number}, warnings=[])
    return list_shown_ids(there, operation.handler(there))
