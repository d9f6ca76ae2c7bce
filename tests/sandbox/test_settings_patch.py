"""Validation of the settings of a sandbox; tests/admin covers their effect on calls."""

from __future__ import annotations

from dataclasses import replace

import pytest

from mockserver.sandbox.settings_patch import KEYS, describe_settings, patch_sandbox
from mockserver.sdk.contract import Vendor
from mockserver.sdk.errors import InvalidSetting, Problem
from mockserver.sdk.quota import Quota
from tests.support.acme import Sandboxed


def test_the_sandbox_itself_is_left_as_it_was(vendor: Vendor) -> None:
    rooms = Sandboxed(vendor).runtime.sandboxes
    before = rooms.get_or_create("a", 0.0)
    changes = {"strict": True, "quotas": {"acme": "3/minute"}, "dataset": "hand", "delay": 5}
    after = patch_sandbox(rooms, before, changes, 0.0)
    assert (after.strict, after.quotas, after.dataset, after.delay) == (True, {"acme": Quota(3, 60)}, "hand", 5)
    assert rooms.get_or_create("a", 0.0) == before != after
    assert tuple(describe_settings(after)) == KEYS
    back = patch_sandbox(rooms, after, {**describe_settings(before), "quotas": {"acme": None}}, 0.0)
    assert replace(back, epoch=before.epoch) == before


def test_what_cannot_be_set_is_a_sentence(vendor: Vendor) -> None:
    rooms = Sandboxed(vendor).runtime.sandboxes
    sandbox = rooms.get_or_create("a", 0.0)
    with pytest.raises(
        InvalidSetting, match=r"^There is no setting 'clock', wanted dataset, readings, quotas, strict,"
    ):
        patch_sandbox(rooms, sandbox, {"strict": True, "clock": "real"}, 0.0)
    with pytest.raises(Problem, match=r"There is no reading acme\.x"):
        patch_sandbox(rooms, sandbox, {"readings": {"acme.x": "y"}}, 0.0)
