"""docs/warnings.md lists exactly the codes of warnings."""

from __future__ import annotations

import re

from tests.support.servers import ROOT

LISTED = re.findall(r"^\| `([a-z-]+)` \|", (ROOT / "docs/warnings.md").read_text(encoding="utf-8"), re.MULTILINE)
FORMS = (
    r"warn\(\s*[^,()]+(?:\([^)]*\))?,\s*\"([a-z-]+)\"",
    r"CallWarning\(\s*f?\"[^\"]*\",\s*\"([a-z-]+)\"",
    r"\"code\":\"([a-z-]+)\"",
    r"(?:STORE_UNAVAILABLE|REFUSED_HEADER|UNDOCUMENTED_HEADER) = \"([a-z-]+)\"",
    r"Problem\(\"(?:Unknown|Ambiguous) path\", [^)]*\"([a-z-]+-path)\"",
)


def test_every_code_is_listed_once() -> None:
    source = "\n".join(path.read_text(encoding="utf-8") for path in sorted((ROOT / "mockserver").rglob("*.py")))
    said = {code for form in FORMS for code in re.findall(form, source)}
    assert len(said) > 10
    assert len(set(LISTED)) == len(LISTED)
    assert said <= set(LISTED)
    assert {code for code in LISTED if f'"{code}"' not in source and f'"code":"{code}"' not in source} == set()
