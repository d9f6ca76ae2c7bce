"""What a misspelled name or path may have meant."""

from __future__ import annotations

from functools import partial

import pytest

from mockserver.sdk.similar import MAX_PATH_CHARS, find_closest, find_closest_paths, guess_parameter, is_slip_of
from tests.support.pieces import pieces


def test_a_long_name_is_like_none() -> None:
    assert find_closest("x" * 100 + "page", ["page", "x" * 100]) is None


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
    assert find_closest(name, known) == match


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
    assert guess_parameter(name, known) == parameter


def test_the_closest_is_one_of_those_that_have_most_letters_in_common() -> None:
    anagrams = ["egap1", "gape1", "aegp1", "eagp1", "page1"]
    assert find_closest("page2", [*anagrams, "x" * 65]) == "page1"


def test_no_number_of_long_names_is_compared_letter_by_letter() -> None:
    """Four times the names, four times the work, and long ones are passed over."""
    names = [f"{'abcde' * 12}{number}" for number in range(200)]
    few, many = (pieces(partial(find_closest, "edcba" * 12, names[:count])) for count in (50, 200))
    assert many < 4.5 * few
    assert pieces(lambda: find_closest("edcba" * 12, ["abcde" * 14] * 1000)) < few


PATHS = ["/v1/bills", "/v1/bills/{id}", "/v2/orders"]


@pytest.mark.parametrize(
    ("path", "near"),
    [
        ("/v1/bill", ["/v1/bills", "/v1/bills/{id}"]),
        ("//v1///bills/", ["/v1/bills", "/v1/bills/{id}"]),
        ("/elsewhere", []),
        ("/v1/bills" + "/" * 500 + "x" * MAX_PATH_CHARS, ["/v1/bills", "/v1/bills/{id}"]),
    ],
)
def test_the_closest_paths_come_first(path: str, near: list[str]) -> None:
    assert find_closest_paths(path, PATHS, most=2) == near
    assert find_closest_paths(path, PATHS) == near[:1]


@pytest.mark.parametrize(("text", "slip"), [("listBils", True), ("listBills", True), ("makeBill", False)])
def test_a_slip_is_a_letter_or_two(text: str, slip: bool) -> None:
    assert is_slip_of(text, ["listBills", "x" * 1000]) is slip
