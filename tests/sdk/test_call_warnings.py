"""Warnings that travel beside a reply."""

from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as some

from mockserver.sdk.call_warnings import MAX_HEADER_BYTES, CallWarning, format_header, warn_of_unknown_parameter

NOTICES = some.lists(
    some.builds(CallWarning, some.text(), some.text(max_size=20), some.text(max_size=400)), max_size=60
)


@given(NOTICES)
def test_the_header_is_an_ascii_json_array_of_at_most_4_kb_that_counts_what_it_left_out(
    notices: list[CallWarning],
) -> None:
    text = format_header(notices)
    assert text.isascii()
    assert text.isprintable()
    assert len(text) <= MAX_HEADER_BYTES
    found = json.loads(text)
    told = [CallWarning(**one) for one in found if one["code"] != "more" or one["location"]]
    assert told == notices[: len(told)]
    if len(told) < len(notices):
        assert found[-1] == {"location": "", "code": "more", "message": f"{len(notices) - len(told)} more"}


def test_what_ascii_has_and_a_header_must_not_is_escaped() -> None:
    notice = CallWarning("query.a\x7fb", "c", "\x7f\r\n\x1b")
    assert format_header([notice]).isprintable()
    assert [CallWarning(**one) for one in json.loads(format_header([notice]))] == [notice]


def test_nothing_is_left_out_that_fits() -> None:
    assert json.loads(format_header([CallWarning("query.ä", "c", "€")])) == [
        {"location": "query.ä", "code": "c", "message": "€"}
    ]
    many = [CallWarning("query.x", "unknown-parameter", "x" * 100)] * 20
    assert len(json.loads(format_header(many))) == 20
    assert format_header([]) == "[]"


@pytest.mark.parametrize(
    ("known", "hint"),
    [(["state"], " Did you mean state?"), (["quite-other"], ""), ([], " The endpoint takes none.")],
)
def test_an_unknown_parameter_is_told_with_the_one_that_was_meant(known: list[str], hint: str) -> None:
    assert warn_of_unknown_parameter("stat", dict.fromkeys(known, ())) == CallWarning(
        "query.stat", "unknown-parameter", f"stat is not a parameter of this endpoint and was ignored.{hint}"
    )
