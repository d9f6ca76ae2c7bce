"""ARCHITECTURE.md agrees with the code, and each of its tasks can be carried out with the files that it names."""

from __future__ import annotations

import ast
import re
import sys
from configparser import ConfigParser
from dataclasses import replace
from pathlib import Path
from typing import get_args

import pytest
from click import Context

from mockserver import vendors as shelf
from mockserver.app import create_app
from mockserver.cli.commands import commands
from mockserver.sandbox.settings import make_settings
from mockserver.sandbox.store.memory import MemoryStore
from mockserver.sdk.contract import Reading, Vendor
from mockserver.sdk.http import NetworkFault
from tests.support.acme import BILLS, RICH, Sandboxed
from tests.support.client import WALL
from tests.support.servers import ROOT

PAGE = (ROOT / "ARCHITECTURE.md").read_text(encoding="utf-8")
PACKAGE = ROOT / "mockserver"


def section(title: str) -> str:
    return PAGE.split(f"\n## {title}\n")[1].split("\n## ")[0]


def rows(title: str) -> dict[str, str]:
    """The first two columns of the section's table."""
    cells = [line.strip("|").split("|") for line in section(title).splitlines() if line.startswith("|")][2:]
    return {first.strip(): second.strip() for first, second, *_ in cells}


TASKS = {
    task: re.findall(r"`((?:mockserver|specs|fixtures|tests)/[^`]*)`", named)
    for task, named in rows("How do I…").items()
}
CLASSES = {
    node.name
    for path in PACKAGE.rglob("*.py")
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
    if isinstance(node, ast.ClassDef)
}
ALIASES = {"Basis"}


def test_it_is_short() -> None:
    assert len(PAGE.splitlines()) <= 120
    assert len(re.findall(r"^\d+\. ", section("Ten sentences"), re.MULTILINE)) == 10


def test_the_picture_has_the_layers_that_import_linter_holds() -> None:
    config = ConfigParser()
    config.read(ROOT / "setup.cfg")
    layers = re.findall(r"\w+", config["importlinter:contract:rooms"]["layers"])
    drawn = re.findall(r"^(\w+(?: │ \w+)?) [─│]", section("The rooms").split("```")[1], re.MULTILINE)
    assert [room for line in drawn for room in line.split(" │ ")] == [room for room in layers if room != "__main__"]


def test_the_glossary_has_the_classes_that_are_there_and_all_that_the_life_of_a_call_meets() -> None:
    words = set(re.findall(r"`(\w+)`", "\n".join(rows("Glossary"))))
    words |= {"Part"} & set(re.findall(r"`(\w+)`", section("Glossary")))
    assert words - ALIASES <= CLASSES
    tree = ast.parse((PACKAGE / "engine/handle.py").read_text(encoding="utf-8"))
    imported = {alias.name for node in ast.walk(tree) if isinstance(node, ast.ImportFrom) for alias in node.names}
    assert {name for name in imported if name in CLASSES} - {"StoreUnavailable"} <= words


def test_each_step_is_in_the_file_that_is_named() -> None:
    for steps, named in rows("The life of a call").items():
        text = (PACKAGE / "engine" / named.strip("`")).read_text(encoding="utf-8")
        for step in re.findall(r"`(?:\w+\.)?(\w+)`", steps):
            assert f"def {step}(" in text, step


@pytest.mark.parametrize("task", TASKS)
def test_a_task_names_at_most_four_files_that_are_there(task: str) -> None:
    assert 0 < len(TASKS[task]) <= 4
    for file in TASKS[task]:
        assert (ROOT / file.replace("<v>", "netgroot")).exists(), file


def test_adding_a_vendor(vendor: Vendor, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "newcomer").mkdir()
    lines = (
        "from pathlib import Path",
        "from tests.support.acme import acme",
        "VENDOR = acme(Path(__file__).parent, name='newcomer')",
    )
    text = "\n".join(lines)
    (tmp_path / "newcomer" / "__init__.py").write_text(text, encoding="utf-8")
    monkeypatch.setattr(shelf, "__path__", [*shelf.__path__, str(tmp_path)])
    client = create_app(make_settings({}, {}), wall=lambda: WALL).test_client()
    assert client.get(f"/newcomer{BILLS}", headers={"X-Acme-Key": RICH}).status_code == 200
    sys.modules.pop("mockserver.vendors.newcomer")


def test_adding_a_reading(vendor: Vendor, tmp_path: Path) -> None:
    spec = tmp_path / "spec.yaml"
    based = "{basis: inferred, source: none}"
    spec.write_text(
        f"{vendor.spec.read_text(encoding='utf-8')}  greeting:\n    none: {based}\n    loud: {based}\n",
        encoding="utf-8",
    )
    greeting = Reading("greeting", "none", ("none", "loud"), "Whether the reply greets.")
    server = Sandboxed(replace(vendor, readings=(*vendor.readings, greeting), spec=spec))
    assert server.get(X_Mock_Readings="acme.greeting=loud").status == 200
    assert server.get(X_Mock_Readings="acme.greeting=soft").status == 400


@pytest.mark.parametrize("kind", get_args(NetworkFault))
def test_a_kind_of_network_fault_stands_in_each_of_its_files(kind: str) -> None:
    for file in TASKS["add a kind of network fault"]:
        assert re.search(rf"\b{kind}\b", (ROOT / file).read_text(encoding="utf-8")), file


def test_a_control_route_stands_in_the_table_and_in_the_spec(vendor: Vendor) -> None:
    offers = {offer["path"] for offer in Sandboxed(vendor).control("GET", "/").json["offers"]}
    spec = (ROOT / "specs/control.yaml").read_text(encoding="utf-8")
    assert {path.removeprefix("/__admin") for path in offers if "{" not in path} <= set(
        re.findall(r"^  (/\S*):", spec, re.MULTILINE)
    ) | {"", "/"}


def test_adding_a_store(vendor: Vendor) -> None:
    class OwnStore(MemoryStore):
        """Another place for sandboxes."""

    server = Sandboxed(vendor, store=OwnStore())
    assert server.get().status == 200
    assert server.control("GET", "/requests").json["meta"]["total"] == 1


def test_each_command_has_its_file() -> None:
    for name in commands.list_commands(Context(commands)):
        assert (PACKAGE / "cli" / f"{name}.py").exists(), name
