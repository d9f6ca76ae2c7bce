"""What all this is built on: exact versions, the lowest ones that setup.cfg allows, licences, known vulnerabilities.

``python -m tests.supply constraints`` resolves setup.cfg into constraints/, ``licences`` writes the table of
docs/supply-chain.md, and ``audit`` asks a database about what is pinned. CONTRIBUTING.md says when.
"""

from __future__ import annotations

import argparse
import json
import re
import subprocess
import sys
import tempfile
from collections.abc import Iterable, Iterator, Mapping, Sequence
from configparser import ConfigParser
from importlib.metadata import Distribution, distributions
from pathlib import Path

from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

ROOT = Path(__file__).parent.parent
PINNED = ROOT / "constraints" / "pinned.txt"
LOWEST = ROOT / "constraints" / "lowest.txt"
PAGE = ROOT / "docs" / "supply-chain.md"
BEGIN, END = "<!-- made by make licences -->\n", "<!-- end -->\n"
AT_RUN_TIME = ("redis", "docs")  # extras that a server may be installed with
BESIDE_THE_LOWEST = ("check-jsonschema<0.37",)  # newer ones want a newer click than they say
OLDEST_PYTHON = "3.11"
UNIVERSAL = ("--universal", "--python-version", OLDEST_PYTHON, "--custom-compile-command", "make constraints")
ALLOWED = frozenset({"MIT", "BSD", "BSD-2-Clause", "BSD-3-Clause", "Apache-2.0", "PSF-2.0", "ISC"})
"""What a server may be made of: licences that ask for no more than their text to be kept."""
SPDX = {
    "MIT License": "MIT",
    "The MIT License (MIT)": "MIT",
    "BSD License": "BSD",
    "BSD 3-Clause License": "BSD-3-Clause",
    "Apache Software License": "Apache-2.0",
    "Apache License 2.0": "Apache-2.0",
    "Apache 2.0": "Apache-2.0",
    "Python Software Foundation License": "PSF-2.0",
    "ISC License (ISCL)": "ISC",
}


def requirements() -> dict[str, list[Requirement]]:
    """What setup.cfg wants: without an extra (under the empty text), by extra, and to build (``build``)."""
    setup, project = ConfigParser(), ConfigParser()
    setup.read(ROOT / "setup.cfg", encoding="utf-8")
    project.read(ROOT / "pyproject.toml", encoding="utf-8")
    lists = {"": setup["options"]["install_requires"], **setup["options.extras_require"]}
    wanted = {name: [Requirement(line) for line in text.split("\n") if line] for name, text in lists.items()}
    return wanted | {"build": [Requirement(text) for text in json.loads(project["build-system"]["requires"])]}


def at_run_time() -> list[Requirement]:
    wanted = requirements()
    return [requirement for group in ("", *AT_RUN_TIME) for requirement in wanted[group]]


def pins(path: Path) -> dict[str, list[Requirement]]:
    """The lines of a file of constraints by the package's name; of several one holds for each Python and system."""
    found: dict[str, list[Requirement]] = {}
    for line in path.read_text(encoding="utf-8").splitlines():
        if line and not line.lstrip().startswith("#"):
            found.setdefault(canonicalize_name(Requirement(line).name), []).append(Requirement(line))
    return found


def version(pin: Requirement) -> str:
    """The one version that a line allows."""
    (only,) = pin.specifier
    assert only.operator == "==", pin
    return only.version


# Constraints ----------------------------------------------------------------------------------------------------------


def bounds(wanted: Iterable[Requirement]) -> list[str]:
    """The lower bound of each, as the only version."""
    return [f"{want.name}=={spec.version}" for want in wanted for spec in want.specifier if spec.operator == ">="]


def uv(*arguments: str, given: str = "") -> str:
    """What uv prints."""
    command = [sys.executable, "-m", "uv", *arguments]
    return subprocess.run(command, cwd=ROOT, input=given, stdout=subprocess.PIPE, text=True, check=True).stdout


def constrain(*more: str) -> None:
    """Resolve setup.cfg into both files. What is pinned stays so while it fits; ``--upgrade`` takes what is newest."""
    PINNED.parent.mkdir(exist_ok=True)
    sources = ("setup.cfg", "-")
    to_build = "\n".join(map(str, requirements()["build"]))
    whole = ("pip", "compile", "--quiet", *UNIVERSAL, "--all-extras", *sources)
    uv(*whole, "--output-file", str(PINNED), *more, given=to_build)
    LOWEST.write_bytes(PINNED.read_bytes())  # what has no bound there is as in the other
    with tempfile.NamedTemporaryFile("w", suffix=".txt") as lowest:
        lowest.write("\n".join((*bounds(at_run_time()), *BESIDE_THE_LOWEST)))
        lowest.flush()
        uv(*whole, "--no-annotate", "--constraint", lowest.name, "--output-file", str(LOWEST), given=to_build)


# Licences -------------------------------------------------------------------------------------------------------------


def licence(found: Distribution) -> str:
    """Under what a package is, as it says itself: an SPDX expression, or else the most precise of its older fields."""
    told = found.metadata
    for expression in told.get_all("License-Expression", []):
        return str(expression)
    classified = [name.rpartition(" :: ")[2] for name in told.get_all("Classifier", []) if name.startswith("License")]
    written = [text.strip() for text in told.get_all("License", [])]
    names = [SPDX.get(name, name) for name in (*written, *classified) if name and "\n" not in name]
    precise = [name for name in names if name in ALLOWED and name != "BSD"]
    return str((precise or names or ["unknown"])[0])


def alternatives(expression: str) -> list[list[str]]:
    """The licences of an SPDX expression: all of any one list must be kept."""
    return [re.split(r"\s+AND\s+", choice.strip(" ()")) for choice in re.split(r"\s+OR\s+", expression)]


