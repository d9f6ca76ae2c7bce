"""The names with which vendors are written: what ours, and the invented one of the tests, import of the package."""

from __future__ import annotations

import ast
from collections import defaultdict
from collections.abc import Iterator
from importlib import import_module
from pathlib import Path

from tests.support.servers import ROOT

VENDORS = ROOT / "mockserver" / "vendors"


def by_vendors() -> dict[str, list[str]]:
    """By module the names that vendors use of it. The invented vendor comes with its test tools, so it counts only
    for modules that ours use, too.
    """
    ours, invented = defaultdict[str, set[str]](set), defaultdict[str, set[str]](set)
    for path in sorted(VENDORS.glob("*/*.py")):
        package = ["mockserver", "vendors", path.parent.name]
        for module, name in uses(path, package):
            ours[module].add(name)
    for path in (ROOT / "tests").glob("**/acme.py"):
        for module, name in uses(path, []):
            invented[module].add(name)
    return {module: sorted(ours[module] | invented[module]) for module in sorted(ours)}


def uses(path: Path, package: list[str]) -> Iterator[tuple[str, str]]:
    """Module and name of everything of ours, but other vendors' and its own, that a file uses."""
    tree, modules = ast.parse(path.read_text(encoding="utf-8")), dict[str, str]()
    for node in ast.walk(tree):
        if not isinstance(node, ast.ImportFrom):
            continue
        base = [*package[: len(package) - node.level + 1]] if node.level else []
        source = ".".join([*base, *filter(None, [node.module])])
        if source.partition(".")[0] != "mockserver" or source.startswith("mockserver.vendors"):
            continue
        for alias in node.names:
            if is_module(f"{source}.{alias.name}"):
                modules[alias.asname or alias.name] = f"{source}.{alias.name}"
            else:
                yield source, alias.name
    for node in ast.walk(tree):
        if isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name) and node.value.id in modules:
            yield modules[node.value.id], node.attr


def is_module(name: str) -> bool:
    try:
        return import_module(name).__name__ == name
    except ModuleNotFoundError:
        return False
