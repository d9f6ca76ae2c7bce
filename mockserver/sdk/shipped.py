"""Where our own specs and fixtures lie: packed inside the package in an installation, at the top of a checkout."""

from __future__ import annotations

from pathlib import Path

_PACKAGE = Path(__file__).resolve().parent.parent


def folder(kind: str) -> Path:
    """The folder ``specs`` or ``fixtures``."""
    packed = _PACKAGE / "_shipped" / kind
    return packed if packed.is_dir() else _PACKAGE.parent / kind


def spec(vendor: str) -> Path:
    """The OpenAPI file of a vendor of ours."""
    return folder("specs") / f"{vendor}.yaml"


def fixtures(vendor: str) -> Path:
    """The folder of datasets of a vendor of ours."""
    return folder("fixtures") / vendor
