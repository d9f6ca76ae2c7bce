"""Checking fixture files, specs and scenarios, as the command ``validate`` does."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from pathlib import Path

import yaml

from . import clock, scenario
from . import vendors as shelf
from .data import fixtures, yamltext
from .data.fixtures import BrokenFixture, Fault
from .library import Library, shape
from .sandbox import Sandboxes
from .settings import WrongSetting, make
from .store.memory import MemoryStore


def check_all(paths: Sequence[Path]) -> tuple[int, list[Fault]]:
    """How many files were checked and everything wrong with them; without paths, all of ours.

    Raises WrongSetting for a path that does not exist or holds nothing to check.
    """
    served = shelf.found()
    ours = [*(path for vendor in served for path in (vendor.fixtures, vendor.spec)), scenario.OURS]
    files: list[Path] = []
    for path in paths or ours:
        if not path.exists():
            raise WrongSetting(f"there is no file or folder {path}.")
        inside = sorted(p for p in path.rglob("*") if p.suffix in (".yaml", ".jsonl")) if path.is_dir() else [path]
        if not inside:
            raise WrongSetting(f"{path} holds no .yaml or .jsonl file.")
        files += inside
    shapes = {vendor.name: shape(vendor) for vendor in served}
    settings = make()  # scenarios are tried with the datasets of MOCKSERVER_FIXTURES
    rooms = Sandboxes(settings, Library(served, settings.fixtures), served, MemoryStore())
    faults: list[Fault] = []
    for file in files:
        try:
            check_file(file, shapes, rooms)
        except BrokenFixture as broken:
            faults += broken.faults
    return len(files), faults


def check_file(file: Path, shapes: dict[str, fixtures.Shape], rooms: Sandboxes) -> None:
    """One fixture file, by the schema of the vendor it names, one spec, or one scenario. Raises BrokenFixture."""
    name = file.parent.name
    if file.suffix == ".jsonl":
        _fixture(file, name, shapes)
        return
    try:
        content = yamltext.load(file.read_text(encoding="utf-8"))
    except (OSError, ValueError, yaml.YAMLError):
        _fixture(file, name if name in shapes else next(iter(shapes)), shapes)
        return
    if isinstance(content, dict) and "openapi" in content:
        _spec(file, content)
    elif isinstance(content, dict) and not _FIXTURE & content.keys() and content.keys() & set(scenario.KEYS):
        faults = scenario.faults_of(file, rooms, clock.wall())
        if faults:
            raise BrokenFixture(faults)
    else:
        _fixture(file, str(content.get("vendor", name)) if isinstance(content, dict) else name, shapes)


_FIXTURE = {"vendor", "anchor", "accounts", "records"}


def _fixture(file: Path, vendor: str, shapes: dict[str, fixtures.Shape]) -> None:
    if vendor not in shapes:
        raise BrokenFixture([Fault(file, 1, "vendor", vendor, "one of " + ", ".join(shapes))])
    fixtures.read(file, shapes[vendor])


def _spec(file: Path, content: dict[str, object]) -> None:
    """What the ledger needs: every operation, parameter and response says on what it is based.

    A spec that is none of a vendor (its server is under our control prefix) is based on nothing but itself.
    """
    faults = []
    paths = content.get("paths")
    if _is_control(content):
        return
    if not isinstance(paths, dict) or not paths:
        faults.append(("paths", "no path", "at least one path with an operation"))
    else:
        faults += [
            (where, "no x-basis", "x-basis with basis, source and about")
            for where, thing in _things(paths)
            if not isinstance(thing, dict) or not _has_basis(thing.get("x-basis"))
        ]
    if faults:
        text = file.read_text(encoding="utf-8")
        steps = [tuple(where.split("\0")) for where, _, _ in faults]
        numbered: list[tuple[str | int, ...]] = [
            tuple(int(s) if s.isdigit() and len(s) < 3 else s for s in w) for w in steps
        ]
        lines = yamltext.lines(text, numbered)
        raise BrokenFixture(
            Fault(file, line, where.replace("\0", "."), found, wanted)
            for line, (where, found, wanted) in zip(lines, faults, strict=True)
        )


def _is_control(content: dict[str, object]) -> bool:
    servers = content.get("servers")
    first = servers[0] if isinstance(servers, list) and servers else None
    return isinstance(first, dict) and str(first.get("url")).endswith("/__admin")


def _has_basis(basis: object) -> bool:
    return (
        isinstance(basis, dict)
        and basis.get("basis") in ("documented", "public", "inferred")
        and bool(basis.get("source"))
        and bool(basis.get("about"))
    )


def _things(paths: dict[str, object]) -> Iterable[tuple[str, object]]:
    for path, item in paths.items():
        for method, operation in item.items() if isinstance(item, dict) else ():
            if not isinstance(operation, dict) or "responses" not in operation:
                continue
            where = f"paths\0{path}\0{method}"
            for index, parameter in enumerate(operation.get("parameters", ())):
                yield f"{where}\0parameters\0{index}", parameter
            for status, response in operation["responses"].items():
                yield f"{where}\0responses\0{status}", response
