"""Says what a cached dataset was made of: the content of a file, and the code that made it."""

from __future__ import annotations

import sys
from functools import lru_cache
from hashlib import blake2b, file_digest
from pathlib import Path

from ..sdk.contract import Vendor
from ..sdk.version import __version__
from .files import UnfitFile, open_bytes


def digest_file(path: Path) -> str:
    """A digest of a file's content; empty for a file that cannot be read, which its reader reports."""
    try:
        with open_bytes(path) as file:
            return file_digest(file, blake2b).hexdigest()
    except (OSError, UnfitFile):
        return ""


@lru_cache(maxsize=1)
def core_files() -> tuple[Path, ...]:
    """The files of this package whose code shapes every dataset."""
    home = Path(__file__).parent
    return (*python_files(home), *python_files(home.parent / "sdk"))


def code_parts(vendor: Vendor) -> list[str | Path]:
    """The code that checks, types and renders a vendor's dataset, as parts of a cache key."""
    kind = vendor.resource
    modules = {part.__module__ for part in (kind.schema, vendor.account_schema, kind.render)}
    folders = {Path(file).parent for module in modules if (file := getattr(sys.modules[module], "__file__", None))}
    declared = (vendor.name, vendor.account_id, kind.schema.__qualname__, kind.id, *kind.columns)
    defaults = sorted(vendor.default_rendering_readings.items())
    return [
        __version__,
        repr((declared, defaults)),
        *core_files(),
        *(file for folder in sorted(folders) for file in python_files(folder)),
    ]


def python_files(folder: Path) -> list[Path]:
    return sorted(folder.glob("*.py"))


def faker_version() -> str:
    """The installed version of Faker: another one makes other names."""
    from importlib.metadata import version  # only where a recipe runs

    return version("Faker")
