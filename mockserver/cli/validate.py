"""Checking fixture files, specs and scenarios, as the command ``validate`` does."""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence
from pathlib import Path

from .. import vendors as shelf
from ..data import fixture_check, fixture_errors, fixtures
from ..data.build import fixture_schema
from ..data.catalog import DatasetCatalog
from ..data.files import kind_of
from ..data.fixture_errors import FileError, InvalidFixture, Wrong
from ..engine.fidelity import iterate_gaps
from ..engine.spec_basis import list_missing
from ..sandbox import scenario
from ..sandbox.registry import Sandboxes
from ..sandbox.setting_values import exists
from ..sandbox.settings import make_settings
from ..sandbox.store.memory import MemoryStore
from ..sdk import clock
from ..sdk.errors import InvalidSetting
from ..sdk.similar import MAX_NAME_CHARS


def check_all(paths: Sequence[Path]) -> tuple[int, list[FileError]]:
    """How many files were checked and everything wrong with them; without paths, all of ours.

    Raises WrongSetting for a path that does not exist or holds nothing to check.
    """
    served = shelf.found()
    ours = [*(path for vendor in served for path in (vendor.fixtures, vendor.spec)), scenario.OURS]
    files: list[Path] = []
    for path in paths or ours:
        if not exists(path):
            raise InvalidSetting(f"there is no file or folder {path}.")
        inside = _inside(path, {vendor.name for vendor in served}) if path.is_dir() else [path]
        if not inside:
            raise InvalidSetting(f"{path} holds no .yaml or .jsonl file.")
        files += inside
    shapes = {vendor.name: fixture_schema(vendor) for vendor in served}
    settings = make_settings()  # scenarios are tried with the datasets of MOCKSERVER_FIXTURES
    rooms = Sandboxes(settings, DatasetCatalog(served, settings.fixtures), served, MemoryStore())
    faults: list[FileError] = []
    for file in files:
        try:
            check_file(file, shapes, rooms)
        except InvalidFixture as broken:
            faults += broken.faults
    return len(files), fixture_errors.bound_faults(faults)


def _inside(folder: Path, vendors: set[str]) -> list[Path]:
    """The files of a folder, and of those in it, that look like ours. Raises WrongSetting when one cannot be read, or
    is called like the folder of a vendor.
    """

    def refuse(error: OSError) -> None:
        raise InvalidSetting(f"{error.filename} cannot be read: {error.strerror}.")

    found = [Path(where, name) for where, _, names in os.walk(folder, onerror=refuse) for name in names]
    for path in found:
        if path.name in vendors and path.parent == folder:
            raise InvalidSetting(f"{path} is {kind_of(path)}, wanted a folder.")
    return sorted(path for path in found if path.suffix in (".yaml", ".yml", ".jsonl"))


def check_file(file: Path, shapes: dict[str, fixture_check.FixtureSchema], rooms: Sandboxes) -> None:
    """One fixture file, by the schema of the vendor it names, one spec, or one scenario. Raises BrokenFixture."""
    name = file.parent.name
    if file.suffix == ".yml":
        raise InvalidFixture([FileError(file, 1, "", "the ending .yml", "the ending .yaml")])
    if file.suffix == ".jsonl":
        _fixture(file, name, shapes)
        return
    text = fixtures.read_text(file)
    content, line_of = fixtures.parse_yaml(file, text)
    if isinstance(content, dict) and "openapi" in content:
        owners = [vendor for vendor in rooms.vendors if vendor.spec.resolve() == file.resolve()]
        _spec(file, content, line_of, own=bool(owners))
        for vendor in owners:
            if silent := list_missing(vendor):
                raise InvalidFixture([FileError(file, 1, "", "nothing", said) for said in silent])
    elif isinstance(content, dict) and not _FIXTURE & content.keys() and content.keys() & set(scenario.KEYS):
        faults = scenario.find_faults(file, rooms, clock.wall_time())
        if faults:
            raise InvalidFixture(faults)
    elif not isinstance(content, dict) and name not in shapes:
        wanted = "a map: a fixture file, a spec or a scenario"
        raise InvalidFixture([FileError(file, 1, "", fixture_errors.describe_value(content), wanted)])
    else:
        _fixture(file, str(content.get("vendor", name)) if isinstance(content, dict) else name, shapes)


