"""A dataset's accounts."""

from __future__ import annotations

from mockserver.sdk.dataset import Accounts

ACCOUNTS = Accounts([{"id": "a", "token": "1"}, {"id": "b", "token": "2"}, {"id": "c", "token": "1"}, {"id": "d"}])


def test_they_keep_their_order() -> None:
    assert [account["id"] for account in ACCOUNTS] == ["a", "b", "c", "d"]
    assert len(ACCOUNTS) == 4
    assert ACCOUNTS.first["id"] == "a"


def test_finding_one_by_a_field() -> None:
    assert ACCOUNTS.find_by("token", "2") == {"id": "b", "token": "2"}
    assert ACCOUNTS.find_by("token", "1") == ACCOUNTS.first  # of several the first
    assert ACCOUNTS.find_by("id", "d") == {"id": "d"}
    assert ACCOUNTS.find_by("token", "3") is None
    assert ACCOUNTS.find_by("token", None) is None
    assert ACCOUNTS.find_by("nowhere", "1") is None
