"""``mockserver validate``: whether fixture files, specs and scenarios are right."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path

import click

from .. import vendors
from ..data import fixture_check, fixture_errors, fixtures
from ..data.build import fixture_schema
from ..data.catalog import DatasetCatalog
from ..data.files import describe_kind
from ..data.fixture_errors import Fault, FileError, InvalidFixture
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
from .options import print_unknown_variables
from .output import count, print_faults

_FIXTURE_KEYS = {"vendor", "anchor", "accounts", "records"}
SCHEMA_TYPES = ("array", "boolean", "integer", "null", "number", "object", "string")
PARAMETER_PLACES = ("cookie", "header", "path", "query")


@click.command()
@click.argument("paths", nargs=-1, type=click.Path(path_type=Path))
def validate(paths: tuple[Path, ...]) -> None:
    """Check fixture files, specs and scenarios: those given (files or folders), or all of ours."""
    print_unknown_variables()
    checked, faults = check_all(paths)
    print_faults(faults)
    if faults:
        number = sum(fault.number for fault in faults)
        click.echo(f"mockserver: {count(number, 'fault')} in {count(checked, 'file')}.", err=True)
        sys.exit(1)
    click.echo(f"{count(checked, 'file')} checked, nothing wrong.")


def check_all(paths: Sequence[Path]) -> tuple[int, list[FileError]]:
    """Check these files and folders, or all of ours; returns the number of files and their faults.

    Raises InvalidSetting for a path that does not exist or holds nothing to check.
    """
    served = vendors.find_vendors()
    ours = [*(path for vendor in served for path in (vendor.fixtures, vendor.spec)), scenario.OURS]
    files: list[Path] = []
    for path in paths or ours:
        if not exists(path):
            raise InvalidSetting(f"there is no file or folder {path}.")
        inside = _find_files(path, {vendor.name for vendor in served}) if path.is_dir() else [path]
        if not inside:
            raise InvalidSetting(f"{path} holds no .yaml or .jsonl file.")
        files += inside
    schemas = {vendor.name: fixture_schema(vendor) for vendor in served}
    settings = make_settings()  # scenarios are tried with the datasets of MOCKSERVER_FIXTURES
    sandboxes = Sandboxes(settings, DatasetCatalog(served, settings.fixtures), served, MemoryStore())
    faults: list[FileError] = []
    for file in files:
        try:
            check_file(file, schemas, sandboxes)
        except InvalidFixture as invalid:
            faults += invalid.faults
    return len(files), fixture_errors.bound_faults(faults)


def _find_files(folder: Path, vendor_names: set[str]) -> list[Path]:
    """The fixture files, specs and scenarios below a folder.

    Raises InvalidSetting for a folder that cannot be read, or a file that has the name of a vendor's folder.
    """

    def refuse(error: OSError) -> None:
        raise InvalidSetting(f"{error.filename} cannot be read: {error.strerror}.")

    files = [Path(where, name) for where, _, names in os.walk(folder, onerror=refuse) for name in names]
    for path in files:
        if path.name in vendor_names and path.parent == folder:
            raise InvalidSetting(f"{path} is {describe_kind(path)}, wanted a folder.")
    return sorted(path for path in files if path.suffix in (".yaml", ".yml", ".jsonl"))


def check_file(file: Path, schemas: dict[str, fixture_check.FixtureSchema], sandboxes: Sandboxes) -> None:
    """Check one fixture file by the schema of its vendor, one spec, or one scenario. Raises InvalidFixture."""
    name = file.parent.name
    if file.suffix == ".yml":
        raise InvalidFixture([FileError(file, 1, "", "the ending .yml", "the ending .yaml")])
    if file.suffix == ".jsonl":
        _check_fixture(file, name, schemas)
        return
    text = fixtures.read_text(file)
    content, line_of = fixtures.parse_yaml(file, text)
    if isinstance(content, dict) and "openapi" in content:
        owners = [vendor for vendor in sandboxes.vendors if vendor.spec.resolve() == file.resolve()]
        _check_spec(file, content, line_of, own=bool(owners))
        for vendor in owners:
            if lacking := list_missing(vendor):
                raise InvalidFixture([FileError(file, 1, "", "nothing", wanted) for wanted in lacking])
    elif isinstance(content, dict) and not _FIXTURE_KEYS & content.keys() and content.keys() & set(scenario.KEYS):
        faults = scenario.find_faults(file, sandboxes, clock.wall_time())
        if faults:
            raise InvalidFixture(faults)
    elif not isinstance(content, dict) and name not in schemas:
        wanted = "a map: a fixture file, a spec or a scenario"
        raise InvalidFixture([FileError(file, 1, "", fixture_errors.describe_value(content), wanted)])
    else:
        _check_fixture(file, str(content.get("vendor", name)) if isinstance(content, dict) else name, schemas)


def _check_fixture(file: Path, vendor: str, schemas: dict[str, fixture_check.FixtureSchema]) -> None:
    """Check a fixture file; in a vendor's folder it is that vendor's, whatever it says."""
    vendor = file.absolute().parent.name if file.absolute().parent.name in schemas else vendor
    if vendor not in schemas:
        raise InvalidFixture([FileError(file, 1, "vendor", vendor, "one of " + ", ".join(schemas))])
    fixtures.read(file, schemas[vendor])


def _check_spec(file: Path, content: dict[str, object], line_of: fixtures.LineOf, *, own: bool) -> None:
    """Check that every parameter and response has a basis; in a vendor's ``own`` spec, all that shapes replies.

    The spec of our control API needs no basis.
    """
    paths = content.get("paths")
    faults: list[Fault]
    if not str(content["openapi"]).startswith("3.1."):
        faults = [(("openapi",), _describe(content["openapi"]), "3.1.x")]
    elif isinstance(paths, dict) and paths:
        missing = () if _is_control(content) else iterate_gaps(content)
        needed = [gap for gap in missing if own or gap.wanted.endswith("about")]
        faults = list(dict.fromkeys((gap.where, f"no {gap.wanted.split()[0]}", gap.wanted) for gap in needed))
        faults += _find_malformed((), content)
    else:
        faults = [(("paths",), "no path", "at least one path with an operation")]
    if faults:
        lines = line_of([where for where, _, _ in faults])
        raise InvalidFixture(
            FileError(file, line, ".".join(map(str, where)), found, wanted)
            for line, (where, found, wanted) in zip(lines, faults, strict=True)
        )


def _describe(value: object) -> str:
    """A value as a spec spells it: a word without quotes."""
    return value if isinstance(value, str) and len(value) < MAX_NAME_CHARS else fixture_errors.describe_value(value)


def _is_control(content: dict[str, object]) -> bool:
    servers = content.get("servers")
    first = servers[0] if isinstance(servers, list) and servers else None
    return isinstance(first, dict) and str(first.get("url")).endswith("/__admin")


def _find_malformed(where: tuple[str | int, ...], value: object) -> Iterator[tuple[tuple[str | int, ...], str, str]]:
    """Find the errors that make a spec useless as an oracle: unknown types and places."""
    if isinstance(value, list):
        for index, item in enumerate(value):
            yield from _find_malformed((*where, index), item)
    if not isinstance(value, dict):
        return
    if "in" in value and "name" in value and "properties" not in where[-1:]:
        if value["in"] not in PARAMETER_PLACES:
            yield (*where, "in"), _describe(value["in"]), "one of " + ", ".join(PARAMETER_PLACES)
        if not isinstance(value.get("required", False), bool):
            yield (*where, "required"), _describe(value["required"]), "true or false"
    kinds = value.get("type")
    if kinds is not None and where[-1:] != ("properties",) and "securitySchemes" not in where:
        for kind in kinds if isinstance(kinds, list) else [kinds]:
            if kind not in SCHEMA_TYPES and not isinstance(kind, dict):
                yield (*where, "type"), _describe(kind), "one of " + ", ".join(SCHEMA_TYPES)
    for name, item in value.items():
        if name not in ("example", "examples", "value", "enum", "const", "default"):
            yield from _find_malformed((*where, name), item)
