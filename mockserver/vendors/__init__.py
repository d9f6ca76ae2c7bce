"""Vendors: one folder each. They are found here, and in the entry-point group ``mockserver.vendors``; never named."""

from __future__ import annotations

import os
import pkgutil
import sys
from collections.abc import Iterable, Iterator
from importlib import import_module
from typing import TYPE_CHECKING

from ..errors import CORE_FACTS
from ..vendor import Vendor

if TYPE_CHECKING:
    from importlib.metadata import EntryPoint

GROUP = "mockserver.vendors"


class BadVendor(Exception):
    """A vendor that cannot be taken in: two of one name, or a folder or entry point without a Vendor value."""


def found() -> tuple[Vendor, ...]:
    """Every vendor of this package and of installed ones, in the order of their names."""
    ours = ((f"the folder {info.name}", f"{__name__}.{info.name}") for info in pkgutil.iter_modules(__path__))
    vendors = [_taken(where, getattr(import_module(module), "VENDOR", None)) for where, module in ours]
    for point in _points():
        try:
            value = point.load()
        except Exception as error:
            raise BadVendor(f"the entry point {point.name} = {point.value} cannot be loaded: {error}") from error
        vendors.append(_taken(f"the entry point {point.name} = {point.value}", value))
    return distinct(vendors)


def _points() -> Iterable[EntryPoint]:
    """The entry points of the group. Where no installed distribution names it, importlib.metadata is not even imported:
    a start is 15 ms shorter for it.
    """
    if not any(GROUP in text for folder in sys.path for text in _entry_points(folder or ".")):
        return ()
    from importlib.metadata import entry_points

    return entry_points(group=GROUP)


def _entry_points(folder: str) -> Iterator[str]:
    """What the distributions in a part of sys.path say; an archive may say anything."""
    if os.path.isfile(folder):
        yield GROUP
    try:
        names = os.listdir(folder) if os.path.isdir(folder) else []
    except OSError:  # the working directory is one of them, and need not be ours to read
        names = []
    for name in names:
        if name.endswith((".dist-info", ".egg-info", "EGG-INFO")):
            try:
                with open(os.path.join(folder, name, "entry_points.txt"), encoding="utf-8") as file:
                    yield file.read()
            except OSError:  # most have none
                continue


def distinct(vendors: Iterable[Vendor]) -> tuple[Vendor, ...]:
    """The same vendors, by name. Raises BadVendor when two have one name."""
    by_name: dict[str, Vendor] = {}
    for vendor in vendors:
        if by_name.setdefault(vendor.name, vendor) is not vendor:
            raise BadVendor(f"two vendors are named {vendor.name}")
        said = {words.fact for words in vendor.errors if not words.when}
        silent = [fact.__name__ for fact in CORE_FACTS if fact not in said]
        if silent:
            raise BadVendor(f"{vendor.name} has no words for {', '.join(silent)}")
    return tuple(by_name[name] for name in sorted(by_name))


def _taken(where: str, value: object) -> Vendor:
    if not isinstance(value, Vendor):
        raise BadVendor(f"{where} gives {type(value).__name__}, wanted a Vendor named VENDOR")
    return value
