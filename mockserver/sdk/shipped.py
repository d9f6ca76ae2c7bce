"""Paths of the shipped specs and fixtures: inside an installed package, or at the top of a checkout."""

from __future__ import annotations

from pathlib import Path

_PACKAGE = Path(__file__).resolve().parent.parent


def folder(kind: str) -> Path:
    """The folder ``specs`` or ``fixtures``."""
    packed = _PACKAGE / "_shipped" / kind
    return packed if packed.is_dir() else _PACKAGE.parent / kind


def spec(vendor: str) -> Path:
    """The OpenAPI file of a shipped vendor."""
    return folder("specs") / f"{vendor}.yaml"


def fixtures(vendor: str) -> Path:
    """The folder of datasets of a shipped vendor."""
    return folder("fixtures") / vendor
