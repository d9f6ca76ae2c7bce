"""docs/sources.md explains every source in listings."""

from __future__ import annotations

import re

from tests.support.servers import ROOT

LISTED = set(
    re.findall(r"^\| (P\[\w+\]|\d{3}) \|", (ROOT / "docs/sources.md").read_text(encoding="utf-8"), re.MULTILINE)
)
TEXTS = {
    path.relative_to(ROOT).as_posix(): path.read_text(encoding="utf-8")
    for folder in ("mockserver", "specs", "fixtures", "tests")
    for path in sorted((ROOT / folder).rglob("*"))
    if path.suffix in (".py", ".yaml")
}


def test_every_source_that_is_cited_is_listed() -> None:
    cited = {source: file for file, text in TEXTS.items() for source in re.findall(r"P\[\d+\w?\]", text)}
    cited |= {source: file for file, text in TEXTS.items() for source in re.findall(r"\b(00\d):\d", text)}
    assert len(cited) > 15
    assert {source: file for source, file in cited.items() if source not in LISTED} == {}


def test_each_spec_says_where_its_sources_are_listed() -> None:
    for file, text in TEXTS.items():
        if file.startswith("specs/"):
            assert "P[" not in text or "docs/sources.md" in text.partition("openapi:")[0], file
