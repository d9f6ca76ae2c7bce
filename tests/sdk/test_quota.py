"""A quota as a value."""

from __future__ import annotations

import pytest

from mockserver.sdk.quota import Quota


@pytest.mark.parametrize(
    ("text", "quota"),
    [
        ("1/second", Quota(1, 1)),
        ("60/minute", Quota(60, 60)),
        ("1000/hour", Quota(1000, 3600)),
        ("999999999/day", Quota(999_999_999, 86_400)),
    ],
)
def test_what_is_a_quota(text: str, quota: Quota) -> None:
    assert Quota.parse(text) == quota


@pytest.mark.parametrize("text", ["", "60", "0/minute", "-1/minute", "1/week", "1/minutes", "1 / minute", "1/minute\n"])
def test_what_is_none(text: str) -> None:
    with pytest.raises(ValueError, match="is not a quota; wanted <n>/second, <n>/minute, <n>/hour or <n>/day"):
        Quota.parse(text)
