"""docs/verdict.md has the rule of each check, and which checks decide where."""

from __future__ import annotations

import re
from datetime import timedelta
from pathlib import Path

from mockserver.engine.verdict import CHECKS, OPTIONAL_CHECKS
from mockserver.engine.verdict_evidence import MIN_WAIT

PAGE = (Path(__file__).parent.parent.parent / "docs" / "verdict.md").read_text(encoding="utf-8")


def test_it_has_one_rule_for_each_check() -> None:
    rows = re.findall(r"^\| `([\w-]+)` \| (.*) \|$", PAGE, re.MULTILINE)
    assert tuple(name for name, _ in rows) == CHECKS
    assert all(rule.startswith("Broken when ") and rule.endswith(".") and ". " not in rule for _, rule in rows)
    assert f"within {MIN_WAIT // timedelta(milliseconds=1)} ms" in dict(rows)["back-off"]


def test_it_says_what_mockserver_run_does_not_go_by() -> None:
    assert f"| `mockserver run` | all checks but {', '.join(f'`{name}`' for name in OPTIONAL_CHECKS)} |" in PAGE
