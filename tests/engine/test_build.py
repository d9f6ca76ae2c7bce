"""Building a runtime from settings."""

from __future__ import annotations

from pathlib import Path

import pytest

from mockserver.data.fixture_errors import InvalidFixture
from mockserver.engine.build import build_runtime
from mockserver.sandbox.settings import make_settings
from mockserver.sdk.contract import Vendor
from tests.support.acme import only


@pytest.mark.parametrize(("given", "entries"), [({}, 2), ({"cache": "off"}, 0)])
def test_data_is_remembered_unless_told_otherwise(
    vendor: Vendor, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, given: dict[str, str], entries: int
) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    for _ in range(2):
        with only(vendor):
            runtime = build_runtime(make_settings(given, {}))
        assert len(runtime.start["acme"].records) == 7
        assert len(list(tmp_path.glob("mockserver/*"))) == entries  # the data and the basis of its spec


def test_scenarios_of_the_users_are_tried_before_anything_is_served(vendor: Vendor, tmp_path: Path) -> None:
    (tmp_path / "mine.yaml").write_text("description: x\nquotas: {bolt: 1/day}\n")
    with only(vendor), pytest.raises(InvalidFixture, match=r"mine.yaml:2: quotas: "):
        build_runtime(make_settings({"scenarios": str(tmp_path)}, {}))
