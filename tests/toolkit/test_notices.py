"""Warnings that travel beside a reply."""

from __future__ import annotations

import json
from functools import partial

import pytest
from hypothesis import given
from hypothesis import strategies as some

from mockserver.toolkit.notices import HEADER_LIMIT, Notice, as_header, closest, meant, unknown_parameter
from tests.pieces import pieces

NOTICES = some.lists(some.builds(Notice, some.text(), some.text(max_size=20), some.text(max_size=400)), max_size=60)


@given(NOTICES)
def test_the_header_is_an_ascii_json_array_of_at_most_4_kb_that_counts_what_it_left_out(notices: list[Notice]) -> None:
    text = as_header(notices)
    assert text.isascii()
    assert text.isprintable()
    assert len(text) <= HEADER_LIMIT
    found = json.loads(text)
    told = [Notice(**one) for one in found if one["code"] != "more" or one["location"]]
    assert told == notices[: len(told)]
    if len(told) < len(notices):
        assert found[-1] == {"location": "", "code": "more", "message": f"{len(notices) - len(told)} more"}


def test_what_ascii_has_and_a_header_must_not_is_escaped() -> None:
    notice = Notice("query.a\x7fb", "c", "\x7f\r\n\x1b")
    assert as_header([notice]).isprintable()
    assert [Notice(**one) for one in json.loads(as_header([notice]))] == [notice]


def test_a_long_name_is_like_none() -> None:
    assert closest("x" * 100 + "page", ["page", "x" * 100]) is None


def test_nothing_is_left_out_that_fits() -> None:
    assert json.loads(as_header([Notice("query.ä", "c", "€")])) == [
        {"location": "query.ä", "code": "c", "message": "€"}
    ]
    many = [Notice("query.x", "unknown-parameter", "x" * 100)] * 20
    assert len(json.loads(as_header(many))) == 20
    assert as_header([]) == "[]"


@pytest.mark.parametrize(
    ("name", "known", "match"),
    [
        ("pagenumber", ["PageNumber", "PageSize"], "PageNumber"),
        ("stat", ["state", "size"], "state"),
        ("zzz", ["state", "size"], None),
        ("x", [], None),
    ],
)
def test_the_closest_name(name: str, known: list[str], match: str | None) -> None:
    assert closest(name, known) == match


@pytest.mark.parametrize(
    ("known", "hint"),
    [(["state"], " Did you mean state?"), (["quite-other"], ""), ([], " The endpoint takes none.")],
)
def test_an_unknown_parameter_is_told_with_the_one_that_was_meant(known: list[str], hint: str) -> None:
    assert unknown_parameter("stat", dict.fromkeys(known, ())) == Notice(
        "query.stat", "unknown-parameter", f"stat is not a parameter of this endpoint and was ignored.{hint}"
    )


@pytest.mark.parametrize(
    ("name", "known", "parameter"),
    [
        ("paeg", {"page": ()}, "page"),
        ("Page_Number", {"PageNumber": (), "page": ()}, "PageNumber"),
        ("page", {"PageNumber": ("page",)}, "PageNumber"),
        ("status", {"startDate": (), "endDate": ()}, None),
        ("state", {"startDate": ()}, None),
        ("status", {"filter[status]": (), "filter[state]": ()}, "filter[status]"),
        ("filter[user]", {"filter[number]": (), "filter[id]": ()}, None),
        ("ids[]", {"id": ()}, "id"),
        ("x", {}, None),
        ("p" * 101, {"p" * 100: ()}, None),
    ],
)
def test_a_parameter_is_meant_only_where_it_is_sure(
    name: str, known: dict[str, tuple[str, ...]], parameter: str | None
) -> None:
    assert meant(name, known) == parameter


def test_the_closest_is_one_of_those_that_have_most_letters_in_common() -> None:
    anagrams = ["egap1", "gape1", "aegp1", "eagp1", "page1"]
    assert closest("page2", [*anagrams, "x" * 65]) == "page1"


def test_no_number_of_long_names_is_compared_letter_by_letter() -> None:
    """Four times the names, four times the work, and long ones are passed over."""
    names = [f"{'abcde' * 12}{number}" for number in range(200)]
    few, many = (pieces(partial(closest, "edcba" * 12, names[:count])) for count in (50, 200))
    assert many < 4.5 * few
    assert pieces(lambda: closest("edcba" * 12, ["abcde" * 14] * 1000)) < few
