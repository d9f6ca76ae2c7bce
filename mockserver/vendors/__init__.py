"""Vendors, one folder each. ``find_vendors`` finds them here and in the entry-point group ``mockserver.vendors``."""

from __future__ import annotations

import pkgutil
from collections.abc import Iterable
from importlib import import_module
from importlib.metadata import entry_points

from ..sdk import Vendor, errors

GROUP = "mockserver.vendors"


class BadVendor(Exception):
    """A vendor that cannot be served: a repeated name, or a folder or entry point without a Vendor value."""


def find_vendors() -> tuple[Vendor, ...]:
    """Every vendor of this package and of installed ones, sorted by name."""
    names = [info.name for info in pkgutil.iter_modules(__path__) if info.ispkg]
    ours = ((f"the folder {name}", f"{__name__}.{name}") for name in names)
    vendors = [_check_vendor(where, getattr(import_module(module), "VENDOR", None)) for where, module in ours]
    for point in entry_points(group=GROUP):
        try:
            value = point.load()
        except Exception as error:
            raise BadVendor(f"the entry point {point.name} = {point.value} cannot be loaded: {error}") from error
        vendors.append(_check_vendor(f"the entry point {point.name} = {point.value}", value))
    return check_vendors(vendors)


def check_vendors(vendors: Iterable[Vendor]) -> tuple[Vendor, ...]:
    """The vendors sorted by name. Raises BadVendor for a repeated name, or an error without an error spec."""
    by_name: dict[str, Vendor] = {}
    for vendor in vendors:
        if by_name.setdefault(vendor.name, vendor) is not vendor:
            raise BadVendor(f"two vendors are named {vendor.name}")
        covered = {spec.error for spec in vendor.errors if not spec.when}
        missing = [error.__name__ for error in errors.CORE_ERRORS if error not in covered]
        if missing:
            raise BadVendor(f"{vendor.name} has no words for {', '.join(missing)}")
    return tuple(by_name[name] for name in sorted(by_name))


def _check_vendor(where: str, value: object) -> Vendor:
    if not isinstance(value, Vendor):
        raise BadVendor(f"{where} gives {type(value).__name__}, wanted a Vendor named VENDOR")
    return value