_FIXTURE = {"vendor", "anchor", "accounts", "records"}


def _fixture(file: Path, vendor: str, shapes: dict[str, fixture_check.FixtureSchema]) -> None:
    """A file that lies in a vendor's folder is that vendor's, whatever it says."""
    vendor = file.absolute().parent.name if file.absolute().parent.name in shapes else vendor
    if vendor not in shapes:
        raise InvalidFixture([FileError(file, 1, "vendor", vendor, "one of " + ", ".join(shapes))])
    fixtures.read(file, shapes[vendor])


def _spec(file: Path, content: dict[str, object], line_of: fixtures.LineOf, *, own: bool) -> None:
    """What the ledger needs: every parameter and response says on what it is based; of a vendor's ``own``, all that
    shapes replies.

    A spec that is none of a vendor (its server is under our control prefix) is based on nothing but itself.
    """
    paths = content.get("paths")
    faults: list[Wrong]
    if not str(content["openapi"]).startswith("3.1."):
        faults = [(("openapi",), _in_spec(content["openapi"]), "3.1.x")]
    elif isinstance(paths, dict) and paths:
        silent = () if _is_control(content) else iterate_gaps(content)
        needed = [gap for gap in silent if own or gap.wanted.endswith("about")]
        faults = list(dict.fromkeys((gap.where, f"no {gap.wanted.split()[0]}", gap.wanted) for gap in needed))
        faults += _malformed((), content)
    else:
        faults = [(("paths",), "no path", "at least one path with an operation")]
    if faults:
        lines = line_of([where for where, _, _ in faults])
        raise InvalidFixture(
            FileError(file, line, ".".join(map(str, where)), found, wanted)
            for line, (where, found, wanted) in zip(lines, faults, strict=True)
        )


def _in_spec(value: object) -> str:
    """A value as it stands in a spec: a word without quotes."""
    return value if isinstance(value, str) and len(value) < MAX_NAME_CHARS else fixture_errors.describe_value(value)


def _is_control(content: dict[str, object]) -> bool:
    servers = content.get("servers")
    first = servers[0] if isinstance(servers, list) and servers else None
    return isinstance(first, dict) and str(first.get("url")).endswith("/__admin")


TYPES = ("array", "boolean", "integer", "null", "number", "object", "string")
PLACES = ("cookie", "header", "path", "query")


def _malformed(where: tuple[str | int, ...], thing: object) -> Iterator[tuple[tuple[str | int, ...], str, str]]:
    """The slips that make a spec worthless as an oracle: unknown types and places, references to nothing."""
    if isinstance(thing, list):
        for index, item in enumerate(thing):
            yield from _malformed((*where, index), item)
    if not isinstance(thing, dict):
        return
    if "in" in thing and "name" in thing and "properties" not in where[-1:]:
        if thing["in"] not in PLACES:
            yield (*where, "in"), _in_spec(thing["in"]), "one of " + ", ".join(PLACES)
        if not isinstance(thing.get("required", False), bool):
            yield (*where, "required"), _in_spec(thing["required"]), "true or false"
    kinds = thing.get("type")
    if kinds is not None and where[-1:] != ("properties",) and "securitySchemes" not in where:
        for kind in kinds if isinstance(kinds, list) else [kinds]:
            if kind not in TYPES and not isinstance(kind, dict):
                yield (*where, "type"), _in_spec(kind), "one of " + ", ".join(TYPES)
    for name, item in thing.items():
        if name not in ("example", "examples", "value", "enum", "const", "default"):
            yield from _malformed((*where, name), item)
