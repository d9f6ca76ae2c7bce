"""Dependencies: the pins fit setup.cfg and are used, licences are listed, findings are reported."""

from __future__ import annotations

import json
import re
import sys
from collections.abc import Iterator
from importlib.metadata import Distribution
from itertools import product
from pathlib import Path

import pytest
from packaging.markers import default_environment
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name
from packaging.version import Version

from tests import supply
from tests.supply import LOWEST, PINNED, ROOT, closure, licence, pins, version

PYTHONS = ("3.11", "3.12", "3.13", "3.14", "3.15")
SYSTEMS = (("linux", "Linux", "posix"), ("darwin", "Darwin", "posix"), ("win32", "Windows", "nt"))


def environments() -> Iterator[dict[str, str]]:
    """The environment of markers on each Python and system."""
    for python, (system, platform, name) in product(PYTHONS, SYSTEMS):
        here = {name: str(value) for name, value in default_environment().items()}
        there = {
            "python_version": python,
            "python_full_version": f"{python}.9",
            "implementation_version": f"{python}.9",
        }
        yield here | there | {"sys_platform": system, "platform_system": platform, "os_name": name}


@pytest.mark.parametrize("path", [PINNED, LOWEST], ids=lambda path: path.stem)
def test_every_requirement_has_one_version_that_fits_it_on_every_python_and_system(path: Path) -> None:
    pinned, wanted = pins(path), supply.requirements()
    assert wanted["build"]
    for environment in environments():
        for want in (want for group in wanted.values() for want in group):
            if want.marker and not want.marker.evaluate(environment):
                continue
            lines = pinned[canonicalize_name(want.name)]
            (line,) = [pin for pin in lines if pin.marker is None or pin.marker.evaluate(environment)]
            assert want.specifier.contains(version(line)), f"{want}: make constraints"
        for name, lines in pinned.items():
            there = [pin for pin in lines if pin.marker is None or pin.marker.evaluate(environment)]
            assert len(there) <= 1, (name, environment)


@pytest.mark.parametrize("path", [PINNED, LOWEST], ids=lambda path: path.stem)
def test_the_files_hold_exact_versions_and_name_no_place_to_get_them_from(path: Path) -> None:
    text = path.read_text(encoding="utf-8")
    lines = [line for line in text.splitlines() if not line.lstrip().startswith("#")]
    assert len(lines) > 80
    assert all(re.fullmatch(r"[a-z0-9-]+==[\w.]+( ; .+)?", line) for line in lines)
    assert not re.search(r"://|index-url|find-links|@ |/tmp", text)
    assert "make constraints" in text.splitlines()[1]


def test_the_lowest_are_the_bounds_of_what_a_server_needs() -> None:
    wanted, lowest = supply.at_run_time(), pins(LOWEST)
    assert {"flask", "redis", "flask-swagger-ui"} <= {want.name for want in wanted}
    for want in wanted:
        (bound,) = [spec.version for spec in want.specifier if spec.operator == ">="]
        assert {Version(version(pin)) for pin in lowest[canonicalize_name(want.name)]} == {Version(bound)}


def test_a_bound_becomes_the_only_version() -> None:
    wanted = [Requirement("one>=1.2,<2"), Requirement("two==3.*"), Requirement("three>=4; os_name == 'nt'")]
    assert supply.bounds(wanted) == ["one==1.2", "three==4"]


def test_make_ci_and_the_image_install_what_is_pinned() -> None:
    makefile, image = (ROOT / "Makefile").read_text(encoding="utf-8"), (ROOT / "Dockerfile").read_text(encoding="utf-8")
    both = r"PIP_CONSTRAINT={0} PIP_BUILD_CONSTRAINT={0}"
    assert "PINS ?= constraints/pinned.txt\n" in makefile
    assert "PIP = " + both.format("$(PINS)") in makefile
    installing = [line for line in makefile.splitlines() if "pip install" in line]
    assert len(installing) == 1  # by PIP, and by nothing beside it
    assert "export " + both.format("constraints/pinned.txt") in image
    assert image.index("COPY constraints/pinned.txt constraints/") < image.index("pip install")
    assert image.count("pip install") == 1
    ran = (ROOT / ".ci" / "run").read_text(encoding="utf-8")
    assert "pip install" not in ran
    assert {"make audit", "make test-lowest"} <= set(re.findall(r"^make [\w-]+", ran, re.MULTILINE))


# Licences -------------------------------------------------------------------------------------------------------------


