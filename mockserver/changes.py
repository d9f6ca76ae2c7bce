"""What becomes of a vendor's data in a scenario, as a value: at once, or when so many calls have been answered."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from .vendor import Vendor

FIRST, LAST_PAGE, ALL = "first", "last-page", "all"
MOST = 10_000
ACTIONS = ("add", "set", "remove", "restore")


class BadChange(ValueError):
    """A change that cannot be used: where in it, what was found there and what was wanted."""

    def __init__(self, where: str, found: str, wanted: str) -> None:
        super().__init__(f"{where}: found {found}, wanted {wanted}")
        self.where, self.found, self.wanted = where, found, wanted


@dataclass(frozen=True, slots=True)
class Change:
    """One change to the records of a vendor (None: of every vendor; with ``paged``, of those that have pages).

    ``add``: fields of a record, or how many the recipe makes. ``set``: fields of the record ``id``. ``remove``: ids, or
    ``all``, or, after a call, ``first`` (the first record that it showed) or ``last-page`` (the records of the last
    page of what it showed a page of). ``restore``: what was removed is back.
    """

    vendor: str | None = None
    paged: bool = False
    after: int = 0
    add: Any = None
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
        if self.paged and not any(endpoint.paging for endpoint in vendor.endpoints):
            return False
        return vendor.recipe is not None or not isinstance(self.add, int)


def change_of(body: Any, vendors: Sequence[Vendor]) -> Change:
    """The change that a parsed part of a scenario describes. Raises BadChange."""
    if not isinstance(body, Mapping):
        raise BadChange("", _brief(body), "a map")
    for name in body:
        if name not in Change.__slots__:
            raise BadChange(str(name), f"the unknown key {name}", "one of " + ", ".join(Change.__slots__))
    names = [vendor.name for vendor in vendors]
    if body.get("vendor") is not None and body["vendor"] not in names:
        raise BadChange("vendor", _brief(body["vendor"]), "one of " + ", ".join(names))
    after = body.get("after", 0)
    if isinstance(after, bool) or not isinstance(after, int) or not 0 <= after <= 10**9:
        raise BadChange("after", _brief(after), "a whole number from 0: how many calls are answered before")
    if not isinstance(body.get("paged", False), bool):
        raise BadChange("paged", _brief(body["paged"]), "true or false")
    actions = [name for name in ACTIONS if name in body]
    if len(actions) != 1:
        raise BadChange("", " and ".join(actions) or "no action", "one of " + ", ".join(ACTIONS))
    _CHECKS[actions[0]](body, after)
    if "id" in body and actions != ["set"]:
        raise BadChange("id", "an id", "an id only beside set")
    return Change(**body)


def _add(body: Mapping[str, Any], after: int) -> None:
    what = body["add"]
    if isinstance(what, Mapping) and body.get("vendor") is not None:
        return
    if isinstance(what, bool) or not isinstance(what, int) or not 1 <= what <= MOST:
        wanted = f"a whole number from 1 to {MOST}, or beside a vendor the fields of a record"
        raise BadChange("add", _brief(what), wanted)


def _set(body: Mapping[str, Any], after: int) -> None:
    if not isinstance(body["set"], Mapping):
        raise BadChange("set", _brief(body["set"]), "the fields of a record")
    for name in ("vendor", "id"):
        if body.get(name) is None:
            raise BadChange("set", f"no {name}", f"the {name} of the record beside it")


def _remove(body: Mapping[str, Any], after: int) -> None:
    what = body["remove"]
    if isinstance(what, list) and what and body.get("vendor") is not None:
        return
    words = (ALL, FIRST, LAST_PAGE) if after else (ALL,)
    if what not in words:
        later = "" if after else f"; with after also {FIRST} or {LAST_PAGE}"
        raise BadChange("remove", _brief(what), f"{' or '.join(words)}, or beside a vendor a list of ids{later}")


def _restore(body: Mapping[str, Any], after: int) -> None:
    if body["restore"] != ALL:
        raise BadChange("restore", _brief(body["restore"]), ALL)


_CHECKS = {"add": _add, "set": _set, "remove": _remove, "restore": _restore}


def _brief(value: Any) -> str:
    text = "nothing" if value is None else repr(value)
    return text if len(text) <= 60 else text[:57] + "..."
