"""docs/scenarios.md describes every key of a scenario file, and its example is valid."""

from __future__ import annotations

import re
from pathlib import Path

from click.testing import CliRunner

from mockserver.app import create_app
from mockserver.cli import commands
from mockserver.data import yaml_text
from mockserver.sandbox.fault_rules import FaultRule
from mockserver.sandbox.scenario import KEYS, Scenarios
from mockserver.sandbox.scenario_faults import FORMAT
from mockserver.sandbox.scheduled_changes import ACTIONS, ScheduledChange
from mockserver.sandbox.settings import make_settings
from tests.support.client import WALL
from tests.support.servers import ROOT

PAGE = (ROOT / FORMAT).read_text(encoding="utf-8")
NAMED = re.findall(r"^```yaml\n# (\S+)\.yaml\n(.*?)^```$", PAGE, re.MULTILINE | re.DOTALL)


def test_the_example_is_valid_has_every_key_and_can_be_put_in_place(tmp_path: Path) -> None:
    ((name, text),) = NAMED
    file = tmp_path / f"{name}.yaml"
    file.write_text(text, encoding="utf-8")
    checked = CliRunner().invoke(commands.commands, ["validate", str(file)])
    assert (checked.exit_code, checked.stdout) == (0, "1 file checked, nothing wrong.\n")
    assert tuple(yaml_text.load(text)) == KEYS
    rooms = create_app(make_settings({"scenarios": tmp_path}, {}), wall=lambda: WALL).extensions["mockserver"].sandboxes
    scenarios = Scenarios(rooms)
    made = scenarios.apply(scenarios.get(name, WALL), "a", WALL)
    assert (made.scenario, len(made.faults), len(made.changes)) == (name, 2, 2)


def test_the_page_has_every_key() -> None:
    rows = "\n".join(line for line in PAGE.splitlines() if line.startswith("|"))
    parts = [part for part in FaultRule.__slots__ if part != "id"]
    for key in (*KEYS, *parts, *(f"{action}:" for action in ACTIONS)):
        assert f"`{key}" in rows, key
    for key in ("vendor", "after"):
        assert key in ScheduledChange.__slots__
        assert f"`{key}" in PAGE


def test_a_wrong_file_leads_to_the_page(tmp_path: Path) -> None:
    (tmp_path / "mine.yaml").write_text("description: x\nfault: []\n")
    told = CliRunner().invoke(commands.commands, ["validate", str(tmp_path)]).stderr
    assert told.splitlines()[1:] == [f"mockserver: {FORMAT} describes such files.", "mockserver: 1 fault in 1 file."]


def test_the_readme_leads_to_the_page() -> None:
    readme = (ROOT / "README.md").read_text(encoding="utf-8")
    assert FORMAT in next(line for line in readme.splitlines() if line.startswith("| `scenarios`"))