def test_the_table_of_licences_is_of_what_is_pinned() -> None:
    pinned, rows = pins(PINNED), supply.shown()
    names = [row[0] for row in rows]
    assert names == sorted(names)
    for name, number, _, _ in rows:
        assert number in {version(pin) for pin in pinned[name]}, f"{name}: make licences"


def test_all_that_a_server_brings_along_is_in_the_table() -> None:
    rows = {row[0]: row for row in supply.shown()}
    assert {canonicalize_name(want.name) for want in supply.at_run_time()} <= set(rows)
    here = supply.by_name(sys.path)
    if here["flask"].version != rows["flask"][1]:
        pytest.skip("other versions than the pinned ones are installed, and the table is of those")
    brought = set(closure(supply.at_run_time(), here))
    assert {"jinja2", "markupsafe"} <= brought <= set(rows)
    for name in brought:
        assert licence(here[name]) == rows[name][2], name


def test_none_is_under_a_licence_that_is_not_on_the_list() -> None:
    for name, _, words, _ in supply.shown():
        assert supply.is_allowed(words), f"{name} is under {words}"


@pytest.mark.parametrize(
    ("words", "allowed"),
    [
        ("MIT", True),
        ("Apache-2.0 AND BSD-2-Clause", True),
        ("MIT AND GPL-3.0-only", False),
        ("MIT OR GPL-3.0-only", True),
        ("(MIT OR LGPL-2.1-only)", True),
        ("AGPL-3.0-or-later", False),
        ("unknown", False),
    ],
)
def test_what_is_allowed(words: str, allowed: bool) -> None:
    assert supply.is_allowed(words) is allowed


class Package(Distribution):
    """A distribution with given metadata."""

    def __init__(self, *lines: str) -> None:
        self.lines = ("Metadata-Version: 2.4", "Name: some", "Version: 1", *lines)

    def read_text(self, filename: str) -> str | None:
        return "\n".join((*self.lines, "")) if filename == "METADATA" else None

    def locate_file(self, path: object) -> Path:
        raise NotImplementedError


@pytest.mark.parametrize(
    ("lines", "told"),
    [
        (["License-Expression: MIT", "License: whatever"], "MIT"),
        (["Classifier: License :: OSI Approved :: BSD License", "License: BSD 3-Clause License"], "BSD-3-Clause"),
        (["Classifier: License :: OSI Approved :: Apache Software License"], "Apache-2.0"),
        (["Classifier: License :: OSI Approved :: GNU Affero General Public License v3"], None),
        (["License: Proprietary"], "Proprietary"),
        ([], "unknown"),
    ],
)
def test_a_package_says_its_licence_in_an_expression_or_in_older_fields(lines: list[str], told: str | None) -> None:
    found = licence(Package(*lines))
    assert found == told or (told is None and not supply.is_allowed(found))


# Known vulnerabilities ------------------------------------------------------------------------------------------------

GOOD = {"name": "good", "version": "1.0", "vulns": []}
BAD = {"name": "bad", "version": "2.0", "vulns": [{"id": "CVE-1", "fix_versions": ["2.1"]}]}
WORSE = {"name": "worse", "version": "3.0", "vulns": [{"id": "CVE-2", "fix_versions": []}]}
UNKNOWN = {"name": "unknown", "skip_reason": "Dependency not found"}


@pytest.mark.parametrize(
    ("packages", "status", "told"),
    [
        ([GOOD], 0, ["1 packages looked at, 0 findings"]),
        (
            [GOOD, BAD, WORSE],
            1,
            [
                "bad 2.0: CVE-1, mended in 2.1",
                "worse 3.0: CVE-2, not mended yet",
                "3 packages looked at, 2 findings",
            ],
        ),
        (
            [GOOD, UNKNOWN],
            0,
            ["the database does not know unknown, which was not looked at", "1 packages looked at, 0 findings"],
        ),
        ([UNKNOWN], 0, ["audit skipped: the database knows none of the 1 packages. NOTHING WAS LOOKED AT."]),
    ],
)
def test_findings_fail_and_what_was_not_looked_at_is_said(
    packages: list[dict[str, object]], status: int, told: list[str]
) -> None:
    assert supply.verdict(status, json.dumps({"dependencies": packages}), "") == (status, told)


def test_a_database_that_cannot_be_reached_is_no_finding_but_a_failure_of_the_tool_is_one() -> None:
    away = supply.verdict(1, "", "requests.exceptions.ConnectionError: no such host")
    assert away == (0, ["audit skipped: the database cannot be reached. NOTHING WAS LOOKED AT."])
    status, told = supply.verdict(2, "", "unrecognized arguments: --nonsense")
    assert (status, told[-1]) == (2, "unrecognized arguments: --nonsense")
