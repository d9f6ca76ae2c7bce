"""docs/operations.md names every metric, and every field of a log line."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest
from prometheus_client.parser import text_string_to_metric_families

from mockserver.engine import access_log
from mockserver.engine.reload import POLL_SECONDS
from mockserver.sdk.contract import Vendor
from tests.support.acme import BILLS, Sandboxed

PAGE = (Path(__file__).parent.parent.parent / "docs" / "operations.md").read_text(encoding="utf-8")


def test_it_has_each_family_with_its_type_and_labels(vendor: Vendor) -> None:
    server = Sandboxed(vendor)
    server.get(BILLS)
    told = set()
    for family in text_string_to_metric_families(server.runtime.metrics.render(sandboxes=1)):
        name = family.name + ("_total" if family.type == "counter" else "")
        labels = {label for sample in family.samples for label in sample.labels} - {"le"}
        told.add((name, family.type, frozenset(labels)))
    rows = re.findall(r"^\| `(mockserver_\w+)` \| (\w+) \| (.*?) \|", PAGE, re.MULTILINE)
    assert {(name, kind, frozenset(re.findall(r"`(\w+)`", labels))) for name, kind, labels in rows} == told


def test_it_has_each_field_of_a_line(vendor: Vendor, capsys: pytest.CaptureFixture[str]) -> None:
    server = Sandboxed(vendor)
    server.runtime.observers.append(access_log.make_observer("json"))
    server.get(BILLS)
    fields = list(json.loads(capsys.readouterr().err))
    line = PAGE[PAGE.index("writes one object a line") : PAGE.index("what else the server has to say")]
    assert sorted(re.findall(r"`(\w+)`", line)) == sorted(fields)


def test_it_says_how_often_files_are_looked_at() -> None:
    assert f"{ {5: 'five'}[round(1 / POLL_SECONDS)] } times a second" in PAGE
