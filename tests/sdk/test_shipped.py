"""Where specs and fixtures lie."""

from __future__ import annotations

from pathlib import Path

import pytest

from mockserver.sdk import shipped


def test_in_a_checkout_they_are_at_the_top() -> None:
    top = Path(__file__).parent.parent.parent
    assert shipped.folder("specs") == top / "specs"
    assert shipped.spec("acme") == top / "specs" / "acme.yaml"
    assert shipped.fixtures("acme") == top / "fixtures" / "acme"


def test_in_an_installation_the_packed_copy_is_taken(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    package = tmp_path / "mockserver"
    (package / "_shipped" / "specs").mkdir(parents=True)
    monkeypatch.setattr(shipped, "_PACKAGE", package)
    assert shipped.spec("acme") == package / "_shipped" / "specs" / "acme.yaml"
    assert shipped.fixtures("acme") == tmp_path / "fixtures" / "acme"
