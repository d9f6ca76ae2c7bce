"""Every promise of SECURITY.md has a test."""

from __future__ import annotations

import re
from pathlib import Path

from mockserver.admin import http, redact
from mockserver.data import yaml_text
from mockserver.engine import redaction
from mockserver.engine.gates import MAX_TARGET_BYTES
from mockserver.sandbox import editor, fault_rules
from mockserver.sandbox.matching import MAX_NAMES
from mockserver.sdk import similar
from mockserver.sdk.jsontext import MAX_DIGITS
from mockserver.server import malformed

ROOT = Path(__file__).parent.parent.parent
PAGE = (ROOT / "SECURITY.md").read_text(encoding="utf-8")
PROVED = re.compile(r"`(tests/[\w/]+\.py)::(\w+)`")


def rows() -> list[list[str]]:
    table = [line.strip("| \n").split(" | ") for line in PAGE.splitlines() if line.startswith("|")]
    return table[2:]


def test_every_promise_names_tests_that_there_are() -> None:
    assert len(rows()) > 20
    for promise, _, proof in rows():
        named = PROVED.findall(proof)
        assert named, promise
        assert PROVED.sub("", proof).strip(" ,") == "", proof
        for file, test in named:
            assert f"\ndef {test}(" in (ROOT / file).read_text(encoding="utf-8"), f"{file}::{test}"


def test_the_limits_are_those_of_the_code() -> None:
    limits = " ".join(limit for _, limit, _ in rows())
    told = {
        f"{MAX_TARGET_BYTES:,} bytes": "a request line in the vendor's words",
        f"{malformed.MAX_LINE_BYTES:,} bytes": "a request line",
        f"{malformed.MAX_HEADERS} headers of {malformed.MAX_HEADER_BYTES:,} bytes": "headers",
        f"{http.MAX_BODY_BYTES:,} bytes": "a body of control",
        f"{http.MAX_BODY_LEVELS} levels": "JSON",
        f"{http.MAX_BODY_VALUES:,} values": "JSON",
        f"{yaml_text.MAX_DEPTH} levels": "YAML",
        f"{MAX_DIGITS:,} digits": "a number",
        f"{MAX_NAMES} names": "a matcher",
        f"{redaction.MAX_BODY_BYTES:,} bytes": "a body of a call",
        f"{editor.MAX_GENERATED:,} records": "records made at once",
        f"{fault_rules.MAX_RULES} rules": "fault rules",
        f"{similar.MAX_NAME_CHARS} characters": "a name that may be a slip",
        f"{redact.MAX_DETAIL_CHARS:,} characters": "a problem",
    }
    for limit, what in told.items():
        assert limit in limits, what


def test_the_readme_leads_there() -> None:
    assert "SECURITY.md" in (ROOT / "README.md").read_text(encoding="utf-8")