def is_allowed(expression: str) -> bool:
    return any(all(name.strip(" ()") in ALLOWED for name in names) for names in alternatives(expression))


def closure(roots: Iterable[Requirement], known: Mapping[str, Distribution]) -> Iterator[str]:
    """The packages that these bring along on any system, themselves included, as far as they are known."""
    waiting, seen = list(roots), set[str]()
    while waiting:
        name = canonicalize_name(waiting.pop().name)
        if name in seen or name not in known:
            continue
        seen.add(name)
        yield name
        brought = map(Requirement, known[name].requires or ())
        waiting += [one for one in brought if one.marker is None or "extra ==" not in str(one.marker)]


def by_name(path: Sequence[str]) -> dict[str, Distribution]:
    """The packages that are installed in these folders."""
    return {canonicalize_name(found.metadata["Name"]): found for found in distributions(path=[*path])}


def rows(known: Mapping[str, Distribution]) -> list[tuple[str, str, str, str]]:
    """Of each package that a server may be made of: name, version, licence, and which extras bring it."""
    wanted = requirements()
    brings = {group: set(closure(wanted[group], known)) for group in ("", *AT_RUN_TIME)}
    names = sorted(set().union(*brings.values()))
    return [
        (
            name,
            known[name].version,
            licence(known[name]),
            "always" if name in brings[""] else ", ".join(group for group in AT_RUN_TIME if name in brings[group]),
        )
        for name in names
    ]


def table(found: Iterable[tuple[str, ...]]) -> str:
    lines = [("package", "version", "licence", "with"), ("---",) * 4, *found]
    return "".join(f"| {' | '.join(line)} |\n" for line in lines)


def shown() -> list[tuple[str, ...]]:
    """The rows of the table as the page has it."""
    text = PAGE.read_text(encoding="utf-8")
    lines = text[text.index(BEGIN) : text.index(END)].splitlines()[3:]
    return [tuple(cell.strip() for cell in line.strip("|").split("|")) for line in lines]


def list_licences() -> int:
    """Write the table from what the packages say, also those of other systems; the exit status."""
    extras = [word for extra in AT_RUN_TIME for word in ("--extra", extra)]
    told = uv(
        "pip", "compile", "--quiet", *UNIVERSAL, *extras, "--constraint", str(PINNED), "--no-annotate", "setup.cfg"
    )
    exact = [line.partition(" ;")[0] for line in told.splitlines() if not line.startswith("#")]
    with tempfile.TemporaryDirectory() as folder:
        uv("pip", "install", "--quiet", "--no-deps", "--target", folder, *exact)
        found = rows(by_name([folder]))
    text = PAGE.read_text(encoding="utf-8")
    start, end = text.index(BEGIN) + len(BEGIN), text.index(END)
    PAGE.write_text(text[:start] + table(found) + text[end:], encoding="utf-8")
    refused = [f"{name} {version}: {words}" for name, version, words, _ in found if not is_allowed(words)]
    print(*refused, f"{len(found)} packages, {len(refused)} under a licence that is not on the list", sep="\n")
    return 1 if refused else 0


# Known vulnerabilities ------------------------------------------------------------------------------------------------

UNREACHED = re.compile(r"ConnectionError|ServiceError|Timeout|Could not connect|may be blocking", re.IGNORECASE)
SECONDS = 60


def audit() -> int:
    """Say which pinned version has a known vulnerability; the exit status."""
    asking = (
        "--requirement",
        str(PINNED),
        "--no-deps",
        "--disable-pip",
        "--progress-spinner",
        "off",
        "--format",
        "json",
    )
    command = [sys.executable, "-m", "pip_audit", "--timeout", "10", *asking]
    try:
        done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False, timeout=SECONDS)
        status, told = verdict(done.returncode, done.stdout, done.stderr)
    except subprocess.TimeoutExpired:
        status, told = 0, [f"audit skipped: the database did not answer within {SECONDS} s. NOTHING WAS LOOKED AT."]
    print(*told, sep="\n")
    return status


def verdict(status: int, printed: str, complaints: str) -> tuple[int, list[str]]:
    """What pip-audit's findings come to: an exit status, and what to say. A database that cannot be reached, or that
    knows none of the packages, as some mirrors do, is no finding, and no "nothing found" either.
    """
    try:
        looked = json.loads(printed)["dependencies"]
    except (ValueError, KeyError):
        if UNREACHED.search(complaints):
            return 0, ["audit skipped: the database cannot be reached. NOTHING WAS LOOKED AT."]
        return status or 1, ["pip-audit failed:", complaints.strip()[-2000:]]
    found = [
        f"{package['name']} {package['version']}: {hole['id']}"
        + (f", mended in {', '.join(hole['fix_versions'])}" if hole["fix_versions"] else ", not mended yet")
        for package in looked
        for hole in package.get("vulns", ())
    ]
    unknown = [package["name"] for package in looked if "skip_reason" in package]
    if looked and len(unknown) == len(looked):
        return 0, [f"audit skipped: the database knows none of the {len(looked)} packages. NOTHING WAS LOOKED AT."]
    passed = [f"the database does not know {name}, which was not looked at" for name in unknown]
    return int(bool(found)), [
        *found,
        *passed,
        f"{len(looked) - len(unknown)} packages looked at, {len(found)} findings",
    ]


def main(arguments: Sequence[str]) -> int:
    """Do one of the three; the exit status."""
    parser = argparse.ArgumentParser(prog="python -m tests.supply", description=__doc__)
    parser.add_argument("what", choices=("constraints", "licences", "audit"))
    asked, more = parser.parse_known_args(arguments)
    if asked.what == "audit":
        return audit()
    if asked.what == "constraints":
        constrain(*more)
    return list_licences()


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
