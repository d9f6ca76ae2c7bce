"""Control of scenarios."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from mockserver.sdk.contract import Vendor
from tests.support.acme import RICH, Sandboxed

MINE = "description: Mine.\nquotas: 3/minute\nclock: {advance: 1d}\n"


@pytest.fixture
def server(vendor: Vendor, tmp_path: Path) -> Sandboxed:
    (tmp_path / "mine.yaml").write_text(MINE)
    return Sandboxed(vendor, scenarios=tmp_path)


def test_all_are_listed_with_what_they_hold(server: Sandboxed) -> None:
    answer = server.control("GET", "/scenarios")
    by_name = {scenario["name"]: scenario for scenario in answer.json["scenarios"]}
    assert (answer.status, answer.json["active"]) == (200, None)
    assert by_name["mine"] == {
        "name": "mine",
        "description": "Mine.",
        "ours": False,
        "quotas": {"acme": "3/minute"},
        "clock": {"advance": "1d"},
    }
    assert by_name["outage"]["faults"] == [{"id": "outage-1", "status": 503}]
    assert by_name["outage"]["ours"] is True
    assert by_name["paging-hazards"]["changes"][1] == {"after": 1, "remove": "first"}
    assert by_name["expired-credentials"]["expireCredentials"] is True


def test_one_is_put_in_place_in_the_callers_own_sandbox(server: Sandboxed) -> None:
    answer = server.control("PUT", "/scenarios/active", {"name": "mine"}, sandbox="s")
    assert (answer.status, answer.json["active"]) == (200, "mine")
    assert answer.json["settings"]["quotas"] == {"acme": "3/minute"}
    assert answer.json["clock"] == {"now": "2026-04-01T12:00:00Z", "mode": "ticking"}
    assert server.control("GET", "/scenarios", sandbox="s").json["active"] == "mine"
    assert server.control("GET", "/scenarios").json["active"] is None
    assert server.control("GET", "/sandboxes/s").json["scenario"] == "mine"


def test_a_reset_takes_it_away(server: Sandboxed) -> None:
    server.control("PUT", "/scenarios/active", {"name": "expired-credentials"})
    assert server.get().status == 401
    server.control("POST", "/reset")
    assert server.get().status == 200
    assert server.control("GET", "/scenarios").json["active"] is None


@pytest.mark.parametrize(
    ("body", "status"), [({}, 422), ({"name": 1}, 422), ({"name": "none"}, 404), ({"name": "mine", "x": 1}, 422)]
)
def test_what_cannot_be_is_refused_and_changes_nothing(server: Sandboxed, body: Any, status: int) -> None:
    server.control("PUT", "/scenarios/active", {"name": "outage"})
    assert server.control("PUT", "/scenarios/active", body).status == status
    assert server.control("GET", "/scenarios").json["active"] == "outage"


def test_one_that_was_broken_since_the_start_is_told_whole(server: Sandboxed, tmp_path: Path) -> None:
    (tmp_path / "mine.yaml").write_text("description: x\nstrict: 1\ndelay: x\n")
    for answer in (
        server.control("PUT", "/scenarios/active", {"name": "mine"}),
        server.control("GET", "/scenarios"),
    ):
        assert (answer.status, answer.json["type"]) == (422, "urn:mockserver:bad-scenario")
        assert [fault["path"] for fault in answer.json["validation"]] == [
            f"{tmp_path}/mine.yaml:2 strict",
            f"{tmp_path}/mine.yaml:3 delay",
        ]
    assert server.control("PUT", "/scenarios/active", {"name": "outage"}).status == 200


def test_where_scenarios_are_described_is_told(server: Sandboxed, tmp_path: Path) -> None:
    (tmp_path / "mine.yaml").write_text("descripton: x\n")
    detail = server.control("PUT", "/scenarios/active", {"name": "mine"}).json["detail"]
    assert detail.endswith("Such files are described in docs/scenarios.md.")


def test_a_credential_in_a_rule_is_not_shown(server: Sandboxed, tmp_path: Path) -> None:
    (tmp_path / "mine.yaml").write_text(f"description: x\nfaults:\n- {{status: 503, match: {{credential: {RICH}}}}}\n")
    answer = server.control("GET", "/scenarios")
    (mine,) = [each for each in answer.json["scenarios"] if each["name"] == "mine"]
    assert (mine["faults"][0]["match"], RICH in answer.body.decode()) == ({"credential": "[redacted]"}, False)
    server.control("PUT", "/scenarios/active", {"name": "mine"})
    assert server.get().status == 503


def test_one_whose_changes_the_data_cannot_take_is_told(server: Sandboxed, tmp_path: Path) -> None:
    (tmp_path / "mine.yaml").write_text("description: x\nchanges:\n- {vendor: acme, remove: [77]}\n")
    answer = server.control("PUT", "/scenarios/active", {"name": "mine"})
    assert (answer.status, answer.json["validation"][0]["found"]) == (422, "acme has no record '77' here")
    assert server.ids() == [1, 2, 3, 4, 5]


@pytest.mark.parametrize(
    "name", ["../secret", "..", "/etc/passwd", "%2e%2e/secret", "sub/mine", "mine\x00", "mine.yaml", ""]
)
def test_no_name_leads_out_of_the_folder(server: Sandboxed, tmp_path: Path, name: str) -> None:
    (tmp_path.parent / "secret.yaml").write_text(MINE)
    (tmp_path / "sub").mkdir(exist_ok=True)
    (tmp_path / "sub" / "mine.yaml").write_text(MINE)
    answer = server.control("PUT", "/scenarios/active", {"name": name})
    assert (answer.status, answer.json["type"]) == (404, "urn:mockserver:not-found")
